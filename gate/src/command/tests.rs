use std::os::unix::fs::PermissionsExt as _;

use munjigi_protocol::Level;

use super::*;
use crate::config::NO_PAGES;
use crate::tls::tests::issue;

fn words(words: &str) -> Command {
    Command::try_parse_from(words.split(' ')).unwrap()
}

/// A new installation in a folder; the path of its file.
fn installed(folder: &Path, more: &str) -> PathBuf {
    run(words(&format!("munjigi-gate init {}{more}", folder.display()))).unwrap();
    folder.join("gate.toml")
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_installation_is_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = installed(&folder.path().join("new"), " --host shop.example --host *.shop.example");
    let keys = path.with_file_name("keys");
    assert_eq!(mode(&keys), 0o700);
    for name in ["root", "internal", "check", "localhost"] {
        assert_eq!(mode(&keys.join(name)), 0o600, "{name}");
    }
    let text = std::fs::read_to_string(&path).unwrap();
    for key in std::fs::read_dir(&keys).unwrap() {
        let key = std::fs::read_to_string(key.unwrap().path()).unwrap();
        assert!(!text.contains(key.trim().trim_start_matches("g1:")), "no key is in the settings");
    }
    let config = config(Some(&path)).unwrap();
    assert_eq!(config.data, path.with_file_name("munjigi.db"));
    let sites: Vec<_> = config.sites.iter().map(|site| &site.config).collect();
    let [shop, local] = sites.as_slice() else { panic!("{sites:?}") };
    assert_eq!(shop.hosts, ["shop.example", "*.shop.example"]);
    assert!(!shop.allow_loopback && local.allow_loopback && shop.secrets != local.secrets);
    run(words(&format!("munjigi-gate check --config {}", path.display()))).unwrap();
}

#[test]
fn an_existing_file_and_its_keys_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gate.toml");
    let init = format!("munjigi-gate init {}", folder.path().display());
    for kept in [path, folder.path().join("keys")] {
        std::fs::write(&kept, "kept").unwrap();
        let fail = run(words(&init)).unwrap_err();
        assert!(fail.to_string().contains("exists"), "{fail}");
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept");
        std::fs::remove_file(&kept).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");
    }
}

#[test]
fn a_site_is_added_to_a_file_whose_other_lines_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = installed(folder.path(), "");
    let before = std::fs::read_to_string(&path).unwrap() + "# The end.\n";
    std::fs::write(&path, &before).unwrap();
    let at = path.display();
    let add = format!("munjigi-gate site add shop.example --allow-loopback --config {at}");
    run(words(&add)).unwrap();
    run(words(&add)).unwrap();
    let after = std::fs::read_to_string(&path).unwrap();
    let is_new = |line: &&str| line.contains("shop.example");
    let without: Vec<_> = after.lines().filter(|line| !is_new(line)).collect();
    assert_eq!(without, before.lines().collect::<Vec<_>>());
    assert_eq!(after.lines().filter(is_new).count(), 2);
    let config = config(Some(&path)).unwrap();
    let [_, one, two] = config.sites.as_slice() else { panic!("{:?}", config.sites) };
    assert_ne!(one.config.sitekey, two.config.sitekey);
    assert!(one.config.allow_loopback && one.config.secrets.len() == 1);
    run(words(&format!("munjigi-gate site list --config {at}"))).unwrap();
}

#[test]
fn a_secret_is_rotated_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let path = installed(folder.path(), "");
    let at = path.display();
    let site = || config(Some(&path)).unwrap().sites.remove(0).config;
    let before = site();
    let [old] = before.secrets.as_slice() else { panic!("{before:?}") };
    let rotate = |act: &str, sitekey: &str| {
        run(words(&format!("munjigi-gate site {act} {sitekey} --config {at}")))
    };
    rotate("rotate-secret", &before.sitekey).unwrap();
    let both = site().secrets;
    assert!(both.len() == 2 && both[1] == *old, "{both:?}");
    rotate("end-secrets", &before.sitekey).unwrap();
    assert_eq!(site().secrets, both[..1]);
    let fail = rotate("end-secrets", &before.sitekey).unwrap_err();
    assert!(fail.to_string().contains("one secret"), "{fail}");
    let fail = rotate("rotate-secret", "mj_x").unwrap_err();
    assert!(fail.to_string().contains("no site mj_x"), "{fail}");
}

