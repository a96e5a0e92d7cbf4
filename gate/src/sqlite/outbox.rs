//! What waits in the file for the origin: rows of spent attempts behind a
//! cursor, and batches of counts. When to send is decided in `delivery`.
//!
//! A row that is refused to another caller later moves to the end, so that the
//! origin is told again. One that this release cannot read holds up nothing: it
//! is set aside, its table stays, and the next start tries again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use munjigi_captcha::ports::{RowAddress, StoreError};
use munjigi_captcha::redemption::{Redeem, Spent, TokenFacts, bucket};
use munjigi_format::Format as _;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{AttemptId, RedeemedEvent};
use munjigi_serving::outbound::{KEPT_MS, MAX_EVENT_BYTES, MAX_EVENTS, retry_seconds};
use munjigi_serving::recall::LogPosition;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::attempts::{Attempts, Found, NewSpent};
use super::{Database, Sqlite, unwritten};

/// Most events that wait, some 250 MB of the file.
const MOST_KEPT: u64 = 1_000_000;

/// How far the origin has been told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The number of the last row that it has.
    sent: i64,
    /// The number of the row that was spent or refused last.
    last: i64,
    /// Rows that are set aside.
    aside: u64,
}

/// Events to be posted together.
#[derive(Debug, Default, PartialEq)]
pub struct Events {
    /// The events, oldest first.
    pub events: Vec<RedeemedEvent>,
    /// The number of the last row that was looked at.
    last: Option<i64>,
    /// The tables that were looked into.
    buckets: BTreeSet<u64>,
    /// Rows on the way that this release cannot read: their tables and numbers.
    unreadable: Vec<(u64, i64)>,
}

impl Events {
    /// Whether nothing waits.
    pub const fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// How many rows on the way this release cannot read; they stay.
    pub const fn unreadable(&self) -> usize {
        self.unreadable.len()
    }
}

/// A row that waits.
struct Waiting {
    bucket: u64,
    id: [u8; 16],
    at: u64,
    rejected: u32,
    facts: Vec<u8>,
}

impl Waiting {
    /// As it is sent to the origin, unless this release cannot read it.
    fn event(&self) -> Option<RedeemedEvent> {
        let facts = TokenFacts::from_bytes(&self.facts).ok()?;
        let event = facts.event(AttemptId(self.id), UnixMillis(self.at));
        Some(RedeemedEvent { rejected: self.rejected, ..event })
    }
}

impl Cursor {
    /// The number of the row that was spent or refused last.
    pub const fn last(&self) -> i64 {
        self.last
    }

    /// The same, with a last number that is not lower.
    #[must_use]
    pub fn at_least(self, last: i64) -> Self {
        Self { last: self.last.max(last), ..self }
    }

    /// That of a file; and how many rows wait.
    pub fn of(connection: &Connection, attempts: &Attempts) -> rusqlite::Result<(Self, u64)> {
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let sent = number("SELECT n FROM sent")?;
        let aside = number("SELECT count(*) FROM aside")?.cast_unsigned();
        let (mut last, mut waiting) = (sent, aside);
        for bucket in attempts.buckets() {
            last = last.max(number(&format!("SELECT ifnull(max(n), 0) FROM spent_{bucket}"))?);
            waiting += count(connection, bucket, sent)?;
        }
        Ok((Self { sent, last, aside }, waiting))
    }
}

