//! Buckets that have ended and that the origin has taken are kept for a day,
//! beside the live ones, in case it loses them. What its word about its store
//! means is decided in `munjigi_serving::recall`.

use std::cell::RefCell;

use munjigi_captcha::redemption::bucket;
use munjigi_keys::UnixMillis;
use munjigi_serving::recall::{LogPosition, Recall, TAKEN_KEPT_MS, compare};

use super::schema;
use super::sql::{Database, Row, SqlError, integer, text};

/// An object that keeps something and has nothing to send asks the origin for
/// its place this often.
const ASK_MS: u64 = 3_600_000;
/// A place that only rose is written this often: a row each time.
const WRITE_MS: u64 = 600_000;
/// An object whose database is larger keeps less: a tenth of what the platform
/// gives it.
const MOST_BYTES: usize = 1 << 30;

/// What is kept, a cache of two tables.
#[derive(Default)]
pub struct Kept(RefCell<Known>);

#[derive(Default)]
struct Known {
    /// In their order.
    buckets: Vec<u64>,
    place: Option<LogPosition>,
    /// When the origin answered last.
    told_at: u64,
    recalled_at: u64,
    written_at: u64,
}

impl Kept {
    /// Reads the tables.
    pub fn load(&self, db: &Database) -> Result<(), SqlError> {
        let buckets = db.run("SELECT bucket FROM kept ORDER BY bucket", &[])?;
        let buckets = buckets.iter().map(|row| row.integer(0)).collect();
        let sent = db.run("SELECT place, told_at, recalled_at FROM sent", &[])?;
        let known = |row: &Row| Known {
            place: LogPosition::parse(&row.text(0)),
            told_at: row.integer(1),
            recalled_at: row.integer(2),
            ..Known::default()
        };
        let known = sent.first().map(known).unwrap_or_default();
        self.0.replace(Known { buckets, written_at: known.told_at, ..known });
        Ok(())
    }

    /// Keeps a bucket that has ended, if it is not too old; `size` is the
    /// database's. Otherwise it is dropped.
    pub fn keep(
        &self,
        db: &Database,
        bucket: u64,
        size: usize,
        now: UnixMillis,
    ) -> Result<(), SqlError> {
        if size > MOST_BYTES {
            let oldest = self.0.borrow().buckets.first().copied();
            self.forget(db, oldest.into_iter())?;
        }
        if is_old(bucket, now) {
            return schema::drop_bucket(db, bucket);
        }
        schema::keep_bucket(db, bucket)?;
        let buckets = &mut self.0.borrow_mut().buckets;
        let place = buckets.partition_point(|kept| *kept < bucket);
        if buckets.get(place) != Some(&bucket) {
            buckets.insert(place, bucket);
        }
        Ok(())
    }

    /// Drops what is too old.
    pub fn sweep(&self, db: &Database, now: UnixMillis) -> Result<(), SqlError> {
        let kept = self.0.borrow().buckets.clone();
        self.forget(db, kept.into_iter().filter(|bucket| is_old(*bucket, now)))
    }

    /// Drops everything: without an origin there is nothing to recall.
    pub fn clear(&self, db: &Database) -> Result<(), SqlError> {
        let all = self.0.borrow().buckets.clone();
        self.forget(db, all.into_iter())
    }

    fn forget(&self, db: &Database, buckets: impl Iterator<Item = u64>) -> Result<(), SqlError> {
        for bucket in buckets {
            schema::drop_bucket(db, bucket)?;
            self.0.borrow_mut().buckets.retain(|kept| *kept != bucket);
        }
        Ok(())
    }

    /// When to ask the origin next; `None`: nothing is kept.
    pub fn due(&self) -> Option<u64> {
        let known = self.0.borrow();
        (!known.buckets.is_empty()).then_some(known.told_at.saturating_add(ASK_MS))
    }

    /// The origin has answered. Returns whether everything that is still here is
    /// to be sent again.
    pub fn told(
        &self,
        db: &Database,
        place: Option<LogPosition>,
        now: UnixMillis,
    ) -> Result<bool, SqlError> {
        let mut known = self.0.borrow_mut();
        known.told_at = now.0;
        let recalled_at = UnixMillis(known.recalled_at);
        let recall =
            place.as_ref().map(|place| compare(known.place.as_ref(), recalled_at, place, now));
        let is_recall = recall == Some(Recall::Replay);
        if is_recall {
            known.recalled_at = now.0;
        }
        let is_first = known.place.is_none() && place.is_some();
        if matches!(recall, Some(Recall::Record | Recall::Replay)) {
            known.place = place;
        }
        if is_recall || is_first || now.0 >= known.written_at.saturating_add(WRITE_MS) {
            known.written_at = now.0;
            let place = known.place.as_ref().map(LogPosition::to_string).unwrap_or_default();
            let values = [text(&place), integer(known.told_at), integer(known.recalled_at)];
            db.run("UPDATE sent SET place = ?, told_at = ?, recalled_at = ?", &values)?;
        }
        Ok(is_recall)
    }

    /// Makes what is kept live again.
    pub fn give_back(&self, db: &Database) -> Result<(), SqlError> {
        db.run("INSERT OR IGNORE INTO live SELECT bucket, x'' FROM kept", &[])?;
        db.run("DELETE FROM kept", &[])?;
        self.0.borrow_mut().buckets.clear();
        Ok(())
    }
}

fn is_old(bucket: u64, now: UnixMillis) -> bool {
    bucket::end(bucket).saturating_add(TAKEN_KEPT_MS) <= now.0
}