#[test]
fn a_site_is_not_added_to_a_file_with_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("gate.toml");
    let add = format!("munjigi-gate site add shop.example --config {}", at.display());
    let fail = run(words(&add)).unwrap_err();
    assert!(fail.to_string().contains("munjigi-gate init"), "{fail}");
    let path = installed(folder.path(), "");
    let written = std::fs::read_to_string(&path).unwrap();
    for (wrong, told) in [
        (format!("nonsense = 1\n{written}"), "gate.toml:1: nonsense is no setting"),
        (format!("{written}mj_a = {{ hosts = [], secrets = [] }}\n[sites]\n"), "duplicate"),
        (written.replace("[sites]", "sites = 1 #"), "sites must be a table"),
    ] {
        std::fs::write(&path, &wrong).unwrap();
        let fail = run(words(&add)).unwrap_err();
        assert!(fail.to_string().contains(told), "{fail}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wrong);
    }
}

#[test]
fn a_form_is_not_shown_without_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = installed(folder.path(), "");
    let attempt = format!("munjigi-gate try --config {}", path.display());
    // Nothing serves here.
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replace(":8786", ":9")).unwrap();
    let fail = run(words(&attempt)).unwrap_err();
    assert!(fail.to_string().contains("munjigi-gate serve"), "{fail}");
    let secret = path.with_file_name("keys").join("localhost");
    std::fs::write(&secret, "mjs_nonsense").unwrap();
    let fail = run(words(&attempt)).unwrap_err();
    assert!(fail.to_string().contains("keys/localhost"), "{fail}");
}

#[test]
fn an_installation_knows_the_address_that_visitors_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = installed(folder.path(), " --host shop.example --url https://shop.example/captcha/");
    assert_eq!(config(Some(&path)).unwrap().page_url().unwrap(), "https://shop.example/captcha");
    let other = folder.path().join("other");
    let wrong = run(words(&format!("munjigi-gate init {} --url shop.example", other.display())));
    let told = wrong.unwrap_err().to_string();
    assert!(told.starts_with("--url must be scheme, host"), "{told}");
    assert!(!other.exists());
}

#[test]
fn an_application_is_protected_by_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = " --host a.example --host www.a.example";
    let path = installed(folder.path(), &format!("{hosts} --before http://localhost:4000/"));
    let text = std::fs::read_to_string(path.with_file_name("Caddyfile")).unwrap();
    assert!(text.contains("\na.example, www.a.example {\n"), "{text}");
    assert!(text.contains("\treverse_proxy localhost:4000\n"), "{text}");
    for published in ["shop.example", "127.0.0.1:3000", "mj_SITEKEY"] {
        assert!(!text.contains(published), "{published}: {text}");
    }
    let settings = std::fs::read_to_string(&path).unwrap();
    let needed: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
    assert_eq!(needed.len(), 2);
    for line in needed {
        assert!(settings.lines().any(|own| own == line), "{line}: {settings}");
    }
    let config = config(Some(&path)).unwrap();
    let [shop, local] = config.sites.as_slice() else { panic!("{:?}", config.sites) };
    assert_eq!(config.edge.only_site.as_ref(), Some(&shop.config.sitekey));
    let [rule] = shop.config.protect.as_slice() else { panic!("{:?}", shop.config.protect) };
    assert_eq!((rule.path.as_str(), rule.level), ("/*", Some(Level::Worked)));
    assert!(local.config.protect.is_empty() && !shop.config.allow_loopback);
}

