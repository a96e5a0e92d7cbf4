//! Formats numbers and times for people.

use munjigi_domain::statistics::{Change, Period, Share, change};
use munjigi_i18n::Texts;
use munjigi_keys::UnixMillis;
use time::OffsetDateTime;

/// `640 ms`, `12.8 s`.
pub fn milliseconds(t: Texts, time: Option<u32>) -> String {
    match time {
        None => "–".to_owned(),
        Some(time @ 0..1_000) => t.get("format-milliseconds").count("time", time).into(),
        Some(60_000..) => t.get("format-over-a-minute").into(),
        Some(time) => {
            let time = format!("{}.{}", time / 1_000, time % 1_000 / 100);
            t.get("format-seconds").with("time", time).into()
        }
    }
}

/// A share, or a note that there is none yet.
pub fn share(share: Option<Share>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| share.to_string())
}

/// Compares with the previous period.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
pub fn against(t: &Texts, now: &u64, before: &u64) -> String {
    let text = match change(*now, *before) {
        Change::Nothing => return String::new(),
        Change::New => t.get("change-new"),
        Change::Same => t.get("change-same"),
        Change::More { percent } => t.get("change-more").count("percent", percent),
        Change::Less { percent } => t.get("change-less").count("percent", percent),
    };
    text.into()
}

/// `3 minutes ago`.
pub fn ago(t: Texts, at: UnixMillis, now: UnixMillis) -> String {
    let seconds = now.0.saturating_sub(at.0) / 1_000;
    let text = match seconds {
        0..60 => t.get("ago-now"),
        60..3_600 => t.get("ago-minutes").count("count", seconds / 60),
        3_600..86_400 => t.get("ago-hours").count("count", seconds / 3_600),
        _ => t.get("ago-days").count("count", seconds / 86_400),
    };
    text.into()
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
            assert_eq!(milliseconds(Texts::default(), time), text);
        }
        let noon = UnixMillis(1_795_176_030_000);
        for (seconds, text) in [
            (5, "less than a minute ago"),
            (60, "1 minute ago"),
            (7_300, "2 hours ago"),
            (90_000, "1 day ago"),
        ] {
            assert_eq!(ago(Texts::default(), UnixMillis(noon.0 - seconds * 1_000), noon), text);
        }
        assert_eq!(
            ago(Texts::default(), UnixMillis(noon.0 + 5_000), noon),
            "less than a minute ago"
        );
    }

    #[test]
    fn a_change_is_described_in_words() {
        for (now, before, text) in [
            (0, 0, ""),
            (5, 0, "none in the previous period"),
            (5, 5, "same as the previous period"),
            (15, 10, "+50 % compared with the previous period"),
            (5, 10, "−50 % compared with the previous period"),
        ] {
            assert_eq!(against(&Texts::default(), &now, &before), text);
        }
    }
}
