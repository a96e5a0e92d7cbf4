//! Formats numbers and times for people.

use munjigi_domain::statistics::{Period, Share, change};
use munjigi_keys::UnixMillis;
use time::OffsetDateTime;

/// `640 ms`, `12.8 s`.
pub fn milliseconds(time: Option<u32>) -> String {
    match time {
        None => "–".to_owned(),
        Some(time @ 0..1_000) => format!("{time} ms"),
        Some(60_000..) => "over a minute".to_owned(),
        Some(time) => format!("{}.{} s", time / 1_000, time % 1_000 / 100),
    }
}

/// A share, or a note that there is none yet.
pub fn share(share: Option<Share>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| share.to_string())
}

/// Compares with the previous period.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
pub fn against(now: &u64, before: &u64) -> String {
    change(*now, *before)
}

/// `3 minutes ago`.
pub fn ago(at: UnixMillis, now: UnixMillis) -> String {
    let seconds = now.0.saturating_sub(at.0) / 1_000;
    let (number, unit) = match seconds {
        0..60 => return "less than a minute ago".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}

/// The start of a step of a series.
pub fn step(at: OffsetDateTime, period: Period) -> String {
    match period {
        Period::Day => format!("{:02}:00", at.hour()),
        Period::Week => format!("{} {:02}:00", at.date(), at.hour()),
        Period::Month => at.date().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        for (time, text) in [
            (None, "–"),
            (Some(640), "640 ms"),
            (Some(1_000), "1.0 s"),
            (Some(12_850), "12.8 s"),
            (Some(60_000), "over a minute"),
        ] {
            assert_eq!(milliseconds(time), text);
        }
        let noon = UnixMillis(1_795_176_030_000);
        for (seconds, text) in [
            (5, "less than a minute ago"),
            (60, "1 minute ago"),
            (7_300, "2 hours ago"),
            (90_000, "1 day ago"),
        ] {
            assert_eq!(ago(UnixMillis(noon.0 - seconds * 1_000), noon), text);
        }
        assert_eq!(ago(UnixMillis(noon.0 + 5_000), noon), "less than a minute ago");
    }
}
