//! A backup and its restoration, and what is refused.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use munjigi_backup::Recipient;
use munjigi_bucket::server::serve;
use munjigi_bucket::{BucketAddress, BucketSettings, Client, Patience};
use munjigi_delivery::http_client;
use munjigi_keys::KeyRing;
use munjigi_protocol::CountKind;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};

use super::{BackupError, Manifest, Protection, Readable, Trust, bucket, signing_keys, write};
use munjigi_rig::{self as rig, MINUTE, Rig, count, event};

/// Another database on the same server, empty even where that of the test is a
/// copy of one that is migrated.
async fn beside(pool: &PgPool) -> PgPool {
    let name: String = sqlx::query_scalar("SELECT 'beside_' || md5(current_database())")
        .fetch_one(pool)
        .await
        .unwrap();
    for statement in [
        format!("DROP DATABASE IF EXISTS \"{name}\""),
        format!("CREATE DATABASE \"{name}\" TEMPLATE template0"),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(pool).await.unwrap();
    }
    let options = (*pool.connect_options()).clone().database(&name);
    PgPoolOptions::new().max_connections(5).connect_with(options).await.unwrap()
}

async fn drop_database(beside: PgPool, pool: &PgPool) {
    let name = beside.connect_options().get_database().unwrap().to_owned();
    beside.close().await;
    sqlx::query(AssertSqlSafe(format!("DROP DATABASE \"{name}\" WITH (FORCE)")))
        .execute(pool)
        .await
        .unwrap();
}

/// Every table with a digest of its rows, and every sequence with its number.
async fn contents(pool: &PgPool) -> Vec<(String, String)> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind = 'r' AND relname <> '_sqlx_migrations' ORDER BY relname",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut contents = Vec::new();
    for table in tables {
        let statement = format!(
            "SELECT count(*)::text || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')
            FROM \"{table}\" AS t"
        );
        let digest: String =
            sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(pool).await.unwrap();
        contents.push((table, digest));
    }
    let sequences: Vec<(String, String)> = sqlx::query_as(
        "SELECT sequencename::text, coalesce(last_value::text, '') FROM pg_sequences
        WHERE schemaname = 'public' ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    contents.extend(sequences);
    contents
}

/// A database in use: accounts, sites, events, days, emails.
async fn used(pool: PgPool) -> Rig {
    let rig = Rig::new(pool, crate::http::router).await;
    rig.jobs().keep_house().await.unwrap();
    let kim = rig.someone("Kim").await;
    sqlx::query("UPDATE accounts SET name = $1")
        .bind("Kim\tMinseo \\N\\ \n김민서")
        .execute(&rig.pool)
        .await
        .unwrap();
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}", kim.organisation);
    tab.open(&format!("{base}/new-site")).await;
    let sitekey = tab.value_of("sitekey");
    let fields = [("sitekey", sitekey.as_str()), ("name", "Shop"), ("hosts", "shop.example")];
    tab.send(&format!("{base}/new-site"), &fields).await;
    tab.open(&format!("{base}/team")).await;
    let fields = [("email", "lee@shop.example"), ("role", "analyst")];
    tab.send(&format!("{base}/team/invite"), &fields).await;
    let events: Vec<_> = (1..=20).map(event).collect();
    rig.post("/internal/events", &rig::events(&events)).await;
    rig.post("/internal/counts", &rig::counts(1, &[count(CountKind::Issued, 7)])).await;
    rig.pass(MINUTE);
    rig.jobs().roll_up().await.unwrap();
    rig
}

fn check(path: &Path) -> Result<Manifest, BackupError> {
    Readable::open(path, None, Trust::Anyone)?.check()
}

