use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use tempfile::TempDir;

use super::*;

/// Writes a new key to a file; its public half.
fn key(path: &Path) -> Recipient {
    let identity = Identity::generate();
    fs::write(path, identity.to_string().expose_secret()).unwrap();
    identity.to_public()
}

#[test]
fn a_sealed_file_comes_back_and_each_mistake_is_told_apart() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let recipient = key(&at("key.txt"));
    key(&at("other.txt"));
    fs::write(at("no-key.txt"), "AGE-SECRET-KEY-0\n").unwrap();
    let text = "a text\n".repeat(50_000);
    let mut writer = sealing(File::create(at("sealed")).unwrap(), &[recipient]).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap();
    let open = |name: &str, keys: &str| {
        let output = File::create(at("opened")).unwrap();
        unseal(&at(name), &at(keys), (&at("opened"), &output))
    };
    open("sealed", "key.txt").unwrap();
    assert_eq!(fs::read_to_string(at("opened")).unwrap(), text);

    let whole = fs::read(at("sealed")).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(at("half"), &whole[..whole.len() / 2]).unwrap();
    fs::write(at("changed"), changed).unwrap();
    fs::write(at("other"), "another kind of file\n").unwrap();
    let refused = |name: &str, keys: &str| open(name, keys).unwrap_err();
    assert!(matches!(refused("sealed", "other.txt"), SealError::WrongKey { .. }));
    assert!(matches!(refused("sealed", "no-key.txt"), SealError::NoIdentity { .. }));
    assert!(matches!(refused("half", "key.txt"), SealError::NotWhole { .. }));
    assert!(matches!(refused("changed", "key.txt"), SealError::NotWhole { .. }));
    assert!(matches!(refused("other", "key.txt"), SealError::NotSealed { .. }));
    assert!(matches!(refused("absent", "key.txt"), SealError::File { .. }));
    assert!(is_sealed(&at("sealed")).unwrap() && !is_sealed(&at("other")).unwrap());
}

#[test]
fn no_one_could_read_a_file_without_recipients() {
    assert!(matches!(sealing(Vec::new(), &[]), Err(SealError::Encrypt(_))));
    assert!(recipients("AGE-SECRET-KEY-1ABC").unwrap_err().contains("secret key"));
    assert!(recipients("shop").unwrap_err().contains("age-keygen"));
    assert_eq!(recipients(" , ").unwrap().len(), 0);
}
