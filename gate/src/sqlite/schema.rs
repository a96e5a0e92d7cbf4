//! The file's tables, and how an older file becomes a newer one.

use std::path::Path;

use rusqlite::Connection;

use super::{OpenError, generation, upgrade};

/// A step from one schema to the next.
type Step = fn(&Connection) -> rusqlite::Result<()>;

/// A file's `user_version` is how many it has taken. Steps are only ever added.
const STEPS: &[Step] = &[
    |connection| connection.execute_batch(FIRST),
    upgrade::to_second,
    |connection| connection.execute_batch(generation::TABLE),
    |connection| connection.execute_batch(HISTORY),
];

/// To which history of the origin's store the rows before the cursor went, how
/// far that was, and when rows were last sent again.
const HISTORY: &str = "
    ALTER TABLE sent ADD COLUMN history TEXT NOT NULL DEFAULT '';
    ALTER TABLE sent ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sent ADD COLUMN recalled_at INTEGER NOT NULL DEFAULT 0;
";

/// The first schema.
pub const FIRST: &str = "
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
";

/// `PRAGMA auto_vacuum` of a file that gives space back.
const INCREMENTAL: u32 = 2;
/// Pages of 4 KiB that a sweep gives back at most.
const PAGES_GIVEN_BACK: u32 = 4_096;
/// Pages of the log at which a commit copies them into the file, if the thread
/// that writes has not done so before.
const PAGES_PER_CHECKPOINT: u32 = 32_768;
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
        PRAGMA auto_vacuum = INCREMENTAL;
        PRAGMA journal_mode = WAL;
        PRAGMA wal_autocheckpoint = {PAGES_PER_CHECKPOINT};
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;"
    );
    connection.execute_batch(&settings).map_err(refused)?;
    let found = check_version(&connection, path)?;
    for (number, step) in (1_u32..).zip(STEPS).skip(found as usize) {
        take(&connection, number, *step).map_err(refused)?;
    }
    // A file that had tables before can only change this as a whole.
    let vacuums: u32 =
        connection.query_row("PRAGMA auto_vacuum", [], |row| row.get(0)).map_err(refused)?;
    if vacuums != INCREMENTAL
        && let Err(error) = connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")
    {
        // A disk with no room for a copy of the file is no reason not to serve.
        tracing::warn!(%error, "the store gives no space back yet; the next start tries again");
    }
    Ok(connection)
}

/// The schema of a file.
///
/// # Errors
///
/// A later release wrote it, or SQLite cannot read it.
pub fn check_version(connection: &Connection, path: &Path) -> Result<u32, OpenError> {
    let path = path.display().to_string();
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0));
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    match found {
        Err(source) => Err(OpenError::Refused { path, source }),
        Ok(found) if found > known => Err(OpenError::Newer { path, found, known }),
        Ok(found) => Ok(found),
    }
}

/// Takes a step as a whole or not at all.
fn take(connection: &Connection, number: u32, step: Step) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    step(&transaction)?;
    transaction.pragma_update(None, "user_version", number)?;
    transaction.commit()
}

/// Gives space that is no longer used back to the system, some at a time.
pub fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let (free, all) = (number("PRAGMA freelist_count")?, number("PRAGMA page_count")?);
    if free * 4 > all {
        connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})"))?;
    }
    Ok(())
}
