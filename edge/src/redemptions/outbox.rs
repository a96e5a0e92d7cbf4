//! What the origin has not heard of yet: the rows of spent attempts behind a
//! cursor, and once a bucket has ended, the final count of rejections of the
//! rows that have any. When to try is decided in `alarm`.
//!
//! A row that this release cannot read does not hold up those behind it. It is
//! set aside: its bucket is not dropped, and each start of the object looks
//! whether the row can be read now.

use munjigi_captcha::UnixMillis;
use munjigi_protocol::{AttemptId, EventBatch, Redeemed};

use super::facts;
use super::rows::bucket_end;
use super::sql::{Database, Row, SqlError, integer};

/// Most events of one batch.
const MAX_EVENTS: usize = 500;
/// Most bytes of one batch: the origin takes 256 KiB, the plan says 96 KB.
const MAX_BYTES: usize = 96_000;

/// Which cursor a batch moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Rows that were never sent.
    First,
    /// Rows of an ended bucket with rejections, once more.
    Final,
}

/// Rows to send and what to do once they were taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// For the origin.
    pub events: Vec<Redeemed>,
    /// How many rows were never sent and cannot be read.
    pub unreadable: u64,
    aside: Option<u64>,
    bucket: u64,
    pass: Pass,
    last: u64,
}

/// What is next for a bucket.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Send this.
    Send(Batch),
    /// Everything was sent and the bucket has ended: drop it.
    Drop,
    /// Nothing for now.
    Nothing,
}

/// Whether a bucket has rows that were never sent.
pub fn waiting(db: &Database, bucket: u64) -> Result<bool, SqlError> {
    let statement = format!(
        "SELECT 1 FROM r{bucket} WHERE n > (SELECT sent FROM buckets WHERE bucket = ?) LIMIT 1"
    );
    Ok(!db.run(&statement, &[integer(bucket)])?.is_empty())
}

/// How many rows were never sent.
pub fn backlog(db: &Database, bucket: u64) -> Result<u64, SqlError> {
    let statement = format!(
        "SELECT COALESCE(MAX(n), 0) - (SELECT sent FROM buckets WHERE bucket = ?) FROM r{bucket}"
    );
    Ok(db.run(&statement, &[integer(bucket)])?.first().map_or(0, |row| row.integer(0)))
}

/// What is next for a bucket.
pub fn next(db: &Database, bucket: u64, now: UnixMillis) -> Result<Next, SqlError> {
    if let Some(batch) = read(db, bucket, Pass::First)? {
        return Ok(Next::Send(batch));
    }
    if now.0 < bucket_end(bucket) {
        return Ok(Next::Nothing);
    }
    match read(db, bucket, Pass::Final)? {
        Some(batch) => Ok(Next::Send(batch)),
        None if aside(db, bucket)? => Ok(Next::Nothing),
        None => Ok(Next::Drop),
    }
}

/// The same where there is no origin: rows wait until there is one.
pub fn next_without_origin(db: &Database, bucket: u64, now: UnixMillis) -> Result<Next, SqlError> {
    let over = now.0 >= bucket_end(bucket) && !waiting(db, bucket)? && !aside(db, bucket)?;
    Ok(if over { Next::Drop } else { Next::Nothing })
}

/// Whether a bucket has rows that were set aside.
fn aside(db: &Database, bucket: u64) -> Result<bool, SqlError> {
    Ok(!db.run("SELECT 1 FROM aside WHERE bucket = ?", &[integer(bucket)])?.is_empty())
}

/// Puts the cursor back to rows that were set aside and can be read now. The
/// origin knows those between that it has.
pub fn take_up(db: &Database) -> Result<(), SqlError> {
    for row in db.run("SELECT bucket, n FROM aside", &[])? {
        let (bucket, n) = (row.integer(0), row.integer(1));
        let statement = format!("SELECT facts FROM r{bucket} WHERE n = ?");
        let found = db.run(&statement, &[integer(n)])?;
        let facts = found.first().and_then(|row| row.blob(0));
        if facts.is_none_or(|facts| facts::decode(&facts).is_some()) {
            let before = integer(n.saturating_sub(1));
            let statement = "UPDATE buckets SET sent = ? WHERE bucket = ?";
            db.run(statement, &[before, integer(bucket)])?;
            db.run("DELETE FROM aside WHERE bucket = ?", &[integer(bucket)])?;
        }
    }
    Ok(())
}