impl Database {
    /// Spends an attempt, which the origin has yet to be told.
    pub(super) fn spend(
        &mut self,
        address: &RowAddress,
        redeem: &Redeem,
        now: UnixMillis,
    ) -> rusqlite::Result<()> {
        let facts = redeem.facts.to_bytes().map_err(unwritten)?;
        let number = self.next_number();
        let spent = Spent { call: redeem.call, token: redeem.token };
        let new = NewSpent { number, spent, at: now, facts: &facts };
        self.attempts.spend(&self.connection, address, &new)?;
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Counts a call that was refused, which the origin has yet to be told.
    pub(super) fn reject(
        &mut self,
        address: &RowAddress,
        found: &Found,
        rejected: u32,
    ) -> rusqlite::Result<()> {
        let number = self.next_number();
        Attempts::reject(&self.connection, address, rejected, number)?;
        let before = found.number.unwrap_or_default();
        if before <= self.cursor.sent && !self.forget_aside(before)? {
            self.waiting.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn next_number(&mut self) -> i64 {
        self.cursor.last += 1;
        self.cursor.last
    }

    /// Whether a row was set aside; it no longer is.
    fn forget_aside(&mut self, number: i64) -> rusqlite::Result<bool> {
        if self.cursor.aside == 0 {
            return Ok(false);
        }
        let sql = "DELETE FROM aside WHERE n = ?1";
        let found = self.connection.prepare_cached(sql)?.execute([number])? == 1;
        self.cursor.aside -= u64::from(found);
        Ok(found)
    }

    /// Drops the tables that are over, of which the origin has everything and
    /// that are no longer kept for it, and gives up the oldest events beyond what
    /// is kept; returns how many.
    pub(super) fn sweep_attempts(&mut self, now: UnixMillis) -> rusqlite::Result<u64> {
        self.sweep_beyond(now, MOST_KEPT)
    }

    fn sweep_beyond(&mut self, now: UnixMillis, most: u64) -> rusqlite::Result<u64> {
        let mut lost = 0;
        let kept = self.recallable(now, most)?;
        for bucket in self.attempts.over(now) {
            let excess = self.waiting.load(Ordering::Relaxed).saturating_sub(most);
            let is_old = bucket::end(bucket).saturating_add(KEPT_MS) <= now.0;
            // Nothing is counted of tables that stay: everyone would wait for it.
            let stays = kept.contains(&bucket) || self.has_unsent(bucket)?;
            if excess == 0 && !is_old && stays {
                continue;
            }
            let sql = "SELECT count(*) FROM aside WHERE bucket = ?1";
            let values = [bucket.cast_signed()];
            let aside: i64 = self.connection.query_row(sql, values, |row| row.get(0))?;
            let aside = aside.cast_unsigned();
            let unsent = count(&self.connection, bucket, self.cursor.sent)?;
            let gone = if unsent + aside <= excess || is_old {
                self.connection.execute("DELETE FROM aside WHERE bucket = ?1", values)?;
                self.cursor.aside -= aside;
                self.attempts.remove(&self.connection, bucket)?;
                unsent + aside
            } else {
                self.give_up(bucket, excess)?
            };
            self.waiting.fetch_sub(gone, Ordering::Relaxed);
            lost += gone;
        }
        Ok(lost)
    }

    /// Whether a table has rows that the origin has not been told of.
    fn has_unsent(&self, bucket: u64) -> rusqlite::Result<bool> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM spent_{bucket} WHERE n > ?1)");
        self.connection.query_row(&sql, [self.cursor.sent], |row| row.get(0))
    }

    /// Deletes the oldest rows of a table that wait, as many.
    fn give_up(&self, bucket: u64, excess: u64) -> rusqlite::Result<u64> {
        if excess == 0 {
            return Ok(0);
        }
        let sql = format!(
            "DELETE FROM spent_{bucket} WHERE n IN
                (SELECT n FROM spent_{bucket} WHERE n > ?1 ORDER BY n LIMIT ?2)"
        );
        let values = [self.cursor.sent, excess.cast_signed()];
        self.connection.execute(&sql, values).map(|gone| gone as u64)
    }

    /// The next rows behind the cursor, by their numbers.
    fn next_rows(&self) -> rusqlite::Result<BTreeMap<i64, Waiting>> {
        let mut first = Vec::new();
        for bucket in self.attempts.buckets() {
            let sql = format!("SELECT min(n) FROM spent_{bucket} WHERE n > ?1");
            let number = self.connection.query_row(&sql, [self.cursor.sent], |row| row.get(0))?;
            first.extend(Option::<i64>::map(number, |number| (number, bucket)));
        }
        first.sort_unstable();
        let mut rows = BTreeMap::new();
        for (number, bucket) in first {
            // Numbers of two tables overlap where both were live.
            if rows.keys().nth(MAX_EVENTS - 1).is_some_and(|last| *last < number) {
                break;
            }
            self.read_waiting(bucket, &mut rows)?;
        }
        Ok(rows)
    }

    fn read_waiting(&self, bucket: u64, rows: &mut BTreeMap<i64, Waiting>) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT n, id, at, rejected, facts FROM spent_{bucket} WHERE n > ?1
            ORDER BY n LIMIT {MAX_EVENTS}"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_map([self.cursor.sent], |row| {
            let waiting = Waiting {
                bucket,
                id: row.get(1)?,
                at: row.get::<_, i64>(2)?.cast_unsigned(),
                rejected: row.get(3)?,
                facts: row.get(4)?,
            };
            Ok((row.get(0)?, waiting))
        })?;
        for row in found {
            let (number, waiting) = row?;
            rows.insert(number, waiting);
        }
        Ok(())
    }

    /// Lets rows that were set aside and that this release can read wait again.
    pub(super) fn retry_aside(&mut self) -> rusqlite::Result<()> {
        let sql = "SELECT bucket, n FROM aside ORDER BY n";
        let mut statement = self.connection.prepare(sql)?;
        let aside = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
        let aside: Vec<(i64, i64)> = aside.collect::<rusqlite::Result<_>>()?;
        drop(statement);
        for (bucket, number) in aside {
            let sql = format!("SELECT facts FROM spent_{bucket} WHERE n = ?1");
            let facts: Vec<u8> = self.connection.query_row(&sql, [number], |row| row.get(0))?;
            if TokenFacts::from_bytes(&facts).is_ok() {
                let next = self.next_number();
                let sql = format!("UPDATE spent_{bucket} SET n = ?2 WHERE n = ?1");
                self.connection.execute(&sql, [number, next])?;
                self.forget_aside(number)?;
            }
        }
        Ok(())
    }
}

