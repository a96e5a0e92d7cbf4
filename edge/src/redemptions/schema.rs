//! The tables of a redemption object and their versions. An object of an
//! older release is brought up step by step when it wakes.

use super::sql::{Database, SqlError, integer, text};

/// Steps from each version to the next. Append only. Every statement can be
/// run again: one that failed half-way is made good at the next try.
const STEPS: &[&[&str]] = &[&[
    // Live buckets: `sent` is the last row that the origin has, `resent` the
    // last one whose final count of rejections it has.
    "CREATE TABLE IF NOT EXISTS buckets (bucket INTEGER PRIMARY KEY, sent INTEGER NOT NULL, resent INTEGER NOT NULL)",
    // Nonces of signatures that were seen.
    "CREATE TABLE IF NOT EXISTS nonces (nonce BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
    // Revoked sites and secrets, until every cache has forgotten them.
    "CREATE TABLE IF NOT EXISTS denied (name TEXT PRIMARY KEY, version INTEGER NOT NULL, denied INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
    // What another way costs a network on a site.
    "CREATE TABLE IF NOT EXISTS prices (payer BLOB PRIMARY KEY, price BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
    // Of each bucket with rows that could not be read: the first of them.
    "CREATE TABLE IF NOT EXISTS aside (bucket INTEGER PRIMARY KEY, n INTEGER NOT NULL)",
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
pub fn wake(db: &Database, shard: &str) -> Result<Schema, SqlError> {
    let meta = db.run("SELECT 1 FROM sqlite_master WHERE name = 'meta'", &[])?;
    if meta.is_empty() {
        return Ok(Schema::Empty);
    }
    create(db, shard)?;
    let torn = "SELECT bucket FROM buckets WHERE \
                (SELECT COUNT(*) FROM sqlite_master WHERE name IN ('r' || bucket, 's' || bucket)) < 2";
    for row in db.run(torn, &[])? {
        create_bucket(db, row.integer(0))?;
    }
    Ok(Schema::Current)
}

/// Makes every table that is not there. `shard` is the object's name, for
/// when only an alarm wakes it and the runtime does not say it.
pub fn create(db: &Database, shard: &str) -> Result<(), SqlError> {
    db.run("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID", &[])?;
    if !shard.is_empty() {
        db.run("INSERT OR IGNORE INTO meta VALUES ('shard', ?)", &[text(shard)])?;
    }
    let version = db.run("SELECT value FROM meta WHERE name = 'version'", &[])?;
    upgrade(db, version.first().map_or(0, |row| row.integer(0)))
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
            "CREATE TABLE IF NOT EXISTS r{bucket} (n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, \
             call BLOB NOT NULL, token BLOB NOT NULL, at INTEGER NOT NULL, facts BLOB NOT NULL, \
             rejected INTEGER NOT NULL DEFAULT 0)"
        ),
        &[],
    )?;
    db.run(
        &format!(
            "CREATE TABLE IF NOT EXISTS s{bucket} (id BLOB PRIMARY KEY, stepped INTEGER NOT NULL, answer BLOB) \
             WITHOUT ROWID"
        ),
        &[],
    )?;
    db.run("INSERT OR IGNORE INTO buckets VALUES (?, 0, 0)", &[integer(bucket)])?;
    Ok(())
}

/// Drops the tables of a bucket.
pub fn drop_bucket(db: &Database, bucket: u64) -> Result<(), SqlError> {
    db.run(&format!("DROP TABLE IF EXISTS r{bucket}"), &[])?;
    db.run(&format!("DROP TABLE IF EXISTS s{bucket}"), &[])?;
    db.run("DELETE FROM aside WHERE bucket = ?", &[integer(bucket)])?;
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
        db.run("INSERT OR REPLACE INTO meta VALUES ('version', ?)", &[integer(version)])?;
    }
    Ok(())
}