async fn restore(pool: &PgPool, path: &Path) -> Result<Manifest, BackupError> {
    Readable::open(path, None, Trust::Anyone)?.restore(pool).await
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn everything_comes_back_into_an_empty_database(pool: PgPool) {
    let rig = used(pool).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.backup");
    let written = write(&rig.pool, &file, Protection::default(), rig.now()).await.unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(check(&file).unwrap(), written);
    let full = written.tables.iter().filter(|table| table.rows > 0).count();
    assert!(full >= 15 && written.rows() > 30, "{full} tables");
    let again = write(&rig.pool, &file, Protection::default(), rig.now()).await.unwrap_err();
    assert_eq!(again.code(), "backup-exists");

    let other = beside(&rig.pool).await;
    assert_eq!(restore(&other, &file).await.unwrap(), written);
    assert_eq!(contents(&other).await, contents(&rig.pool).await);
    // It works: sequences continue, days are there, the audit log is unchanged.
    let second = Rig::new(other.clone(), crate::http::router).await;
    second.jobs().keep_house().await.unwrap();
    assert_eq!(second.post("/internal/events", &rig::events(&[event(21)])).await.status, 204);
    let kim = second.someone("Park").await;
    second.tab_of(&kim.account).await.open("/console").await;
    assert!(sqlx::query("DELETE FROM audit").execute(&other).await.is_err());

    // Not a second time: the database is in use now.
    let refused = restore(&other, &file).await.unwrap_err();
    assert_eq!(refused.code(), "database-not-empty");
    drop_database(other, &rig.pool).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_backup_is_one_moment_while_others_write(pool: PgPool) {
    let rig = used(pool).await;
    let folder = tempfile::tempdir().unwrap();
    let writing = async {
        for number in 30..90 {
            rig.post("/internal/events", &rig::events(&[event(number)])).await;
        }
    };
    let file = folder.path().join("moment.backup");
    let ((), written) =
        tokio::join!(writing, write(&rig.pool, &file, Protection::default(), rig.now()));
    assert_eq!(check(&file).unwrap(), written.unwrap());
    let other = beside(&rig.pool).await;
    restore(&other, &file).await.unwrap();
    drop_database(other, &rig.pool).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_damaged_backup_is_refused_before_anything_is_written(pool: PgPool) {
    let rig = used(pool).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("whole.backup");
    write(&rig.pool, &file, Protection::default(), rig.now()).await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    let other = beside(&rig.pool).await;
    let damaged = folder.path().join("damaged.backup");
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        // Digits stay digits.
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        bytes
    };
    for (bytes, code) in [
        (Vec::new(), "backup-foreign"),
        (b"PGDMP".to_vec(), "backup-foreign"),
        (b"munjigi-backup 2\n".to_vec(), "backup-foreign"),
        (whole[..10].to_vec(), "backup-truncated"),
        (whole[..whole.len() / 2].to_vec(), "backup-truncated"),
        (whole[..whole.len() - 1].to_vec(), "backup-truncated"),
        (flipped(0), "backup-foreign"),
        (flipped(40), "backup-corrupt"),
        (flipped(whole.len() / 2), "backup-corrupt"),
        (flipped(whole.len() - 3), "backup-corrupt"),
    ] {
        std::fs::write(&damaged, &bytes).unwrap();
        let refused = restore(&other, &damaged).await.unwrap_err();
        assert_eq!(refused.code(), code, "{} bytes: {refused}", bytes.len());
    }
    assert!(contents(&other).await.is_empty());
    let missing = check(&folder.path().join("nothing")).unwrap_err();
    assert_eq!(missing.code(), "backup-unreadable");
    drop_database(other, &rig.pool).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_backup_of_a_later_version_is_refused(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("later.backup");
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (20991231000000, 'later', true, '', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    write(&pool, &file, Protection::default(), rig::NOON).await.unwrap();
    let other = beside(&pool).await;
    let refused = restore(&other, &file).await.unwrap_err();
    assert!(matches!(refused, BackupError::Newer(20_991_231_000_000)), "{refused}");
    assert!(contents(&other).await.is_empty());
    drop_database(other, &pool).await;
}

#[sqlx::test(migrations = false)]
async fn a_backup_of_an_earlier_schema_is_brought_up_to_date(pool: PgPool) {
    let versions: Vec<i64> =
        munjigi_store::MIGRATOR.iter().map(|migration| migration.version).collect();
    let earlier = versions[versions.len() - 2];
    let old = beside(&pool).await;
    munjigi_store::MIGRATOR.run_to(earlier, &old).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("earlier.backup");
    let written = write(&old, &file, Protection::default(), rig::NOON).await.unwrap();
    assert_eq!(written.versions.last(), Some(&earlier));
    let other = beside(&old).await;
    restore(&other, &file).await.unwrap();
    assert_eq!(munjigi_store::applied(&other).await.unwrap().len(), versions.len());
    drop_database(other, &pool).await;
    drop_database(old, &pool).await;
}

/// Writes a new key of age to a file; its public half.
fn key(path: &Path) -> Recipient {
    let identity = Identity::generate();
    std::fs::write(path, identity.to_string().expose_secret()).unwrap();
    identity.to_public()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_encrypted_backup_needs_its_key(pool: PgPool) {
    let rig = used(pool).await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let recipient = key(&at("key.txt"));
    key(&at("other.txt"));
    let file = at("all.backup.age");
    let written =
        write(&rig.pool, &file, Protection { recipients: &[recipient], keys: None }, rig.now())
            .await
            .unwrap();
    assert_eq!(mode(&file), 0o600);
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    std::fs::write(at("half.age"), &bytes[..bytes.len() / 2]).unwrap();

    for (name, identity, code) in [
        ("all.backup.age", None, "backup-encrypted"),
        ("all.backup.age", Some("other.txt"), "backup-wrong-key"),
        ("all.backup.age", Some("half.age"), "backup-no-key"),
        ("half.age", Some("key.txt"), "backup-truncated"),
    ] {
        let identity = identity.map(at);
        let refused = Readable::open(&at(name), identity.as_deref(), Trust::Anyone).unwrap_err();
        assert_eq!(refused.code(), code, "{name}: {refused}");
    }
    let other = beside(&rig.pool).await;
    let readable = Readable::open(&file, Some(&at("key.txt")), Trust::Anyone).unwrap();
    assert_eq!(readable.restore(&other).await.unwrap(), written);
    assert_eq!(contents(&other).await, contents(&rig.pool).await);
    drop(readable);
    // Nothing that could be read is left beside it.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
    drop_database(other, &rig.pool).await;
}

/// Anyone with the public key can write a complete backup that has their own accounts in it.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_backup_that_another_wrote_is_not_opened(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let recipient = [key(&at("key.txt"))];
    let ring = |text: &str| signing_keys(&KeyRing::parse(text).unwrap());
    let [one, two] = ["A", "I"].map(|letter| format!("{}A", letter.repeat(42)));
    let (ours, theirs) = (ring(&format!("k1:{one}")), ring(&format!("k1:{two}")));
    for (name, recipients, keys, code) in [
        ("ours.backup.age", &recipient[..], Some(&ours), None),
        ("ours.backup", &[], Some(&ours), None),
        ("forged.backup.age", &recipient, Some(&theirs), Some("backup-unsigned")),
        ("forged.backup", &[], Some(&theirs), Some("backup-unsigned")),
        ("old.backup.age", &recipient, None, Some("backup-unsigned")),
        ("old.backup", &[], None, Some("backup-unsigned")),
    ] {
        let (path, protection) = (at(name), Protection { recipients, keys });
        let written = write(&rig.pool, &path, protection, rig.now()).await.unwrap();
        let identity = (!recipients.is_empty()).then(|| at("key.txt"));
        let opened = Readable::open(&at(name), identity.as_deref(), Trust::In(&ours));
        assert_eq!(opened.as_ref().err().map(BackupError::code), code, "{name}");
        if let Ok(readable) = opened {
            assert_eq!(readable.taken_at(), Some(rig.now()));
        }
        // An operator who knows where it came from can still read it.
        let readable = Readable::open(&at(name), identity.as_deref(), Trust::Anyone).unwrap();
        assert_eq!((readable.taken_at(), readable.check().unwrap()), (None, written), "{name}");
    }
    // What was verified is what is read, whatever takes its name.
    let readable = Readable::open(&at("ours.backup"), None, Trust::In(&ours)).unwrap();
    let whole = std::fs::read(at("ours.backup")).unwrap();
    std::fs::rename(at("forged.backup"), at("ours.backup")).unwrap();
    assert_eq!(readable.check().unwrap().taken_at, rig.now().0);
    std::fs::remove_file(at("ours.backup")).unwrap();
    readable.check().unwrap();
    std::fs::write(at("ours.backup"), &whole).unwrap();
    // A rotation does not make backups useless.
    let both = ring(&format!("k2:{two},k1:{one}"));
    Readable::open(&at("ours.backup"), None, Trust::In(&both)).unwrap();
    // One changed byte, of the contents or of the signature.
    for place in [100, whole.len() - 33, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        std::fs::write(at("changed.backup"), changed).unwrap();
        let error = Readable::open(&at("changed.backup"), None, Trust::In(&ours)).unwrap_err();
        assert_eq!(error.code(), "backup-unsigned", "byte {place}");
    }
    // A file that is not encrypted, although the key's file is named.
    let plain = Readable::open(&at("ours.backup"), Some(&at("key.txt")), Trust::In(&ours));
    assert_eq!(plain.unwrap_err().code(), "backup-not-encrypted");
}

#[test]
fn a_full_disk_is_told_from_other_faults() {
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    assert_eq!(BackupError::from(full).code(), "backup-no-space");
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    assert_eq!(BackupError::from(denied).code(), "backup-unreadable");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_bucket_keeps_backups_and_the_newest_is_found(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.backup.age");
    let recipient = key(&folder.path().join("key.txt"));
    // More than one part is sent.
    let long = "word ".repeat(8_000_000);
    let rig = Rig::new(pool, crate::http::router).await;
    write(&rig.pool, &file, Protection { recipients: &[recipient], keys: None }, rig.now())
        .await
        .unwrap();
    std::fs::create_dir_all(folder.path().join("served/shop-backups")).unwrap();
    let server = serve(&folder.path().join("served"), None).await.unwrap();
    let settings = BucketSettings {
        region: "us-east-1".to_owned(),
        endpoint: Some(server.parse().unwrap()),
        credentials: None,
    };
    let address: BucketAddress = "s3://shop-backups/munjigi".parse().unwrap();
    let client = || {
        let http = http_client::client().unwrap();
        Client::new(&address, &settings, http, Patience::JOB).unwrap()
    };
    for name in ["munjigi-20261126T000000Z.backup.age", "munjigi-20261127T000000Z.backup.age"] {
        bucket::send(&client(), &format!("munjigi/{name}"), &file).await.unwrap();
    }
    std::fs::write(folder.path().join("long"), &long).unwrap();
    bucket::send(&client(), "munjigi/notes.txt", &folder.path().join("long")).await.unwrap();
    let mut listed = bucket::list(&client(), Some("munjigi/")).await.unwrap();
    listed.sort_unstable();
    assert_eq!(listed.len(), 3, "{listed:?}");
    let fetched = tempfile::NamedTempFile::new().unwrap();
    bucket::fetch(&client(), "munjigi/notes.txt", fetched.as_file()).await.unwrap();
    assert_eq!(std::fs::read_to_string(fetched.path()).unwrap(), long);
    let absent = tempfile::NamedTempFile::new().unwrap();
    let error = bucket::fetch(&client(), "munjigi/absent", absent.as_file()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("backup-bucket", "there is no such object")
    );
}
