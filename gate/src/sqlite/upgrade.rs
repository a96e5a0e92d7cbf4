//! The first schema kept each event twice, in the attempt's row and in an
//! outbox, and had no cursor.

use munjigi_captcha::redemption::{TokenFacts, bucket};
use munjigi_format::Format;
use munjigi_keys::UnixMillis;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::attempts::create;
use super::unwritten;

/// A spent attempt as the first schema had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Event {
    id: [u8; 16],
    redeemed_at: u64,
    rejected: u32,
    facts: TokenFacts,
}

impl Format for Event {
    const VERSION: u8 = 1;
}

/// What a row of the second schema is made from.
struct Old {
    id: [u8; 16],
    call: [u8; 16],
    token: [u8; 16],
    rejected: u32,
    event: Vec<u8>,
}

/// From the first schema to the second: a row per redemption, a cursor.
pub fn to_second(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA cache_size = -65536;
        -- How far the origin has been told.
        CREATE TABLE sent (n INTEGER NOT NULL) STRICT;
        INSERT INTO sent (n) VALUES (0);
        -- Rows that could not be read when it was their turn.
        CREATE TABLE aside (n INTEGER PRIMARY KEY, bucket INTEGER NOT NULL) STRICT;
        -- Rows of attempts whose events wait.
        CREATE TEMP TABLE known (
            number INTEGER PRIMARY KEY,
            bucket INTEGER NOT NULL,
            call BLOB NOT NULL,
            token BLOB NOT NULL
        ) STRICT;",
    )?;
    let mut tables = old_tables(connection)?;
    let mut n = 0;
    for bucket in tables.clone() {
        create(connection, bucket)?;
        n = rows(connection, bucket, n)?;
        connection.execute_batch(&format!("DROP TABLE attempts_{bucket}"))?;
    }
    connection.execute("UPDATE sent SET n = ?1", [n])?;
    waiting(connection, &mut tables, n)?;
    connection.execute_batch("DROP TABLE outbox; DROP TABLE known; PRAGMA cache_size = -2000")
}

fn old_tables(connection: &Connection) -> rusqlite::Result<Vec<u64>> {
    let sql = "SELECT name FROM sqlite_schema WHERE name LIKE 'attempts\\_%' ESCAPE '\\'";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let number = |name: &str| name.strip_prefix("attempts_").and_then(|name| name.parse().ok());
    names.filter_map(|name| name.map(|name| number(&name)).transpose()).collect()
}

/// Moves the rows of a table that are not spent, or of which the origin has the
/// event; the others are remembered. Returns the last number that was given.
fn rows(connection: &Connection, bucket: u64, mut n: i64) -> rusqlite::Result<i64> {
    connection.execute(
        &format!(
            "INSERT INTO steps_{bucket} (id, stepped, owed, answer)
            SELECT id, stepped, owed, answer FROM attempts_{bucket} WHERE call IS NULL"
        ),
        [],
    )?;
    connection.execute(
        &format!(
            "INSERT INTO known (number, bucket, call, token)
            SELECT number, ?1, call, token FROM attempts_{bucket} JOIN outbox USING (id)
            WHERE call IS NOT NULL"
        ),
        [bucket.cast_signed()],
    )?;
    let mut statement = connection.prepare(&format!(
        "SELECT id, call, token, rejected, event FROM attempts_{bucket}
        WHERE call IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM outbox WHERE outbox.id = attempts_{bucket}.id)"
    ))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        n += 1;
        let event = row.get::<_, Option<Vec<u8>>>(4)?.unwrap_or_default();
        let (id, call, token) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let old = Old { id, call, token, rejected: row.get(3)?, event };
        insert(connection, bucket, n, &old, UnixMillis(0))?;
    }
    Ok(n)
}

/// Moves what waits, behind everything else. The tables of attempts that are
/// over may be gone; nothing can be spent there any more.
fn waiting(connection: &Connection, tables: &mut Vec<u64>, mut n: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT id, ifnull(call, zeroblob(16)), ifnull(token, zeroblob(16)), event, at, bucket
        FROM outbox LEFT JOIN known USING (number) ORDER BY number",
    )?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        n += 1;
        let (id, call, token) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let old = Old { id, call, token, rejected: 0, event: row.get(3)? };
        let at = row.get::<_, i64>(4)?.cast_unsigned();
        let known: Option<i64> = row.get(5)?;
        let bucket = known.map_or_else(|| bucket::of(at), i64::cast_unsigned);
        if !tables.contains(&bucket) {
            create(connection, bucket)?;
            tables.push(bucket);
        }
        insert(connection, bucket, n, &old, UnixMillis(at))?;
    }
    Ok(())
}

/// Inserts a spent attempt. An event that cannot be read keeps its bytes.
fn insert(
    connection: &Connection,
    bucket: u64,
    n: i64,
    old: &Old,
    at: UnixMillis,
) -> rusqlite::Result<()> {
    let (at, rejected, facts) = match Event::from_bytes(&old.event) {
        Ok(Event { id, redeemed_at, rejected, facts }) if id == old.id => {
            let rejected = rejected.max(old.rejected);
            (redeemed_at, rejected, facts.to_bytes().map_err(unwritten)?)
        }
        _ => (at.0, old.rejected, old.event.clone()),
    };
    let sql = format!(
        "INSERT INTO spent_{bucket} (n, id, call, token, at, rejected, facts)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    );
    let Old { id, call, token, .. } = old;
    let values = params![n, id, call, token, at.cast_signed(), rejected, facts];
    connection.prepare_cached(&sql)?.execute(values).map(drop)
}

#[cfg(test)]
mod tests;
