//! The tables of a redemption object and their versions. An object of an
//! older release is brought up step by step when it wakes.

use super::sql::{Database, SqlError, integer, text};

/// Steps from each version to the next. Append only.
const STEPS: &[&[&str]] = &[&[
    // Live buckets: `sent` is the last row that the origin has, `resent` the
    // last one whose final count of rejections it has.
    "CREATE TABLE buckets (bucket INTEGER PRIMARY KEY, sent INTEGER NOT NULL, resent INTEGER NOT NULL)",
    // Nonces of signatures that were seen.
    "CREATE TABLE nonces (nonce BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
    // Revoked sites and secrets, until every cache has forgotten them.
    "CREATE TABLE denied (name TEXT PRIMARY KEY, version INTEGER NOT NULL, denied INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
    // What another way costs a network on a site.
    "CREATE TABLE prices (payer BLOB PRIMARY KEY, price BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
]];

/// What is known of an object's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Nothing was ever written.
    Empty,
    /// Everything is there.
    Current,
}

/// Brings an object that was written before up to date, and leaves one that
/// was not alone: a sweep over all shards must not fill the empty ones.
pub fn wake(db: &Database) -> Result<Schema, SqlError> {
    let meta = db.run("SELECT 1 FROM sqlite_master WHERE name = 'meta'", &[])?;
    if meta.is_empty() {
        return Ok(Schema::Empty);
    }
    let version = db.run("SELECT value FROM meta WHERE name = 'version'", &[])?;
    let version = version.first().map_or(0, |row| row.integer(0));
    upgrade(db, version)?;
    Ok(Schema::Current)
}

/// Makes every table. `shard` is the object's name, for when only an alarm
/// wakes it and the runtime does not say it.
pub fn create(db: &Database, shard: &str) -> Result<(), SqlError> {
    db.run("CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID", &[])?;
    db.run("INSERT INTO meta VALUES ('version', 0), ('shard', ?)", &[text(shard)])?;
    upgrade(db, 0)
}

/// The object's name, as it was when its tables were made.
pub fn shard(db: &Database) -> Result<String, SqlError> {
    let found = db.run("SELECT value FROM meta WHERE name = 'shard'", &[])?;
    Ok(found.first().map(|row| row.text(0)).unwrap_or_default())
}

/// Makes the tables of a bucket.
pub fn create_bucket(db: &Database, bucket: u64) -> Result<(), SqlError> {
    db.run(
        &format!(
            "CREATE TABLE r{bucket} (n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, \
             call BLOB NOT NULL, token BLOB NOT NULL, at INTEGER NOT NULL, facts BLOB NOT NULL, \
             rejected INTEGER NOT NULL DEFAULT 0)"
        ),
        &[],
    )?;
    db.run(
        &format!(
            "CREATE TABLE s{bucket} (id BLOB PRIMARY KEY, stepped INTEGER NOT NULL, answer BLOB) \
             WITHOUT ROWID"
        ),
        &[],
    )?;
    db.run("INSERT INTO buckets VALUES (?, 0, 0)", &[integer(bucket)])?;
    Ok(())
}

/// Drops the tables of a bucket.
pub fn drop_bucket(db: &Database, bucket: u64) -> Result<(), SqlError> {
    db.run(&format!("DROP TABLE IF EXISTS r{bucket}"), &[])?;
    db.run(&format!("DROP TABLE IF EXISTS s{bucket}"), &[])?;
    db.run("DELETE FROM buckets WHERE bucket = ?", &[integer(bucket)])?;
    Ok(())
}

fn upgrade(db: &Database, from: u64) -> Result<(), SqlError> {
    let done = usize::try_from(from).unwrap_or(usize::MAX);
    for (index, statements) in STEPS.iter().enumerate().skip(done) {
        for statement in *statements {
            db.run(statement, &[])?;
        }
        let version = u64::try_from(index).unwrap_or_default() + 1;
        db.run("UPDATE meta SET value = ? WHERE name = 'version'", &[integer(version)])?;
    }
    Ok(())
}
