//! What the origin has not heard of yet: the rows of spent attempts behind a
//! cursor, and once a bucket has ended, the final count of rejections of the
//! rows that have any. When to try is decided in `alarm`.

use munjigi_captcha::UnixMillis;
use munjigi_captcha::redemption::TokenFacts;
use munjigi_protocol::{AttemptId, EventBatch, Redeemed};

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
    Ok(read(db, bucket, Pass::Final)?.map_or(Next::Drop, Next::Send))
}

/// Moves the cursor past a batch that the origin has taken.
pub fn taken(db: &Database, batch: &Batch) -> Result<(), SqlError> {
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
    let mut batch = Batch { events: Vec::new(), bucket, pass, last: 0 };
    let mut bytes = 0;
    for row in db.run(&statement, &[integer(bucket)])? {
        let event = event(&row);
        bytes += event.as_ref().map_or(0, json_bytes);
        if bytes > MAX_BYTES && !batch.events.is_empty() {
            break;
        }
        batch.last = row.integer(0);
        // A row that cannot be read is passed over: it must not hold up those
        // behind it. There is none unless a release changed what it wrote.
        batch.events.extend(event);
    }
    Ok((batch.last > 0).then_some(batch))
}

fn event(row: &Row) -> Option<Redeemed> {
    let id = AttemptId(row.bytes(1)?);
    let facts: TokenFacts = postcard::from_bytes(&row.blob(3)?).ok()?;
    let rejected = u32::try_from(row.integer(4)).unwrap_or(u32::MAX);
    Some(Redeemed { rejected, ..facts.event(id, UnixMillis(row.integer(2))) })
}

/// An upper bound: every name here is ASCII without characters that JSON
/// escapes, except by accident of an operator's hand.
fn json_bytes(event: &Redeemed) -> usize {
    320 + event.sitekey.len() + 2 * (event.hostname.len() + event.action.len())
}
