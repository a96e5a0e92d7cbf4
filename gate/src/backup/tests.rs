use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use munjigi_backup::sealing;
use munjigi_captcha::contract::{At, redeem, row};
use munjigi_captcha::ports::{RedemptionStore as _, RowAddress};
use munjigi_captcha::redemption::{NotAllowed, Redemption};
use munjigi_serving::ports::Values as _;
use tempfile::TempDir;

use super::*;
use crate::sqlite::{Sqlite, last_backup};

/// A folder with a store, a key and the other half of it.
struct World {
    folder: TempDir,
    recipient: Recipient,
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let recipient = key(&folder.path().join("key.txt"));
        Self { folder, recipient }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn store(&self) -> PathBuf {
        self.at("gate.db")
    }

    fn write(&self, name: &str) -> Result<PathBuf, BackupError> {
        let recipients = std::slice::from_ref(&self.recipient);
        write(&self.store(), &self.at(name), (recipients, &keys(1)), None, &Clock::system())
    }

    fn restore(&self, name: &str, key: &str) -> Result<Option<PathBuf>, BackupError> {
        self.restore_by(name, key, Some(&keys(1)))
    }

    fn restore_by(
        &self,
        name: &str,
        key: &str,
        keys: Option<&SigningKeys>,
    ) -> Result<Option<PathBuf>, BackupError> {
        let store = self.store();
        let restored = restore(&self.at(name), &self.at(key), (&store, keys), &Clock::system());
        restored.map(|restored| restored.aside)
    }
}

/// A root key of one of many gates.
fn root(gate: u8) -> String {
    format!("{}A", char::from(b'A' + gate).to_string().repeat(42))
}

fn keys(gate: u8) -> SigningKeys {
    signing_keys(&KeyRing::parse(&format!("k1:{}", root(gate))).unwrap())
}

/// Writes a new key to a file; its public half.
fn key(path: &Path) -> Recipient {
    let identity = Identity::generate();
    fs::write(path, identity.to_string().expose_secret()).unwrap();
    identity.to_public()
}

fn attempt(store: &Sqlite, number: u32) -> RowAddress {
    row(number, At { now: Clock::system().now(), store: store.generation() })
}

