//! The hours at which a machine runs: `always`, or days of the week with a time
//! span, at an offset from UTC. Names of time zones are not supported: they
//! would need a table that changes with every law about clocks.

use std::str::FromStr;
use std::time::Duration;

use munjigi_keys::UnixMillis;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const FORM: &str = "must be always, or such as mon-fri 08:00-18:00 +09:00: days (mon-fri, or mon,wed), times of one day, and optionally an offset from UTC";
const MINUTES_PER_DAY: i64 = 1_440;

/// When a machine runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Around the clock.
    Always,
    /// At the same hours of some days.
    Weekly(Week),
}

/// A time span on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// Starting with Monday.
    days: [bool; 7],
    /// Minutes after midnight.
    from: i64,
    /// Minutes after midnight, above `from`.
    until: i64,
    /// Minutes ahead of UTC.
    offset: i64,
}

impl Hours {
    /// Whether it runs.
    pub fn open(&self, now: UnixMillis) -> bool {
        match self {
            Self::Always => true,
            Self::Weekly(week) => week.closes_in(now).is_some(),
        }
    }

    /// Whether it runs now and will pause within `ahead`.
    pub fn closes_within(&self, now: UnixMillis, ahead: Duration) -> bool {
        match self {
            Self::Always => false,
            Self::Weekly(week) => week
                .closes_in(now)
                .is_some_and(|minutes| Duration::from_secs(minutes.unsigned_abs() * 60) <= ahead),
        }
    }
}

impl Week {
    /// Minutes until the pause; `None` during it.
    fn closes_in(&self, now: UnixMillis) -> Option<i64> {
        let utc = i64::try_from(now.0 / 60_000).unwrap_or_default();
        let local = utc + self.offset;
        let minute = local.rem_euclid(MINUTES_PER_DAY);
        // 1 January 1970 was a Thursday.
        let day = (local.div_euclid(MINUTES_PER_DAY) + 3).rem_euclid(7);
        let runs = usize::try_from(day).ok().and_then(|day| self.days.get(day)).copied();
        (runs == Some(true) && (self.from..self.until).contains(&minute))
            .then_some(self.until - minute)
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "always" {
            return Ok(Self::Always);
        }
        week(text).map(Self::Weekly).ok_or_else(|| FORM.to_owned())
    }
}

fn week(text: &str) -> Option<Week> {
    let mut words = text.split_whitespace();
    let (named, span, offset) = (words.next()?, words.next()?, words.next());
    if words.next().is_some() {
        return None;
    }
    let mut days = [false; 7];
    for part in named.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        for slot in days.get_mut(first..=last)? {
            *slot = true;
        }
    }
    let (from, until) = span.split_once('-')?;
    let (from, until) = (minutes(from)?, minutes(until)?);
    let offset = match offset {
        None | Some("Z" | "UTC") => 0,
        Some(text) => match text.split_at_checked(1)? {
            ("+", rest) => minutes(rest)?,
            ("-", rest) => -minutes(rest)?,
            _ => return None,
        },
    };
    (from < until && offset.abs() <= 14 * 60).then_some(Week { days, from, until, offset })
}

fn day(name: &str) -> Option<usize> {
    DAYS.iter().position(|day| *day == name)
}

/// `08:30`, up to `24:00`.
fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let whole = hours * 60 + minutes;
    (minutes < 60 && whole <= MINUTES_PER_DAY).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20, a Friday, at midnight UTC.
    const FRIDAY: u64 = 1_795_132_800_000;
    const HOUR: u64 = 3_600_000;

    fn at(hours: u64) -> UnixMillis {
        UnixMillis(FRIDAY + hours * HOUR)
    }

    #[test]
    fn a_machine_runs_at_its_hours_and_pauses_at_night_and_on_the_weekend() {
        let hours: Hours = "mon-fri 08:00-18:00".parse().unwrap();
        assert!(!hours.open(at(7)) && hours.open(at(8)) && hours.open(at(17)));
        assert!(!hours.open(at(18)) && !hours.open(at(24 + 9)) && !hours.open(at(48 + 9)));
        assert!(hours.open(at(72 + 9)));
    }

    #[test]
    fn hours_are_those_of_the_offset() {
        let seoul: Hours = "mon-fri 08:00-18:00 +09:00".parse().unwrap();
        // Friday 08:00 in Seoul is Thursday 23:00 in UTC.
        assert!(
            !seoul.open(UnixMillis(FRIDAY - 2 * HOUR)) && seoul.open(UnixMillis(FRIDAY - HOUR))
        );
        assert!(seoul.open(at(8)) && !seoul.open(at(9)));
        let west: Hours = "fri 20:00-24:00 -05:30".parse().unwrap();
        assert!(!west.open(at(25)) && west.open(at(26)) && !west.open(at(30)));
    }

    #[test]
    fn the_pause_is_seen_coming() {
        let hours: Hours = "mon-fri 08:00-18:00".parse().unwrap();
        let ahead = Duration::from_hours(4);
        assert!(!hours.closes_within(at(13), ahead) && hours.closes_within(at(14), ahead));
        assert!(!hours.closes_within(at(20), ahead));
        assert!(!Hours::Always.closes_within(at(14), ahead));
    }

    #[test]
    fn hours_that_make_no_sense_are_refused() {
        for bad in [
            "",
            "never",
            "mon-fri",
            "08:00-18:00",
            "mon-fri 8-18",
            "mon-fri 18:00-08:00",
            "fri-mon 08:00-18:00",
            "mon-fri 08:00-25:00",
            "mon-fri 08:60-18:00",
            "mon-fri 08:00-18:00 Asia/Seoul",
            "mon-fri 08:00-18:00 +15:00",
            "mon-fri 08:00-18:00 +09:00 x",
            "mon,tuesday 08:00-18:00",
        ] {
            assert!(bad.parse::<Hours>().is_err(), "{bad}");
        }
        for good in ["always", "mon,wed,fri 00:00-24:00", "sat-sun 10:00-12:30 UTC"] {
            assert!(good.parse::<Hours>().is_ok(), "{good}");
        }
    }
}
