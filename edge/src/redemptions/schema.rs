//! The tables of a redemption object and their versions. An object of an older
//! release is migrated step by step when it wakes.

use super::sql::{Database, SqlError, integer, text};

/// The steps that migrate a database from each version to the next. Append
/// only. Each can be run again: the next wake completes one that failed
/// half-way.
const STEPS: &[Step] = &[first, kept];

type Step = fn(&Database) -> Result<(), SqlError>;

fn first(db: &Database) -> Result<(), SqlError> {
    for statement in [
        // Nonces of signatures that were seen.
        "CREATE TABLE IF NOT EXISTS nonces (nonce BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
        // Revoked sites and secrets, until every cache has forgotten them.
        "CREATE TABLE IF NOT EXISTS denied (name TEXT PRIMARY KEY, version INTEGER NOT NULL, denied INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
        // The price of another way for a network on a site.
        "CREATE TABLE IF NOT EXISTS prices (payer BLOB PRIMARY KEY, price BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
        // Of each bucket with rows that could not be read: the first of them.
        "CREATE TABLE IF NOT EXISTS aside (bucket INTEGER PRIMARY KEY, n INTEGER NOT NULL)",
        // Live buckets: `resent` is the last id whose final count of rejections
        // the origin has.
        "CREATE TABLE IF NOT EXISTS live (bucket INTEGER PRIMARY KEY, resent BLOB NOT NULL)",
        // The number of the last row that the origin has.
        "CREATE TABLE IF NOT EXISTS sent (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL)",
        "INSERT OR IGNORE INTO sent VALUES (1, 0)",
    ] {
        db.run(statement, &[])?;
    }
    Ok(())
}

fn kept(db: &Database) -> Result<(), SqlError> {
    // Buckets that are over and are kept in case the origin loses them.
    db.run("CREATE TABLE IF NOT EXISTS kept (bucket INTEGER PRIMARY KEY)", &[])?;
    // Where the origin's store was, when it said so last, and when everything
    // was sent again.
    for (column, kind) in [
        ("place", "TEXT NOT NULL DEFAULT ''"),
        ("told_at", "INTEGER NOT NULL DEFAULT 0"),
        ("recalled_at", "INTEGER NOT NULL DEFAULT 0"),
    ] {
        let there = "SELECT 1 FROM sqlite_master WHERE name = 'sent' AND sql LIKE ?";
        if db.run(there, &[text(&format!("% {column} %"))])?.is_empty() {
            db.run(&format!("ALTER TABLE sent ADD COLUMN {column} {kind}"), &[])?;
        }
    }
    Ok(())
}

/// What is known about an object's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Nothing was ever written.
    Empty,
    /// All tables exist.
    Current,
}

/// Migrates an object that was written before, and leaves an empty one alone: a
/// sweep over all shards must not fill the empty ones.
pub fn wake(db: &Database, shard: &str) -> Result<Schema, SqlError> {
    let meta = db.run("SELECT 1 FROM sqlite_master WHERE name = 'meta'", &[])?;
    if meta.is_empty() {
        return Ok(Schema::Empty);
    }
    create(db, shard)?;
    let torn = "SELECT bucket FROM live WHERE NOT EXISTS \
                (SELECT 1 FROM sqlite_master WHERE name = 'attempts_' || bucket)";
    for row in db.run(torn, &[])? {
        create_bucket(db, row.integer(0))?;
    }
    Ok(Schema::Current)
}

/// Creates every missing table. `shard` is the object's name, for when only an
/// alarm wakes it and the runtime does not provide it.
pub fn create(db: &Database, shard: &str) -> Result<(), SqlError> {
    db.run("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID", &[])?;
    if !shard.is_empty() {
        db.run("INSERT OR IGNORE INTO meta VALUES ('shard', ?)", &[text(shard)])?;
    }
    let version = db.run("SELECT value FROM meta WHERE name = 'version'", &[])?;
    upgrade(db, version.first().map_or(0, |row| row.integer(0)))
}

/// The object's name, as it was when its tables were created.
pub fn shard(db: &Database) -> Result<String, SqlError> {
    let found = db.run("SELECT value FROM meta WHERE name = 'shard'", &[])?;
    Ok(found.first().map(|row| row.text(0)).unwrap_or_default())
}

/// Creates the table of a bucket. The id is its key and there is no other
/// index: the platform bills each index entry as a separate row. `n` numbers
/// spent rows in the order of their spending; 0 is one that is not spent.
pub fn create_bucket(db: &Database, bucket: u64) -> Result<(), SqlError> {
    db.run(
        &format!(
            "CREATE TABLE IF NOT EXISTS attempts_{bucket} (id BLOB PRIMARY KEY, \
             n INTEGER NOT NULL DEFAULT 0, stepped INTEGER NOT NULL DEFAULT 0, \
             owed INTEGER NOT NULL DEFAULT 0, answer BLOB, call BLOB, token BLOB, at INTEGER, \
             facts BLOB, rejected INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID"
        ),
        &[],
    )?;
    db.run("INSERT OR IGNORE INTO live VALUES (?, x'')", &[integer(bucket)])?;
    Ok(())
}

/// Drops the table of a bucket.
pub fn drop_bucket(db: &Database, bucket: u64) -> Result<(), SqlError> {
    db.run(&format!("DROP TABLE IF EXISTS attempts_{bucket}"), &[])?;
    db.run("DELETE FROM aside WHERE bucket = ?", &[integer(bucket)])?;
    db.run("DELETE FROM live WHERE bucket = ?", &[integer(bucket)])?;
    db.run("DELETE FROM kept WHERE bucket = ?", &[integer(bucket)])?;
    Ok(())
}

/// Keeps the table of a bucket that is over.
pub fn keep_bucket(db: &Database, bucket: u64) -> Result<(), SqlError> {
    db.run("INSERT OR IGNORE INTO kept VALUES (?)", &[integer(bucket)])?;
    db.run("DELETE FROM live WHERE bucket = ?", &[integer(bucket)])?;
    Ok(())
}

fn upgrade(db: &Database, from: u64) -> Result<(), SqlError> {
    let done = usize::try_from(from).unwrap_or(usize::MAX);
    for (index, step) in STEPS.iter().enumerate().skip(done) {
        step(db)?;
        let version = u64::try_from(index).unwrap_or_default() + 1;
        db.run("INSERT OR REPLACE INTO meta VALUES ('version', ?)", &[integer(version)])?;
    }
    Ok(())
}
