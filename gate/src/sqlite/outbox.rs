//! What waits in the file for the origin: redeemed rows, each attempt at most
//! once, and batches of counts. When to send is decided in `delivery`.

use munjigi_captcha::ports::{RowAddress, StoreError};
use munjigi_format::Format as _;
use munjigi_keys::UnixMillis;
use munjigi_protocol::RedeemedEvent;
use munjigi_serving::outbound::{KEPT_MS, MAX_EVENT_BYTES, MAX_EVENTS, retry_seconds};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::event::Event;
use super::{Database, Sqlite};

/// Most events that wait, some 250 MB of the file.
const MOST_KEPT: u64 = 1_000_000;

/// Events to be posted together.
#[derive(Debug, Default, PartialEq)]
pub struct Events {
    /// The events, oldest first.
    pub events: Vec<RedeemedEvent>,
    /// How many rows on the way this release cannot read; they stay.
    pub unreadable: u64,
    numbers: Vec<i64>,
}

impl Events {
    /// The number of the last one; those that wait behind it have higher ones.
    pub fn last(&self) -> Option<i64> {
        self.numbers.last().copied()
    }
}

impl Database {
    /// Puts an event behind those that wait, and takes away what waits under the
    /// attempt's id: a new number, so that an event that is being sent is not
    /// taken for this one.
    pub(super) fn post(
        &mut self,
        address: &RowAddress,
        event: &[u8],
        now: UnixMillis,
    ) -> rusqlite::Result<()> {
        let sql = "DELETE FROM outbox WHERE id = ?1";
        let before = self.connection.prepare_cached(sql)?.execute([address.id.0])?;
        let sql = "INSERT INTO outbox (id, event, at) VALUES (?1, ?2, ?3)";
        let values = params![address.id.0, event, now.0.cast_signed()];
        self.connection.prepare_cached(sql)?.execute(values)?;
        self.waiting = (self.waiting + 1).saturating_sub(before as u64);
        Ok(())
    }

    /// Deletes the oldest events beyond what is kept; returns how many.
    pub(super) fn give_up(&mut self, now: UnixMillis) -> rusqlite::Result<u64> {
        self.give_up_beyond(now, MOST_KEPT)
    }

    fn give_up_beyond(&mut self, now: UnixMillis, most: u64) -> rusqlite::Result<u64> {
        let oldest = now.0.saturating_sub(KEPT_MS).cast_signed();
        let excess = self.waiting.saturating_sub(most).cast_signed();
        // Numbers rise with time, so what is over is in front.
        let sql = "SELECT max(
            ifnull((SELECT number FROM outbox WHERE at >= ?1 ORDER BY number LIMIT 1),
                (SELECT ifnull(max(number), 0) + 1 FROM outbox)),
            ifnull((SELECT number FROM outbox ORDER BY number LIMIT 1 OFFSET ?2), 0))";
        let mut statement = self.connection.prepare_cached(sql)?;
        let first: i64 = statement.query_row([oldest, excess], |row| row.get(0))?;
        let sql = "DELETE FROM outbox WHERE number < ?1";
        let lost = self.connection.prepare_cached(sql)?.execute([first])? as u64;
        self.waiting = self.waiting.saturating_sub(lost);
        Ok(lost)
    }
}

/// How many events wait.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM outbox";
    connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

/// A batch of counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The body, as it was queued.
    pub body: String,
    number: i64,
}

impl Sqlite {
    /// The next events behind this number.
    ///
    /// # Errors
    ///
    /// The store did not respond.
    pub async fn waiting_events(&self, after: i64) -> Result<Events, StoreError> {
        self.writer
            .ask(move |database| {
                let sql =
                    "SELECT number, event FROM outbox WHERE number > ?1 ORDER BY number LIMIT ?2";
                let mut statement = database.connection.prepare_cached(sql)?;
                let mut rows =
                    statement.query(params![after, (MAX_EVENTS as u64).cast_signed()])?;
                let (mut events, mut bytes) = (Events::default(), 0);
                while let Some(row) = rows.next()? {
                    let event = Event::from_bytes(row.get_ref(1)?.as_blob()?).map(Event::sent);
                    if let Ok(event) = event {
                        bytes += serde_json::to_string(&event).map_or(0, |text| text.len() + 1);
                        if bytes > MAX_EVENT_BYTES && !events.events.is_empty() {
                            break;
                        }
                        events.events.push(event);
                    } else {
                        events.unreadable += 1;
                    }
                    events.numbers.push(row.get(0)?);
                }
                Ok(events)
            })
            .await
    }

    /// The origin has committed these events. One that was posted again
    /// meanwhile has a new number and stays.
    ///
    /// # Errors
    ///
    /// The store did not respond; they will be sent again, which the origin
    /// notices.
    pub async fn events_taken(&self, events: &Events) -> Result<(), StoreError> {
        let (ids, last) = (events.events.iter().map(|event| event.id.0), events.last());
        let ids: Vec<[u8; 16]> = ids.collect();
        self.writer
            .ask(move |database| {
                let sql = "DELETE FROM outbox WHERE id = ?1 AND number <= ?2";
                let mut statement = database.connection.prepare_cached(sql)?;
                for id in ids {
                    let taken = statement.execute(params![id, last])? as u64;
                    database.waiting = database.waiting.saturating_sub(taken);
                }
                Ok(())
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
        for id in 1..=5 {
            store.redeem(&row(id, begin), &redeem(1, 1)).await.unwrap();
        }
        // Told again: it is the last one now, and still counts once.
        store.redeem(&row(1, begin), &redeem(2, 1)).await.unwrap();
        let give_up = async |days: u64, most| {
            let now = UnixMillis(begin.0 + days * 86_400_000);
            store.writer.ask(move |database| database.give_up_beyond(now, most)).await.unwrap()
        };
        assert_eq!((store.backlog().await, give_up(13, 5).await), (Ok(5), 0));
        assert_eq!((give_up(13, 3).await, store.backlog().await), (2, Ok(3)));
        let events = store.waiting_events(0).await.unwrap().events;
        let left: Vec<_> = events.iter().map(|event| event.id).collect();
        assert_eq!(left, [4, 5, 1].map(|id| row(id, begin).id));
        assert_eq!((give_up(15, 3).await, store.backlog().await), (3, Ok(0)));
        assert_eq!(give_up(15, 3).await, 0);
    }
}
