use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn words(words: &str) -> Command {
    Command::try_parse_from(words.split(' ')).unwrap()
}

#[test]
fn a_new_installation_is_two_commands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gate.toml");
    let at = path.display();
    run(words(&format!("munjigi-gate init --config {at}"))).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let add =
        format!("munjigi-gate site add shop.example *.shop.example --allow-loopback --config {at}");
    run(words(&add)).unwrap();
    run(words(&add)).unwrap();
    let config = config(Some(&path)).unwrap();
    assert_eq!(config.data, folder.path().join("munjigi.db"));
    let [one, two] = config.sites.as_slice() else { panic!("{:?}", config.sites) };
    assert_ne!(one.config.sitekey, two.config.sitekey);
    assert_eq!(one.config.hosts, ["shop.example", "*.shop.example"]);
    assert!(one.config.allow_loopback && one.config.secrets.len() == 1);
    run(words(&format!("munjigi-gate check --config {at}"))).unwrap();
}

#[test]
fn an_existing_file_and_its_keys_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gate.toml");
    std::fs::write(&path, "kept").unwrap();
    let fail = run(words(&format!("munjigi-gate init --config {}", path.display()))).unwrap_err();
    assert!(fail.to_string().contains("exists"), "{fail}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept");
}

#[test]
fn a_site_is_not_added_where_it_would_not_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gate.toml");
    let at = path.display();
    let add = format!("munjigi-gate site add shop.example --config {at}");
    let fail = run(words(&add)).unwrap_err();
    assert!(fail.to_string().contains("munjigi-gate init"), "{fail}");
    run(words(&format!("munjigi-gate init --config {at}"))).unwrap();
    let before =
        std::fs::read_to_string(&path).unwrap() + "[sites.mj_a]\nhosts = []\nsecrets = []\n";
    std::fs::write(&path, &before).unwrap();
    let fail = run(words(&add)).unwrap_err();
    assert!(fail.to_string().contains("nothing was added"), "{fail}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
}