/// How many rows of a table wait.
fn count(connection: &Connection, bucket: u64, sent: i64) -> rusqlite::Result<u64> {
    let sql = format!("SELECT count(*) FROM spent_{bucket} WHERE n > ?1");
    connection.query_row(&sql, [sent], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The body, as it was queued.
    pub body: String,
    number: i64,
}

impl Sqlite {
    /// The next events that wait.
    ///
    /// # Errors
    ///
    /// The store did not respond.
    pub async fn waiting_events(&self) -> Result<Events, StoreError> {
        self.writer
            .ask(|database| {
                let (mut events, mut bytes) = (Events::default(), 0);
                for (number, row) in database.next_rows()?.into_iter().take(MAX_EVENTS) {
                    if let Some(event) = row.event() {
                        bytes += serde_json::to_string(&event).map_or(0, |text| text.len() + 1);
                        if bytes > MAX_EVENT_BYTES && !events.events.is_empty() {
                            break;
                        }
                        events.events.push(event);
                    } else {
                        events.unreadable.push((row.bucket, number));
                    }
                    events.buckets.insert(row.bucket);
                    events.last = Some(number);
                }
                Ok(events)
            })
            .await
    }

    /// The origin has committed these events, and says where. One that was
    /// refused again meanwhile has a new number and still waits. Returns how many
    /// more wait because the origin may have lost them.
    ///
    /// # Errors
    ///
    /// The store did not respond; they will be sent again, which the origin
    /// notices.
    pub async fn events_taken(
        &self,
        events: Events,
        log_position: Option<LogPosition>,
    ) -> Result<u64, StoreError> {
        let Some(last) = events.last else { return Ok(0) };
        self.writer
            .ask(move |database| {
                let mut aside = 0;
                for (bucket, number) in events.unreadable {
                    // Unless it was refused again meanwhile.
                    let sql = format!(
                        "INSERT INTO aside (n, bucket) SELECT n, ?2 FROM spent_{bucket} WHERE n = ?1"
                    );
                    aside += database.connection.execute(&sql, [number, bucket.cast_signed()])?;
                }
                let mut taken = 0;
                for bucket in events.buckets {
                    let sql =
                        format!("SELECT count(*) FROM spent_{bucket} WHERE n > ?1 AND n <= ?2");
                    let mut statement = database.connection.prepare_cached(&sql)?;
                    let values = [database.cursor.sent, last];
                    taken += statement.query_row(values, |row| row.get::<_, i64>(0))?;
                }
                database.connection.prepare_cached("UPDATE sent SET n = ?1")?.execute([last])?;
                database.cursor.sent = last;
                database.cursor.aside += aside as u64;
                let gone = taken.cast_unsigned().saturating_sub(aside as u64);
                database.waiting.fetch_sub(gone, Ordering::Relaxed);
                log_position.map_or(Ok(0), |at| database.note_log_position(&at))
            })
            .await
    }

    /// Puts a batch of counts behind those that wait.
    ///
    /// # Errors
    ///
    /// The store did not respond.
    pub async fn queue(&self, body: String) -> Result<(), StoreError> {
        self.writer
            .ask(move |database| {
                let now = database.now().0.cast_signed();
                let sql = "INSERT INTO batches (body, queued_at, due) VALUES (?1, ?2, ?2)";
                database.connection.prepare_cached(sql)?.execute(params![body, now]).map(drop)
            })
            .await
    }

    /// The batch that is due, oldest first.
    ///
    /// # Errors
    ///
    /// The store did not respond.
    pub async fn waiting_batch(&self) -> Result<Option<Batch>, StoreError> {
        self.writer
            .ask(move |database| {
                let now = database.now().0;
                let sql = "DELETE FROM batches WHERE queued_at < ?1";
                let oldest = now.saturating_sub(KEPT_MS).cast_signed();
                database.connection.prepare_cached(sql)?.execute([oldest])?;
                let sql =
                    "SELECT number, body FROM batches WHERE due <= ?1 ORDER BY number LIMIT 1";
                let mut statement = database.connection.prepare_cached(sql)?;
                let batch =
                    |row: &rusqlite::Row<'_>| Ok(Batch { number: row.get(0)?, body: row.get(1)? });
                statement.query_row([now.cast_signed()], batch).optional()
            })
            .await
    }

    /// The origin has committed this batch.
    ///
    /// # Errors
    ///
    /// As for events.
    pub async fn batch_taken(&self, batch: &Batch) -> Result<(), StoreError> {
        let number = batch.number;
        self.writer
            .ask(move |database| {
                let sql = "DELETE FROM batches WHERE number = ?1";
                database.connection.prepare_cached(sql)?.execute([number]).map(drop)
            })
            .await
    }

    /// The origin refuses this batch. It waits, each time longer, and lets
    /// those behind it pass: an origin of an earlier release may not know
    /// something in it.
    ///
    /// # Errors
    ///
    /// The store did not respond.
    pub async fn batch_refused(&self, batch: &Batch) -> Result<(), StoreError> {
        let number = batch.number;
        self.writer
            .ask(move |database| {
                let now = database.now().0;
                let sql =
                    "UPDATE batches SET refused = refused + 1 WHERE number = ?1 RETURNING refused";
                let mut statement = database.connection.prepare_cached(sql)?;
                let refused = statement.query_row([number], |row| row.get(0)).optional()?;
                let wait = u64::from(retry_seconds(refused.unwrap_or_default())) * 1_000;
                let sql = "UPDATE batches SET due = ?2 WHERE number = ?1";
                let values = params![number, (now + wait).cast_signed()];
                database.connection.prepare_cached(sql)?.execute(values).map(drop)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::contract::{redeem, row};
    use munjigi_captcha::ports::RedemptionStore as _;
    use munjigi_process::clock::Clock;
    use munjigi_serving::ports::ControlStore as _;

    use super::*;

    #[tokio::test]
    async fn events_beyond_what_is_kept_are_given_up_and_the_oldest_go() {
        let (folder, begin) = (tempfile::tempdir().unwrap(), Clock::system().now());
        let store = Sqlite::open(&folder.path().join("gate.db"), Clock::system()).unwrap();
        let at = store.at(begin);
        for id in 1..=5 {
            store.redeem(&row(id, at), &redeem(1, 1)).await.unwrap();
        }
        // Told again: it is the last one now, and still counts once.
        store.redeem(&row(1, at), &redeem(2, 1)).await.unwrap();
        let give_up = async |days: u64, most| {
            let now = UnixMillis(begin.0 + days * 86_400_000);
            store.writer.ask(move |database| database.sweep_beyond(now, most)).await.unwrap()
        };
        assert_eq!((store.backlog().await, give_up(13, 5).await), (Ok(5), 0));
        assert_eq!((give_up(13, 3).await, store.backlog().await), (2, Ok(3)));
        let events = store.waiting_events().await.unwrap().events;
        let left: Vec<_> = events.iter().map(|event| event.id).collect();
        assert_eq!(left, [4, 5, 1].map(|id| row(id, at).id));
        assert_eq!((give_up(15, 3).await, store.backlog().await), (3, Ok(0)));
        assert_eq!(give_up(15, 3).await, 0);
    }
}