#[test]
fn a_path_is_opened_as_the_settings_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = installed(folder.path(), " --host a.example --before localhost:3000");
    let text = std::fs::read_to_string(&path).unwrap();
    let opened = text.replace("# [[protect]]\n# path", "[[protect]]\npath");
    assert_ne!(opened, text);
    std::fs::write(&path, opened).unwrap();
    let config = config(Some(&path)).unwrap();
    let rules = config.sites[0].config.protect.iter();
    let rules: Vec<_> = rules.map(|rule| (rule.path.as_str(), rule.level)).collect();
    assert_eq!(rules, [("/api/*", None), ("/*", Some(Level::Worked))]);
}

#[test]
fn a_trial_protects_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = installed(folder.path(), " --host localhost --before [::1]:3000");
    let config = config(Some(&path)).unwrap();
    let [site] = config.sites.as_slice() else { panic!("{:?}", config.sites) };
    assert!(site.config.allow_loopback && site.config.protect.len() == 1);
    assert_eq!(config.edge.only_site.as_ref(), Some(&site.config.sitekey));
    let text = std::fs::read_to_string(path.with_file_name("Caddyfile")).unwrap();
    assert!(text.contains("\nlocalhost {\n") && text.contains("reverse_proxy [::1]:3000\n"));
}

#[test]
fn an_existing_caddyfile_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("Caddyfile");
    std::fs::write(&kept, "kept").unwrap();
    let init = format!("munjigi-gate init {} --host a.example", folder.path().display());
    let fail = run(words(&format!("{init} --before localhost:3000"))).unwrap_err();
    assert!(fail.to_string().contains("Caddyfile exists and is left as it is"), "{fail}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
    run(words(&init)).unwrap();
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept");
}

#[test]
fn what_cannot_be_protected_is_refused_before_anything_is_written() {
    let refused = |more: &str| {
        let words = format!("munjigi-gate init nowhere --before {more}");
        Command::try_parse_from(words.split(' ')).unwrap_err().to_string()
    };
    for wrong in ["localhost", "https://localhost:3000", "localhost:0", "a/b:1", "{env.A}:1", ":1"]
    {
        let told = refused(&format!("{wrong} --host a.example"));
        assert!(told.contains("must be host and port, such as localhost:3000"), "{wrong}: {told}");
    }
    assert!(refused("localhost:3000").contains("--host <HOST>"));
    let both = refused("localhost:3000 --host a.example --url https://a.example");
    assert!(both.contains("cannot be used with"), "{both}");
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    for (host, told) in
        [("*.a.example", "module for your DNS"), ("a.example{", "a.example{ is no host")]
    {
        let init = format!("munjigi-gate init {} --host {host}", new.display());
        let fail = run(words(&format!("{init} --before localhost:3000"))).unwrap_err();
        assert!(fail.to_string().contains(told), "{fail}");
    }
    assert!(!new.exists());
}

#[test]
fn a_certificate_that_is_over_is_a_mistake_in_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = installed(folder.path(), "");
    let text = std::fs::read_to_string(&path).unwrap();
    let check = || run(words(&format!("munjigi-gate check --config {}", path.display())));
    for (year, told) in [(2090, None), (2021, Some("expired at 2021-01-01T00:00:00Z"))] {
        issue(folder.path(), "gate", year);
        let lines = "tls_certificate = \"gate.pem\"\ntls_key = \"gate.key\"";
        std::fs::write(&path, format!("{lines}\n{text}")).unwrap();
        match (check(), told) {
            (Ok(()), None) => {}
            (Err(fail), Some(told)) => assert!(fail.0.contains(told), "{fail}"),
            (checked, _) => panic!("{year}: {checked:?}"),
        }
    }
}

#[test]
fn each_door_reads_a_host_alike() {
    let rows = include_str!("../../../tests/contract/hosts.txt").lines();
    for (typed, read) in rows.filter_map(|line| line.split_once('\t')) {
        let spelt = site::spelt(&[typed.to_owned()], true).ok();
        let spelt = spelt.as_deref().and_then(|hosts| hosts.first());
        assert_eq!(spelt.map_or("-", String::as_str), read, "{typed}");
    }
    let around = ["embedder:portal.example".to_owned()];
    assert_eq!(site::spelt(&around, false).unwrap_err().to_string(), NO_PAGES);
}