#[tokio::test]
async fn a_store_that_is_lost_comes_back_and_spends_nothing_again() {
    let world = World::new();
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    store.store("site", "text").await.unwrap();
    let (before, after) = (attempt(&store, 1), attempt(&store, 2));
    assert_eq!(store.redeem(&before, &redeem(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.last_backup(), None);
    // The gate runs on meanwhile, and no one waits.
    let began = Clock::system().now();
    let path = world.write("backup.age").unwrap();
    assert!(store.last_backup().unwrap() >= began);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read(&path).unwrap().starts_with(b"age-encryption.org/v1\n"));
    assert_eq!(store.redeem(&after, &redeem(1, 1)).await, Ok(Redemption::First));
    let error = world.restore("backup.age", "key.txt").unwrap_err();
    assert!(error.to_string().contains("in use by another munjigi-gate"), "{error}");
    store.close().await;

    let aside = world.restore("backup.age", "key.txt").unwrap().unwrap();
    assert!(aside.exists() && !world.at("gate.db.copy").exists());
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    assert_eq!(store.load("site").await, Ok(Some("text".to_owned())));
    for attempt in [before, after] {
        let late = Redemption::NotAllowed(NotAllowed::Late);
        assert_eq!(store.redeem(&attempt, &redeem(2, 1)).await, Ok(late));
    }
    let new = attempt(&store, 3);
    assert_eq!(store.redeem(&new, &redeem(1, 1)).await, Ok(Redemption::First));
    store.close().await;

    // Onto a machine that has none.
    fs::remove_file(world.store()).unwrap();
    assert_eq!(world.restore("backup.age", "key.txt").unwrap(), None);
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    assert_eq!(store.load("site").await, Ok(Some("text".to_owned())));
}

/// Anyone with the public key can write a complete backup that has their own sites in it.
#[tokio::test]
async fn a_backup_that_another_wrote_is_not_restored() {
    let world = World::new();
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    store.store("site", "theirs").await.unwrap();
    store.close().await;
    let recipients = std::slice::from_ref(&world.recipient);
    let by_another = (recipients, &keys(2));
    write(&world.store(), &world.at("forged.age"), by_another, None, &Clock::system()).unwrap();
    // As releases before signatures wrote them.
    let mut unsigned = sealing(open(&world.at("old.age")).unwrap(), recipients).unwrap();
    unsigned.write_all(&fs::read(world.store()).unwrap()).unwrap();
    unsigned.finish().unwrap();
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    store.store("site", "ours").await.unwrap();
    store.close().await;
    for name in ["forged.age", "old.age"] {
        let error = world.restore(name, "key.txt").unwrap_err().to_string();
        assert!(error.contains("no key in root_keys has signed it"), "{error}");
        let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
        assert_eq!(store.load("site").await, Ok(Some("ours".to_owned())), "{name}");
        store.close().await;
    }
    for name in ["forged.age", "old.age"] {
        world.restore_by(name, "key.txt", None).unwrap();
        let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
        assert_eq!(store.load("site").await, Ok(Some("theirs".to_owned())), "{name}");
        store.close().await;
    }
    // An old one of ours under the name of last night's.
    let ours = world.write("ours.age").unwrap();
    fs::copy(&ours, world.at("munjigi-20261126T225500Z.db.age")).unwrap();
    let error = world.restore("munjigi-20261126T225500Z.db.age", "key.txt").unwrap_err();
    assert!(error.to_string().contains("its name has another date"), "{error}");
    // A rotation does not make backups useless.
    let path = world.write("ours.age").unwrap();
    let both = KeyRing::parse(&format!("k2:{},k1:{}", root(2), root(1))).unwrap();
    let keys = signing_keys(&both);
    let restored =
        restore(&path, &world.at("key.txt"), (&world.store(), Some(&keys)), &Clock::system());
    assert!(restored.unwrap().taken_at.is_some());
}

#[tokio::test]
async fn what_root_restores_belongs_to_the_owner_of_the_folder() {
    let world = World::new();
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    store.close().await;
    // Only root can; for others, the owner is who they are.
    let _ = chown(world.folder.path(), Some(65_532), Some(65_532));
    let owner = fs::metadata(world.folder.path()).unwrap().uid();
    world.write("backup.age").unwrap();
    world.restore("backup.age", "key.txt").unwrap();
    for name in ["", ".lock", ".heartbeat", ".backup"] {
        let uid = fs::metadata(world.at(&format!("gate.db{name}"))).unwrap().uid();
        assert_eq!(uid, owner, "{name}");
    }
}

#[tokio::test]
async fn a_link_in_the_folder_does_not_choose_what_is_written() {
    let world = World::new();
    Sqlite::open(&world.store(), Clock::system()).unwrap().close().await;
    let other = world.at("other");
    fs::write(&other, "kept").unwrap();
    for name in ["gate.db.copy", "gate.db.backup", "backup.age.part"] {
        std::os::unix::fs::symlink(&other, world.at(name)).unwrap();
        world.write("backup.age").unwrap_err();
        assert_eq!(fs::read_to_string(&other).unwrap(), "kept", "{name}");
        let _ = fs::remove_file(world.at(name));
    }
    world.write("backup.age").unwrap();
    for name in ["gate.db.lock", "gate.db.copy"] {
        let _ = fs::remove_file(world.at(name));
        std::os::unix::fs::symlink(&other, world.at(name)).unwrap();
        world.restore("backup.age", "key.txt").unwrap_err();
        assert_eq!(fs::read_to_string(&other).unwrap(), "kept", "{name}");
        fs::remove_file(world.at(name)).unwrap();
    }
}

#[tokio::test]
async fn what_cannot_be_restored_is_told_apart_and_changes_nothing() {
    let world = World::new();
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    store.store("filler", &"a".repeat(200_000)).await.unwrap();
    world.write("backup.age").unwrap();
    store.store("site", "text").await.unwrap();
    store.close().await;
    key(&world.at("other.txt"));
    fs::write(world.at("no-key.txt"), "AGE-SECRET-KEY-0\n").unwrap();
    let whole = fs::read(world.at("backup.age")).unwrap();
    for (name, bytes) in [
        ("half.age", &whole[..whole.len() / 2]),
        ("head.age", &whole[..40]),
        ("not.age", b"a text\n"),
        ("empty.age", b""),
    ] {
        fs::write(world.at(name), bytes).unwrap();
    }
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(world.at("changed.age"), changed).unwrap();
    let encrypted = |name: &str, bytes: &[u8]| {
        fs::write(world.at("plain"), bytes).unwrap();
        let recipients = std::slice::from_ref(&world.recipient);
        let signed = (&keys(1), UnixMillis(1));
        encrypt(&world.at("plain"), &world.at(name), recipients, signed).unwrap();
    };
    encrypted("text.age", b"a text that is no database at all, however long it may be");
    encrypted("nothing.age", b"");
    let later = rusqlite::Connection::open(world.at("later.db")).unwrap();
    later.execute_batch("CREATE TABLE prices (a); PRAGMA user_version = 99").unwrap();
    drop(later);
    encrypted("later.age", &fs::read(world.at("later.db")).unwrap());
    let mut torn = fs::read(world.store()).unwrap();
    let middle = torn.len() / 2;
    torn[middle..middle + 8_192].fill(0x55);
    encrypted("torn.age", &torn);

    let not_whole = "is not whole";
    for (name, key, told) in [
        ("backup.age", "other.txt", "none of the keys in"),
        ("backup.age", "no-key.txt", "holds no secret key of age"),
        ("backup.age", "absent.txt", "absent.txt: No such file"),
        ("absent.age", "key.txt", "absent.age: No such file"),
        ("half.age", "key.txt", not_whole),
        ("head.age", "key.txt", not_whole),
        ("changed.age", "key.txt", not_whole),
        ("empty.age", "key.txt", not_whole),
        ("not.age", "key.txt", "is not an age-encrypted backup"),
        ("text.age", "key.txt", "no store of a gate"),
        ("nothing.age", "key.txt", "no store of a gate"),
        ("later.age", "key.txt", "written by a later release"),
        ("torn.age", "key.txt", "is damaged"),
    ] {
        let error = world.restore(name, key).unwrap_err().to_string();
        assert!(error.contains(told), "{name}: {error}");
    }
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    assert_eq!(store.load("site").await, Ok(Some("text".to_owned())));
}

#[tokio::test]
async fn a_backup_that_fails_leaves_the_last_one() {
    let world = World::new();
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    let first = fs::read(world.write("backup.age").unwrap()).unwrap();
    let noted = last_backup(&world.store());
    let clock = Clock::system();
    let none =
        write(&world.store(), &world.at("backup.age"), (&[], &keys(1)), None, &clock).unwrap_err();
    assert!(none.to_string().contains("age-keygen"), "{none}");
    let recipients = std::slice::from_ref(&world.recipient);
    let keep = NonZero::new(3);
    let error =
        write(&world.store(), &world.at("backup.age"), (recipients, &keys(1)), keep, &clock);
    assert!(matches!(error, Err(BackupError::NoFolder(_))));
    let error = world.write("absent/backup.age").unwrap_err().to_string();
    assert!(error.contains("absent/backup.age.part: No such file"), "{error}");
    let held = Copy::beside(&world.store()).unwrap();
    let error = world.write("backup.age").unwrap_err().to_string();
    assert!(error.contains("another backup is running"), "{error}");
    drop(held);
    store.close().await;
    fs::remove_file(world.store()).unwrap();
    world.write("backup.age").unwrap_err();
    assert_eq!(fs::read(world.at("backup.age")).unwrap(), first);
    assert_eq!(last_backup(&world.store()), noted);
    assert!(!world.at("backup.age.part").exists() && !world.at("gate.db.copy").exists());
}

#[tokio::test]
async fn a_folder_keeps_the_newest_and_what_is_not_ours() {
    let world = World::new();
    let store = Sqlite::open(&world.store(), Clock::system()).unwrap();
    let folder = world.at("backups");
    let recipients = std::slice::from_ref(&world.recipient);
    for day in 0..5 {
        let clock = Clock::of(move || UnixMillis(1_795_000_000_250 + day * 86_400_000));
        write(&world.store(), &folder, (recipients, &keys(1)), NonZero::new(2), &clock).unwrap();
        fs::write(folder.join("notes.txt"), "mine").unwrap();
    }
    store.close().await;
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    // A date ahead of now pushes no true backup out.
    let ahead = "munjigi-99991231T000000Z.db.age";
    fs::write(folder.join(ahead), "forged").unwrap();
    fs::write(folder.join("munjigi-~01.db.age"), "forged").unwrap();
    let clock = Clock::of(|| UnixMillis(1_795_345_600_251));
    write(&world.store(), &folder, (recipients, &keys(1)), NonZero::new(2), &clock).unwrap();
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    let newest = ["munjigi-20261121T110640Z.db.age", "munjigi-20261122T110640Z.db.age"];
    assert_eq!(names, [newest[0], newest[1], ahead, "munjigi-~01.db.age", "notes.txt"]);
}
