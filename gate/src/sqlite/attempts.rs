//! Rows of attempts, in tables for every ten minutes in which rows end, so that
//! tables go as a whole and nothing has to be searched for what is over.
//!
//! `steps_N` has what was asked of attempts besides a puzzle: of most, nothing.
//! `spent_N` has one row per redemption. Its number is the order in which the
//! origin is told (`outbox`), over all tables, so that new rows lie together;
//! only the small index on the id is written here and there.

use std::collections::BTreeSet;

use munjigi_captcha::ports::RowAddress;
use munjigi_captcha::redemption::{AnswerHash, CallHash, Row, Spent, TokenHash, bucket};
use munjigi_keys::UnixMillis;
use rusqlite::{Connection, OptionalExtension as _, params};

/// The tables that exist, by their numbers.
#[derive(Debug, Default)]
pub struct Attempts(BTreeSet<u64>);

/// A row and, where it is spent, its number.
#[derive(Debug, Default)]
pub struct Found {
    /// The row; the default where there is none.
    pub row: Row,
    /// Its place in the order of what the origin is told.
    pub number: Option<i64>,
}

/// What is written of an attempt that is spent.
#[derive(Debug)]
pub struct NewSpent<'a> {
    /// Its place in the order of what the origin is told.
    pub number: i64,
    /// By which call and with which token.
    pub spent: Spent,
    /// When, in milliseconds since 1970.
    pub at: UnixMillis,
    /// What the token stated, in the bytes of its format.
    pub facts: &'a [u8],
}

impl Attempts {
    /// Those of a file.
    pub fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'spent\\_%' ESCAPE '\\'";
        let mut statement = connection.prepare(sql)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        let numbers = names
            .map(|name| Ok(name?.strip_prefix("spent_").and_then(|number| number.parse().ok())));
        Ok(Self(numbers.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect()))
    }

    /// The numbers of the tables, the one that ends first at the front.
    pub fn buckets(&self) -> Vec<u64> {
        self.0.iter().copied().collect()
    }

    /// The row of an attempt.
    pub fn read(&self, connection: &Connection, address: &RowAddress) -> rusqlite::Result<Found> {
        let bucket = bucket::of(address.keep_until.0);
        if !self.0.contains(&bucket) {
            return Ok(Found::default());
        }
        let sql = format!("SELECT stepped, owed, answer FROM steps_{bucket} WHERE id = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_row([address.id.0], |row| {
            Ok(Row {
                stepped: row.get(0)?,
                owed: row.get::<_, i64>(1)?.cast_unsigned(),
                answer: row.get::<_, Option<[u8; 16]>>(2)?.map(AnswerHash),
                ..Row::default()
            })
        });
        let asked = found.optional()?.unwrap_or_default();
        let sql = format!("SELECT call, token, rejected, n FROM spent_{bucket} WHERE id = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_row([address.id.0], |row| {
            let spent = Spent { call: CallHash(row.get(0)?), token: TokenHash(row.get(1)?) };
            Ok((spent, row.get(2)?, row.get(3)?))
        });
        Ok(match found.optional()? {
            Some((spent, rejected, number)) => {
                Found { row: Row { spent: Some(spent), rejected, ..asked }, number: Some(number) }
            }
            None => Found { row: asked, number: None },
        })
    }

    /// Writes what was asked of an attempt, and its answer.
    pub fn write(
        &mut self,
        connection: &Connection,
        address: &RowAddress,
        row: &Row,
    ) -> rusqlite::Result<()> {
        let bucket = self.open(connection, bucket::of(address.keep_until.0))?;
        let sql = format!(
            "INSERT INTO steps_{bucket} (id, stepped, owed, answer) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET stepped = excluded.stepped, owed = excluded.owed,
                answer = excluded.answer"
        );
        let answer = row.answer.map(|answer| answer.0);
        let values = params![address.id.0, row.stepped, row.owed.cast_signed(), answer];
        connection.prepare_cached(&sql)?.execute(values).map(drop)
    }

    /// Spends an attempt that is not spent.
    pub fn spend(
        &mut self,
        connection: &Connection,
        address: &RowAddress,
        new: &NewSpent<'_>,
    ) -> rusqlite::Result<()> {
        let bucket = self.open(connection, bucket::of(address.keep_until.0))?;
        let NewSpent { number, spent, at, facts } = new;
        let sql = format!(
            "INSERT INTO spent_{bucket} (n, id, call, token, at, rejected, facts)
            VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)"
        );
        let (call, token, at) = (spent.call.0, spent.token.0, at.0.cast_signed());
        let values = params![number, address.id.0, call, token, at, facts];
        connection.prepare_cached(&sql)?.execute(values).map(drop)
    }

    /// Counts a call that was refused for a spent attempt, and gives the row a
    /// new number: the origin is told again.
    pub fn reject(
        connection: &Connection,
        address: &RowAddress,
        rejected: u32,
        number: i64,
    ) -> rusqlite::Result<()> {
        let bucket = bucket::of(address.keep_until.0);
        let sql = format!("UPDATE spent_{bucket} SET rejected = ?2, n = ?3 WHERE id = ?1");
        let values = params![address.id.0, rejected, number];
        connection.prepare_cached(&sql)?.execute(values).map(drop)
    }

    /// Those that are over, the oldest first.
    pub fn over(&self, now: UnixMillis) -> Vec<u64> {
        self.0.iter().copied().take_while(|number| bucket::end(*number) <= now.0).collect()
    }

    /// Drops the tables of a number.
    pub fn remove(&mut self, connection: &Connection, bucket: u64) -> rusqlite::Result<()> {
        connection
            .execute_batch(&format!("DROP TABLE steps_{bucket}; DROP TABLE spent_{bucket}"))?;
        self.0.remove(&bucket);
        Ok(())
    }

    fn open(&mut self, connection: &Connection, bucket: u64) -> rusqlite::Result<u64> {
        if !self.0.contains(&bucket) {
            create(connection, bucket)?;
            self.0.insert(bucket);
        }
        Ok(bucket)
    }
}

/// Creates the tables of a number.
pub fn create(connection: &Connection, bucket: u64) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE steps_{bucket} (
            id BLOB PRIMARY KEY,
            stepped INTEGER NOT NULL,
            owed INTEGER NOT NULL,
            answer BLOB
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE spent_{bucket} (
            n INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            call BLOB NOT NULL,
            token BLOB NOT NULL,
            at INTEGER NOT NULL,
            rejected INTEGER NOT NULL,
            facts BLOB NOT NULL
        ) STRICT"
    ))
}
