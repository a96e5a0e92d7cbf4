//! The file's tables, and how an older file becomes a newer one.

use std::path::Path;

use rusqlite::Connection;

use super::OpenError;

/// Each step from one schema to the next; a file's `user_version` is how many
/// it has taken. Steps are only ever added.
const STEPS: &[&str] = &["
    CREATE TABLE prices (
        payer BLOB PRIMARY KEY,
        price BLOB NOT NULL,
        forgotten_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE nonces (
        nonce BLOB PRIMARY KEY,
        until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE denied (
        name TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        denied INTEGER NOT NULL,
        until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE texts (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        until INTEGER
    ) STRICT, WITHOUT ROWID;
    -- Events that the origin has yet to be told, each attempt at most once.
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id BLOB NOT NULL UNIQUE,
        event BLOB NOT NULL,
        at INTEGER NOT NULL
    ) STRICT;
    -- Counts that the origin has yet to be told.
    CREATE TABLE batches (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        body TEXT NOT NULL,
        queued_at INTEGER NOT NULL,
        due INTEGER NOT NULL,
        refused INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    -- What happened on each site each day, in days since 1970.
    CREATE TABLE days (
        day INTEGER NOT NULL,
        sitekey TEXT NOT NULL,
        issued INTEGER NOT NULL,
        solved INTEGER NOT NULL,
        redeemed INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        PRIMARY KEY (day, sitekey)
    ) STRICT, WITHOUT ROWID;
"];

/// A call waits this long for a program that reads or backs up the file.
const BUSY_MILLIS: u32 = 5_000;

/// Opens or creates the file. Its log is written before an answer and synced at
/// each commit, so that what was acknowledged survives a loss of power.
pub fn open(path: &Path) -> Result<Connection, OpenError> {
    let text = path.display().to_string();
    let refused = |source| OpenError::Refused { path: text.clone(), source };
    let connection = Connection::open(path).map_err(refused)?;
    let settings = format!(
        "PRAGMA busy_timeout = {BUSY_MILLIS};
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;"
    );
    connection.execute_batch(&settings).map_err(refused)?;
    let found: u32 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(refused)?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenError::Newer { path: text, found, known });
    }
    for (number, step) in (1_u32..).zip(STEPS).skip(found as usize) {
        let step = format!("BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;");
        connection.execute_batch(&step).map_err(refused)?;
    }
    Ok(connection)
}
