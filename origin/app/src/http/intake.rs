//! What both intakes share: the bounds of a record's fields and of its time.

use munjigi_keys::UnixMillis;
use munjigi_protocol::Code;
use munjigi_store::housekeeping::{DAYS_AHEAD, first_kept_day};

use crate::Refused;

const MILLIS_PER_DAY: u64 = 86_400_000;

/// Checks the fields of one record; names the first that is out of bounds.
#[derive(Debug)]
pub struct FieldRules {
    list: &'static str,
    index: usize,
}

impl FieldRules {
    /// For the record at `index` of `list`.
    pub const fn of(list: &'static str, index: usize) -> Self {
        Self { list, index }
    }

    /// At most this many characters, without NUL, which Postgres cannot store.
    pub fn text(&self, name: &str, text: &str, most: usize) -> Result<(), Refused> {
        let fits = text.len() <= most && !text.contains('\0');
        self.check(fits, name, &format!("is not text of at most {most} bytes"))
    }

    /// Not empty, and within the bounds of `text`.
    pub fn sitekey(&self, text: &str) -> Result<(), Refused> {
        self.check(!text.is_empty(), "sitekey", "is empty")?;
        self.text("sitekey", text, 64)
    }

    /// Empty or two letters.
    pub fn country(&self, text: &str) -> Result<(), Refused> {
        self.check(matches!(text.len(), 0 | 2), "country", "is neither two letters nor empty")?;
        self.text("country", text, 2)
    }

    /// Any other condition.
    pub fn check(&self, holds: bool, name: &str, form: &str) -> Result<(), Refused> {
        if holds {
            return Ok(());
        }
        let Self { list, index } = self;
        Err(Refused::new(Code::MalformedRequest, format!("{list}[{index}].{name} {form}")))
    }
}

/// The accepted time of records: from the start of retention to the last day
/// that has a partition.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    first: u64,
    last: u64,
}

impl Window {
    pub fn around(now: UnixMillis, kept_days: u16) -> Self {
        let first_day = first_kept_day(now, kept_days);
        let first = first_day.midnight().assume_utc().unix_timestamp();
        Self {
            first: u64::try_from(first).unwrap_or_default() * 1_000,
            last: now.0 + DAYS_AHEAD.unsigned_abs() * MILLIS_PER_DAY,
        }
    }

    /// Whether a record of this time is stored. Retention would delete an older
    /// one at once, and a later one comes from a wrong clock. Such a record is
    /// acknowledged, counted and skipped, because no retry would help.
    pub const fn holds(&self, at_millis: u64) -> bool {
        self.first <= at_millis && at_millis <= self.last
    }
}

/// Counts skipped records.
pub fn count_left_out(kind: &'static str, number: usize) {
    if number > 0 {
        tracing::warn!(
            kind,
            number,
            "records that are past retention or in the future are skipped"
        );
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        metrics::counter!("munjigi_intake_left_out_total", "kind" => kind).increment(number);
    }
}

/// The refusal of a nonce that was used before.
pub fn replayed() -> Refused {
    Refused::new(Code::Replayed, "the signature's nonce was already used")
}
