//! What waits in the file for the origin: redeemed rows, each attempt at most
//! once, and batches of counts. When to send is decided in `delivery`.

use munjigi_captcha::ports::StoreError;
use munjigi_protocol::RedeemedEvent;
use rusqlite::{OptionalExtension as _, params};

use super::Sqlite;

/// Most events that are sent together.
const MOST_EVENTS: u32 = 500;
/// Most bytes of them as JSON: the origin accepts 256 KiB.
const MOST_BYTES: usize = 96_000;
/// How long a batch of counts waits before it is given up.
const COUNTS_KEPT_MS: u64 = 14 * 86_400_000;
/// First delay of a batch that the origin refuses, and the longest.
const REFUSED_MS: [u64; 2] = [10_000, 3_600_000];

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
            .ask(move |desk| {
                let sql =
                    "SELECT number, event FROM outbox WHERE number > ?1 ORDER BY number LIMIT ?2";
                let mut statement = desk.connection.prepare_cached(sql)?;
                let mut rows = statement.query(params![after, MOST_EVENTS])?;
                let (mut events, mut bytes) = (Events::default(), 0);
                while let Some(row) = rows.next()? {
                    let event = postcard::from_bytes::<RedeemedEvent>(row.get_ref(1)?.as_blob()?);
                    if let Ok(event) = event {
                        bytes += serde_json::to_string(&event).map_or(0, |text| text.len() + 1);
                        if bytes > MOST_BYTES && !events.events.is_empty() {
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
            .ask(move |desk| {
                let sql = "DELETE FROM outbox WHERE id = ?1 AND number <= ?2";
                let mut statement = desk.connection.prepare_cached(sql)?;
                for id in ids {
                    statement.execute(params![id, last])?;
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
        let now = self.clock.now().0.cast_signed();
        self.writer
            .ask(move |desk| {
                let sql = "INSERT INTO batches (body, queued_at, due) VALUES (?1, ?2, ?2)";
                desk.connection.prepare_cached(sql)?.execute(params![body, now]).map(drop)
            })
            .await
    }

    /// The batch that is due, oldest first.
    ///
    /// # Errors
    ///
    /// The store did not respond.
    pub async fn waiting_batch(&self) -> Result<Option<Batch>, StoreError> {
        let now = self.clock.now().0;
        self.writer
            .ask(move |desk| {
                let sql = "DELETE FROM batches WHERE queued_at < ?1";
                let oldest = now.saturating_sub(COUNTS_KEPT_MS).cast_signed();
                desk.connection.prepare_cached(sql)?.execute([oldest])?;
                let sql =
                    "SELECT number, body FROM batches WHERE due <= ?1 ORDER BY number LIMIT 1";
                let mut statement = desk.connection.prepare_cached(sql)?;
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
            .ask(move |desk| {
                let sql = "DELETE FROM batches WHERE number = ?1";
                desk.connection.prepare_cached(sql)?.execute([number]).map(drop)
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
        let (number, now) = (batch.number, self.clock.now().0.cast_signed());
        let [first, longest] = REFUSED_MS;
        self.writer
            .ask(move |desk| {
                let sql = "UPDATE batches SET refused = refused + 1,
                    due = ?2 + min(?3 << min(refused, 16), ?4) WHERE number = ?1";
                let values = params![number, now, first.cast_signed(), longest.cast_signed()];
                desk.connection.prepare_cached(sql)?.execute(values).map(drop)
            })
            .await
    }
}
