//! Rows of attempts. They lie in one table for every ten minutes in which rows
//! end, and a table goes as a whole: nothing has to be searched for what is
//! over.

use std::collections::BTreeSet;

use munjigi_captcha::ports::RowAddress;
use munjigi_captcha::redemption::{AnswerHash, CallHash, Row, Spent, TokenHash, bucket};
use munjigi_format::Format as _;
use munjigi_keys::UnixMillis;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::event::Event;
use super::unwritten;

/// The tables that exist, by their numbers.
#[derive(Debug, Default)]
pub struct Attempts(BTreeSet<u64>);

/// The number of a row's table.
const fn table(row: &RowAddress) -> u64 {
    bucket::of(row.keep_until.0)
}

impl Attempts {
    /// Those of a file.
    pub fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'attempts\\_%' ESCAPE '\\'";
        let mut statement = connection.prepare(sql)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        let numbers = names
            .map(|name| Ok(name?.strip_prefix("attempts_").and_then(|number| number.parse().ok())));
        Ok(Self(numbers.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect()))
    }

    /// The row of an attempt; the default where there is none.
    pub fn read(&self, connection: &Connection, row: &RowAddress) -> rusqlite::Result<Row> {
        let number = table(row);
        if !self.0.contains(&number) {
            return Ok(Row::default());
        }
        let sql = format!(
            "SELECT stepped, owed, answer, call, token, rejected FROM attempts_{number} WHERE id = ?1"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_row([row.id.0], |row| {
            let spent = row.get::<_, Option<[u8; 16]>>(3)?.zip(row.get::<_, Option<[u8; 16]>>(4)?);
            Ok(Row {
                stepped: row.get(0)?,
                owed: row.get::<_, i64>(1)?.cast_unsigned(),
                answer: row.get::<_, Option<[u8; 16]>>(2)?.map(AnswerHash),
                spent: spent
                    .map(|(call, token)| Spent { call: CallHash(call), token: TokenHash(token) }),
                rejected: row.get(5)?,
            })
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Writes the row of an attempt.
    pub fn write(
        &mut self,
        connection: &Connection,
        address: &RowAddress,
        row: &Row,
    ) -> rusqlite::Result<()> {
        let number = table(address);
        if !self.0.contains(&number) {
            connection.execute_batch(&format!(
                "CREATE TABLE attempts_{number} (
                    id BLOB PRIMARY KEY,
                    stepped INTEGER NOT NULL,
                    owed INTEGER NOT NULL,
                    answer BLOB,
                    call BLOB,
                    token BLOB,
                    rejected INTEGER NOT NULL,
                    event BLOB
                ) STRICT, WITHOUT ROWID"
            ))?;
            self.0.insert(number);
        }
        let sql = format!(
            "INSERT INTO attempts_{number} (id, stepped, owed, answer, call, token, rejected)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT DO UPDATE SET stepped = excluded.stepped, owed = excluded.owed,
                answer = excluded.answer, call = excluded.call, token = excluded.token,
                rejected = excluded.rejected"
        );
        let spent = row.spent;
        connection.prepare_cached(&sql)?.execute(params![
            address.id.0,
            row.stepped,
            row.owed.cast_signed(),
            row.answer.map(|answer| answer.0),
            spent.map(|spent| spent.call.0),
            spent.map(|spent| spent.token.0),
            row.rejected,
        ])?;
        Ok(())
    }

    /// Keeps the event of an attempt that was just spent; returns its bytes, for
    /// the outbox.
    pub fn keep_event(
        connection: &Connection,
        address: &RowAddress,
        event: &Event,
    ) -> rusqlite::Result<Vec<u8>> {
        let bytes = event.to_bytes().map_err(unwritten)?;
        let sql = format!("UPDATE attempts_{} SET event = ?2 WHERE id = ?1", table(address));
        connection.prepare_cached(&sql)?.execute(params![address.id.0, bytes])?;
        Ok(bytes)
    }

    /// The event of an attempt that was spent before, for the outbox: another
    /// call was refused. `None` where this release cannot read it.
    pub fn event(
        connection: &Connection,
        address: &RowAddress,
        rejected: u32,
    ) -> rusqlite::Result<Option<Vec<u8>>> {
        let sql = format!("SELECT event FROM attempts_{} WHERE id = ?1", table(address));
        let mut statement = connection.prepare_cached(&sql)?;
        let bytes: Option<Vec<u8>> = statement.query_row([address.id.0], |row| row.get(0))?;
        let Some(mut event) = bytes.and_then(|bytes| Event::from_bytes(&bytes).ok()) else {
            return Ok(None);
        };
        event.set_rejected(rejected);
        event.to_bytes().map(Some).map_err(unwritten)
    }

    /// Drops the tables all of whose rows are over; returns how many.
    pub fn sweep(&mut self, connection: &Connection, now: UnixMillis) -> rusqlite::Result<usize> {
        let is_over = |number: &u64| bucket::end(*number) <= now.0;
        let over: Vec<u64> = self.0.iter().copied().take_while(is_over).collect();
        for number in &over {
            connection.execute_batch(&format!("DROP TABLE attempts_{number}"))?;
            self.0.remove(number);
        }
        Ok(over.len())
    }
}