/// Moves the cursor past a batch that the origin has taken.
pub fn taken(db: &Database, batch: &Batch) -> Result<(), SqlError> {
    if let Some(first) = batch.aside {
        let statement = "INSERT OR IGNORE INTO aside VALUES (?, ?)";
        db.run(statement, &[integer(batch.bucket), integer(first)])?;
    }
    let cursor = batch.pass.cursor();
    let statement = format!("UPDATE buckets SET {cursor} = ? WHERE bucket = ?");
    db.run(&statement, &[integer(batch.last), integer(batch.bucket)])?;
    Ok(())
}

impl Batch {
    /// The body for the origin.
    pub fn json(&self, shard: &str) -> Option<String> {
        let batch = EventBatch { shard: shard.to_owned(), events: self.events.clone() };
        serde_json::to_string(&batch).ok()
    }
}

impl Pass {
    const fn cursor(self) -> &'static str {
        match self {
            Self::First => "sent",
            Self::Final => "resent",
        }
    }

    const fn condition(self) -> &'static str {
        match self {
            Self::First => "",
            Self::Final => "AND rejected > 0",
        }
    }
}

fn read(db: &Database, bucket: u64, pass: Pass) -> Result<Option<Batch>, SqlError> {
    let (cursor, condition) = (pass.cursor(), pass.condition());
    let statement = format!(
        "SELECT n, id, at, facts, rejected FROM r{bucket} \
         WHERE n > (SELECT {cursor} FROM buckets WHERE bucket = ?) {condition} \
         ORDER BY n LIMIT {MAX_EVENTS}"
    );
    let rows = db.run(&statement, &[integer(bucket)])?;
    Ok(gather(bucket, pass, rows.iter().map(|row| (row.integer(0), event(row)))))
}

/// As many rows as one batch takes, in their order; none where there is none.
fn gather(
    bucket: u64,
    pass: Pass,
    rows: impl Iterator<Item = (u64, Option<Redeemed>)>,
) -> Option<Batch> {
    let events = Vec::new();
    let mut batch = Batch { events, unreadable: 0, aside: None, bucket, pass, last: 0 };
    let mut bytes = 0;
    for (n, event) in rows {
        bytes += event.as_ref().map_or(0, json_bytes);
        if bytes > MAX_BYTES && !batch.events.is_empty() {
            break;
        }
        batch.last = n;
        if event.is_none() && pass == Pass::First {
            batch.unreadable += 1;
            batch.aside.get_or_insert(n);
        }
        batch.events.extend(event);
    }
    (batch.last > 0).then_some(batch)
}

fn event(row: &Row) -> Option<Redeemed> {
    let id = AttemptId(row.bytes(1)?);
    let facts = facts::decode(&row.blob(3)?)?;
    let rejected = u32::try_from(row.integer(4)).unwrap_or(u32::MAX);
    Some(Redeemed { rejected, ..facts.event(id, UnixMillis(row.integer(2))) })
}

/// An upper bound: every name here is ASCII without characters that JSON
/// escapes, except by accident of an operator's hand.
fn json_bytes(event: &Redeemed) -> usize {
    320 + event.sitekey.len() + 2 * (event.hostname.len() + event.action.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(hostname: &str) -> Redeemed {
        let facts = facts::tests::facts();
        Redeemed { hostname: hostname.into(), ..facts.event(AttemptId([1; 16]), UnixMillis(2)) }
    }

    #[test]
    fn a_row_that_cannot_be_read_is_set_aside_and_holds_nothing_up() {
        let rows = [(7, None), (8, Some(event("a"))), (9, None), (10, Some(event("b")))];
        let batch = gather(1, Pass::First, rows.clone().into_iter()).unwrap();
        assert_eq!((batch.events.len(), batch.last), (2, 10));
        assert_eq!((batch.unreadable, batch.aside), (2, Some(7)));
        // What was set aside is told of once.
        let again = gather(1, Pass::Final, rows.into_iter()).unwrap();
        assert_eq!((again.unreadable, again.aside), (0, None));
        let alone = gather(1, Pass::First, [(7, None)].into_iter()).unwrap();
        assert_eq!((alone.events.len(), alone.last), (0, 7));
        assert_eq!(gather(1, Pass::First, [].into_iter()), None);
    }

    #[test]
    fn a_batch_keeps_to_its_size_and_goes_on_where_it_ended() {
        let long = "a".repeat(10_000);
        let rows = (1..20).map(|n| (n, Some(event(&long))));
        let batch = gather(1, Pass::First, rows).unwrap();
        assert_eq!(batch.events.len() as u64, batch.last);
        assert!((2..19).contains(&batch.last));
    }
}
