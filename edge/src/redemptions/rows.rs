//! The rows of attempts, in one table per ten minutes of expiry, so that
//! expired rows are dropped as a whole. One row per attempt: inserting it
//! spends the token, and the same row is sent to the origin (`outbox`). What an
//! operation does to a row is decided in `munjigi_captcha::redemption`.

use std::cell::RefCell;

use munjigi_captcha::redemption::{
    self, AnswerHash, Answered, CallHash, Denial, Owing, Redeem, Redemption, Row, Spent, Stepped,
    TokenHash, bucket,
};
use munjigi_format::Format as _;
use munjigi_keys::UnixMillis;
use munjigi_serving::outbound::KEPT_MS;

use super::sql::{Database, NewRow, SqlError, blob, integer};
use super::wire::RowId;

/// The live buckets in their order, a cache of the table `live`: only a few.
#[derive(Default)]
pub struct Rows {
    buckets: RefCell<Vec<Statements>>,
}

/// Statement texts of one bucket, created once: the runtime finds a prepared
/// statement by its text.
struct Statements {
    bucket: u64,
    spend: String,
}

/// When rows that the origin has not received by then are given up, in
/// milliseconds. As long as the queue keeps counts; an origin that is down for
/// longer is gone.
pub const fn given_up(bucket: u64) -> u64 {
    bucket::end(bucket).saturating_add(KEPT_MS)
}

impl Rows {
    /// Learns the buckets that the database has.
    pub fn load(&self, db: &Database) -> Result<(), SqlError> {
        let found = db.run("SELECT bucket FROM live", &[])?;
        self.buckets.borrow_mut().clear();
        for row in found {
            self.know(row.integer(0));
        }
        Ok(())
    }

    /// The live buckets, the one that ends first at the front.
    pub fn buckets(&self) -> Vec<u64> {
        self.buckets.borrow().iter().map(|known| known.bucket).collect()
    }

    /// Forgets a bucket that was dropped.
    pub fn forget(&self, bucket: u64) {
        self.buckets.borrow_mut().retain(|known| known.bucket != bucket);
    }

    /// Spends an attempt under the number `n`. Nearly every call is the first
    /// for its attempt: one statement inserts the row unless it exists. It is
    /// read only if it exists.
    pub fn redeem(
        &self,
        db: &Database,
        now: UnixMillis,
        denial: Denial,
        id: &RowId,
        redeem: &Redeem,
        n: u64,
    ) -> Result<Redemption, SqlError> {
        let keep_until = UnixMillis(id.keep_until);
        let decide = |row: &Row| redemption::redeem(row, keep_until, now, denial, redeem);
        let (unspent, _) = decide(&Row::default());
        if unspent != Redemption::First {
            return Ok(unspent);
        }
        let bucket = self.open(db, id.keep_until)?;
        let facts = redeem.facts.to_bytes();
        let facts = facts.map_err(|error| SqlError(error.to_string()))?;
        let new = NewRow {
            id: &id.id,
            n,
            call: &redeem.call.0,
            token: &redeem.token.0,
            at: now.0,
            facts: &facts,
        };
        if self.spend(db, bucket, &new)? {
            return Ok(Redemption::First);
        }
        let (answer, change) = decide(&Self::read(db, bucket, &id.id)?);
        match (answer, change) {
            (Redemption::First, _) => {
                // The attempt had to do more than a puzzle, and did it.
                if !db.insert(&Statements::spend_known(bucket), &new)? {
                    return Err(SqlError("a row that was read is not there to spend".into()));
                }
            }
            (_, Some(row)) => {
                let statement = format!("UPDATE attempts_{bucket} SET rejected = ? WHERE id = ?");
                db.run(&statement, &[integer(u64::from(row.rejected)), blob(&id.id)])?;
            }
            (_, None) => {}
        }
        Ok(answer)
    }

    /// Records that a picture was required.
    pub fn step(&self, db: &Database, now: UnixMillis, id: &RowId) -> Result<Stepped, SqlError> {
        self.change(db, id, |row| redemption::step(row, UnixMillis(id.keep_until), now))
    }

