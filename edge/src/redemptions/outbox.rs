//! What the origin does not know yet: spent attempts after a cursor, in the
//! order of their spending, and once a bucket has ended, the final count of
//! rejections of the rows that have any. When to try is decided in `alarm`.
//!
//! The order is kept in the rows and in memory. An index would be billed as a
//! second row per pass. Memory holds the ids of what waits; it is a cache, and
//! an object that starts reads its live buckets once.
//!
//! A row that this release cannot read does not hold up those behind it. It is
//! set aside: its bucket is not dropped, and each start of the object checks
//! whether the row can be read now.

mod batch;

use std::cell::RefCell;
use std::collections::VecDeque;

use munjigi_captcha::redemption::{TokenFacts, bucket};
use munjigi_format::Format as _;
use munjigi_keys::UnixMillis;
use munjigi_serving::outbound::MAX_EVENTS;

use super::sql::{Database, Row, SqlError, blob, integer};

pub use batch::Batch;

/// Ids kept in memory; what waits beyond them is read when they are sent. 256
/// KB if the origin is down for long.
const MOST_KNOWN: usize = 8_192;

/// The next step of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Send this batch.
    Send(Batch),
    /// This bucket has ended and everything in it was sent: drop it.
    Drop(u64),
    /// Nothing for now.
    Nothing,
}

/// What waits, oldest first.
#[derive(Default)]
pub struct Outbox(RefCell<Known>);

#[derive(Default)]
struct Known {
    /// The number of the last row that the origin has.
    sent: u64,
    /// The highest number assigned so far.
    last: u64,
    waiting: VecDeque<Waiting>,
    /// Whether rows wait that are not in `waiting`.
    more: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    n: u64,
    bucket: u64,
    id: [u8; 16],
}

impl Outbox {
    /// Learns what waits in the live buckets.
    pub fn load(&self, db: &Database, buckets: &[u64]) -> Result<(), SqlError> {
        let found = db.run("SELECT n FROM sent", &[])?;
        let sent = found.first().map_or(0, |row| row.integer(0));
        let mut waiting: Vec<Waiting> = Vec::new();
        let mut last = sent;
        for bucket in buckets {
            // One more than is kept, to know whether there are more.
            let statement = format!(
                "SELECT n, id FROM attempts_{bucket} WHERE n > ? ORDER BY n LIMIT {}",
                MOST_KNOWN + 1
            );
            for row in db.run(&statement, &[integer(sent)])? {
                let id =
                    row.bytes(1).ok_or_else(|| SqlError("an id that is not 16 bytes".into()))?;
                let row = Waiting { n: row.integer(0), bucket: *bucket, id };
                // Rows are spent from two buckets at a time, so this is nearly
                // a push; sorting is code that nothing else at the edge needs.
                let place = waiting.partition_point(|other| other.n < row.n);
                waiting.insert(place, row);
            }
            // Memory is bounded however many buckets wait.
            waiting.truncate(MOST_KNOWN + 1);
            let found = db.run(&format!("SELECT MAX(n) FROM attempts_{bucket}"), &[])?;
            last = last.max(found.first().map_or(0, |row| row.integer(0)));
        }
        let more = waiting.len() > MOST_KNOWN;
        waiting.truncate(MOST_KNOWN);
        self.0.replace(Known { sent, last, waiting: waiting.into(), more });
        Ok(())
    }

    /// The number of the row that was spent last; the next one gets the
    /// following number.
    pub fn last_number(&self) -> u64 {
        self.0.borrow().last
    }

