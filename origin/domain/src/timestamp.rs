//! Converts times for Postgres.

use munjigi_keys::UnixMillis;
use time::{Duration, OffsetDateTime};

/// The latest time that both Rust's and Postgres' calendars support: the last
/// millisecond of the year 9999.
const LAST_MILLIS: u64 = 253_402_300_799_999;

/// For a query. Times after the year 9999 become its end.
pub fn to_timestamp(at: UnixMillis) -> OffsetDateTime {
    let millis = i64::try_from(at.0.min(LAST_MILLIS)).unwrap_or_default();
    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(millis)
}

/// From a row. Times before 1970 become 1970.
pub fn from_timestamp(at: OffsetDateTime) -> UnixMillis {
    UnixMillis(u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default())
}