    /// Records that more work was required.
    pub fn owe(
        &self,
        db: &Database,
        now: UnixMillis,
        id: &RowId,
        least: u64,
    ) -> Result<Owing, SqlError> {
        self.change(db, id, |row| redemption::owe(row, UnixMillis(id.keep_until), now, least))
    }

    /// Records that an answer is tried.
    pub fn answer(
        &self,
        db: &Database,
        now: UnixMillis,
        id: &RowId,
        answer: &AnswerHash,
    ) -> Result<Answered, SqlError> {
        self.change(db, id, |row| redemption::answer(row, UnixMillis(id.keep_until), now, answer))
    }

    fn change<A: PartialEq>(
        &self,
        db: &Database,
        id: &RowId,
        decide: impl Fn(&Row) -> redemption::Change<A>,
    ) -> Result<A, SqlError> {
        // A refusal without a row must not create a bucket for it: the table of
        // an attempt that is over was dropped.
        let (answer, change) = decide(&Row::default());
        if change.is_none() {
            return Ok(answer);
        }
        let bucket = self.open(db, id.keep_until)?;
        let (answer, change) = decide(&Self::read(db, bucket, &id.id)?);
        if let Some(row) = change {
            let statement = format!(
                "INSERT INTO attempts_{bucket} (id, stepped, owed, answer) VALUES (?, ?, ?, ?) \
                 ON CONFLICT DO UPDATE SET stepped = excluded.stepped, owed = excluded.owed, \
                 answer = excluded.answer"
            );
            let answer =
                row.answer.map_or(worker::wasm_bindgen::JsValue::NULL, |hash| blob(&hash.0));
            let (stepped, owed) = (integer(u64::from(row.stepped)), integer(row.owed));
            db.run(&statement, &[blob(&id.id), stepped, owed, answer])?;
        }
        Ok(answer)
    }

    fn spend(&self, db: &Database, bucket: u64, row: &NewRow<'_>) -> Result<bool, SqlError> {
        let buckets = self.buckets.borrow();
        match buckets.iter().find(|known| known.bucket == bucket) {
            Some(statements) => db.insert(&statements.spend, row),
            None => Err(SqlError("the bucket was dropped".into())),
        }
    }

    /// Reads an attempt's row from the table.
    fn read(db: &Database, bucket: u64, id: &[u8; 16]) -> Result<Row, SqlError> {
        let statement = format!(
            "SELECT stepped, owed, answer, call, token, rejected FROM attempts_{bucket} WHERE id = ?"
        );
        let found = db.run(&statement, &[blob(id)])?;
        let Some(row) = found.first() else { return Ok(Row::default()) };
        let spent = match (row.bytes(3), row.bytes(4)) {
            (Some(call), Some(token)) => {
                Some(Spent { call: CallHash(call), token: TokenHash(token) })
            }
            (None, None) => None,
            _ => return Err(SqlError("a row with a call or a token alone".into())),
        };
        Ok(Row {
            stepped: row.integer(0) == 1,
            owed: row.integer(1),
            answer: row.bytes(2).map(AnswerHash),
            spent,
            rejected: u32::try_from(row.integer(5)).unwrap_or(u32::MAX),
        })
    }

    /// The bucket for an expiry, created if necessary.
    fn open(&self, db: &Database, keep_until: u64) -> Result<u64, SqlError> {
        let bucket = bucket::of(keep_until);
        if self.buckets.borrow().iter().any(|known| known.bucket == bucket) {
            return Ok(bucket);
        }
        super::schema::create_bucket(db, bucket)?;
        self.know(bucket);
        Ok(bucket)
    }

    fn know(&self, bucket: u64) {
        let mut buckets = self.buckets.borrow_mut();
        let place = buckets.partition_point(|known| known.bucket < bucket);
        buckets.insert(place, Statements::new(bucket));
    }
}

impl Statements {
    fn new(bucket: u64) -> Self {
        let spend = format!(
            "INSERT INTO attempts_{bucket} (id, n, call, token, at, facts) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING RETURNING 1"
        );
        Self { bucket, spend }
    }

    fn spend_known(bucket: u64) -> String {
        format!(
            "UPDATE attempts_{bucket} SET n = ?2, call = ?3, token = ?4, at = ?5, facts = ?6 \
             WHERE id = ?1 RETURNING 1"
        )
    }
}