    /// Records that a row was spent under the next number.
    pub fn spent(&self, bucket: u64, id: [u8; 16]) {
        let mut known = self.0.borrow_mut();
        known.last += 1;
        let n = known.last;
        known.more |= known.waiting.len() >= MOST_KNOWN;
        if !known.more {
            known.waiting.push_back(Waiting { n, bucket, id });
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        let known = self.0.borrow();
        known.waiting.is_empty() && !known.more
    }

    /// How many rows wait.
    pub fn backlog(&self, db: &Database, buckets: &[u64]) -> Result<u64, SqlError> {
        let (more, sent, waiting) = {
            let known = self.0.borrow();
            (known.more, known.sent, known.waiting.len() as u64)
        };
        if !more {
            return Ok(waiting);
        }
        buckets.iter().map(|bucket| unsent(db, *bucket, sent)).sum()
    }

    /// The next step. Buckets that have ended go first: little of them is left
    /// to send.
    pub fn next(&self, db: &Database, buckets: &[u64], now: UnixMillis) -> Result<Next, SqlError> {
        for bucket in self.over(buckets, now) {
            match last_counts(db, bucket)? {
                Some(batch) => return Ok(Next::Send(batch)),
                None if has_aside(db, bucket)? => {}
                None => return Ok(Next::Drop(bucket)),
            }
        }
        if self.0.borrow().waiting.is_empty() && self.0.borrow().more {
            self.load(db, buckets)?;
        }
        Ok(self.unsent_batch(db)?.map_or(Next::Nothing, Next::Send))
    }

    /// The same without an origin: rows wait until there is one.
    pub fn next_without_origin(
        &self,
        db: &Database,
        buckets: &[u64],
        now: UnixMillis,
    ) -> Result<Next, SqlError> {
        for bucket in self.over(buckets, now) {
            if !has_aside(db, bucket)? {
                return Ok(Next::Drop(bucket));
            }
        }
        Ok(Next::Nothing)
    }

    /// Moves the cursor past a batch that the origin has accepted.
    pub fn taken(&self, db: &Database, batch: &Batch) -> Result<(), SqlError> {
        for (bucket, first) in &batch.aside {
            let statement = "INSERT OR IGNORE INTO aside VALUES (?, ?)";
            db.run(statement, &[integer(*bucket), integer(*first)])?;
        }
        match &batch.last {
            batch::Last::Number(n) => {
                db.run("UPDATE sent SET n = ?", &[integer(*n)])?;
                let mut known = self.0.borrow_mut();
                known.sent = *n;
                while known.waiting.front().is_some_and(|row| row.n <= *n) {
                    known.waiting.pop_front();
                }
            }
            batch::Last::Id(bucket, id) => {
                let statement = "UPDATE live SET resent = ? WHERE bucket = ?";
                db.run(statement, &[blob(id), integer(*bucket)])?;
            }
            batch::Last::Nothing => {}
        }
        Ok(())
    }

    /// Forgets a bucket that is given up; returns how many of its rows were
    /// never sent.
    pub fn give_up(&self, db: &Database, bucket: u64) -> Result<u64, SqlError> {
        let mut known = self.0.borrow_mut();
        let lost = unsent(db, bucket, known.sent)?;
        known.waiting.retain(|row| row.bucket != bucket);
        Ok(lost)
    }

    /// Buckets that have ended and of which everything was sent once.
    fn over(&self, buckets: &[u64], now: UnixMillis) -> Vec<u64> {
        let known = self.0.borrow();
        let all_sent =
            |bucket: u64| !known.more && known.waiting.iter().all(|row| row.bucket != bucket);
        let over = |bucket: &u64| now.0 >= bucket::end(*bucket) && all_sent(*bucket);
        buckets.iter().copied().filter(over).collect()
    }

    /// As many of the waiting rows as fit into one batch.
    fn unsent_batch(&self, db: &Database) -> Result<Option<Batch>, SqlError> {
        let known = self.0.borrow();
        let first: Vec<Waiting> = known.waiting.iter().take(MAX_EVENTS).copied().collect();
        let mut rows: Vec<_> =
            read(db, &first)?.into_iter().map(|row| (row.bytes(0), row)).collect();
        let rows = first.iter().map(|waiting| {
            let found = rows.iter().position(|(id, _)| *id == Some(waiting.id));
            let row = found.map(|place| rows.swap_remove(place).1);
            (*waiting, row.as_ref().and_then(batch::event))
        });
        Ok(Batch::unsent(rows))
    }
}

/// Ids that one statement names; the platform binds at most 100.
const IDS: usize = 50;

/// Rows by their ids, in no particular order.
fn read(db: &Database, waiting: &[Waiting]) -> Result<Vec<Row>, SqlError> {
    let mut buckets: Vec<u64> = Vec::new();
    for Waiting { bucket, .. } in waiting {
        if !buckets.contains(bucket) {
            buckets.push(*bucket);
        }
    }
    let mut rows = Vec::with_capacity(waiting.len());
    for bucket in buckets {
        let ids: Vec<_> =
            waiting.iter().filter(|row| row.bucket == bucket).map(|row| blob(&row.id)).collect();
        for ids in ids.chunks(IDS) {
            let places = vec!["?"; ids.len()].join(", ");
            let statement = format!(
                "SELECT id, at, facts, rejected FROM attempts_{bucket} WHERE id IN ({places})"
            );
            rows.extend(db.run(&statement, ids)?);
        }
    }
    Ok(rows)
}

/// Rows with rejections, of a bucket that was sent, once more.
fn last_counts(db: &Database, bucket: u64) -> Result<Option<Batch>, SqlError> {
    let statement = format!(
        "SELECT id, at, facts, rejected FROM attempts_{bucket} \
         WHERE id > (SELECT resent FROM live WHERE bucket = ?) AND rejected > 0 \
         ORDER BY id LIMIT {MAX_EVENTS}"
    );
    let rows = db.run(&statement, &[integer(bucket)])?;
    Ok(Batch::last_counts(bucket, rows.iter().map(|row| (row.bytes(0), batch::event(row)))))
}

/// How many rows of a bucket were never sent.
fn unsent(db: &Database, bucket: u64, sent: u64) -> Result<u64, SqlError> {
    let statement = format!("SELECT COUNT(*) FROM attempts_{bucket} WHERE n > ?");
    Ok(db.run(&statement, &[integer(sent)])?.first().map_or(0, |row| row.integer(0)))
}

/// Whether a bucket has rows that were set aside.
fn has_aside(db: &Database, bucket: u64) -> Result<bool, SqlError> {
    Ok(!db.run("SELECT 1 FROM aside WHERE bucket = ?", &[integer(bucket)])?.is_empty())
}

/// Moves the cursor before all rows of the live buckets. `load` learns what waits
/// then.
pub fn recall(db: &Database) -> Result<(), SqlError> {
    db.run("UPDATE sent SET n = 0", &[])?;
    db.run("UPDATE live SET resent = x''", &[])?;
    // Those that were set aside are met again on the way.
    db.run("DELETE FROM aside", &[])?;
    Ok(())
}

/// Moves the cursor back to rows that were set aside and can be read now. The
/// origin recognises those in between that it has.
pub fn take_up(db: &Database) -> Result<(), SqlError> {
    for row in db.run("SELECT bucket, n FROM aside", &[])? {
        let (bucket, n) = (row.integer(0), row.integer(1));
        let statement = format!("SELECT facts FROM attempts_{bucket} WHERE n = ?");
        let found = db.run(&statement, &[integer(n)])?;
        let facts = found.first().and_then(|row| row.blob(0));
        if facts.is_none_or(|facts| TokenFacts::from_bytes(&facts).is_ok()) {
            let before = integer(n.saturating_sub(1));
            db.run("UPDATE sent SET n = MIN(n, ?)", &[before])?;
            db.run("DELETE FROM aside WHERE bucket = ?", &[integer(bucket)])?;
        }
    }
    Ok(())
}
