//! How often clearance was given to a browser lately, in a cookie: one whom no
//! clearance helps is told so instead of going round.

use munjigi_captcha::clearance::errand::Errand;
use munjigi_keys::UnixMillis;
use munjigi_protocol::CLEARANCE_ROUNDS_COOKIE;

use super::{Cookie, cookies};

/// How long rounds are remembered.
const SECONDS: u64 = 120;

/// What a clearance counts whose visitor came for it after the one before: that
/// one did not help.
const AGAIN: u32 = 8;

/// What another counts: for the first page, for pages in tabs beside each other,
/// for a path that requires more than the one before.
const BESIDE: u32 = 1;

/// From here on another clearance would not help: the first, and two after it.
const MOST: u32 = BESIDE + 2 * AGAIN;

/// The clearances of a browser within the last minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rounds {
    count: u32,
    /// When the last was given, in seconds since 1970; 0 if none was.
    last: u64,
}

impl Rounds {
    /// By a request's cookies; `None` where the browser has sent none of this
    /// name.
    pub fn of(header: &str) -> Option<Self> {
        let read = |value: &str| {
            let (count, last) = value.split_once('.').unwrap_or((value, "0"));
            Some(Self { count: count.parse().ok()?, last: last.parse().ok()? })
        };
        cookies(header, CLEARANCE_ROUNDS_COOKIE).filter_map(read).max()
    }

    /// Whether there were too many.
    pub const fn are_too_many(self) -> bool {
        self.count >= MOST
    }

    /// With one more, for this errand. `more` says that the path requires more
    /// than the clearance before.
    #[must_use]
    pub fn and(self, errand: &Errand, more: bool, now: UnixMillis) -> Self {
        let is_again = self.last > 0 && errand.begun_at.seconds() >= self.last && !more;
        let count = self.count.saturating_add(if is_again { AGAIN } else { BESIDE });
        Self { count, last: now.seconds() }
    }

    /// The cookie that remembers them.
    pub fn cookie(self, framed: bool) -> String {
        let Self { count, last } = self;
        Cookie { name: CLEARANCE_ROUNDS_COOKIE, framed }.set(&format!("{count}.{last}"), SECONDS)
    }

    /// The cookie that forgets them.
    pub fn forgotten(framed: bool) -> String {
        Cookie { name: CLEARANCE_ROUNDS_COOKIE, framed }.end()
    }
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::Sitekey;
    use munjigi_protocol::Level;

    use super::*;

    fn at(second: u64) -> UnixMillis {
        UnixMillis::from_seconds(1_795_000_000 + second)
    }

    fn errand(second: u64) -> Errand {
        let sitekey = Sitekey::from_trusted(&format!("mj_{}", "0".repeat(26))).unwrap();
        Errand::new(sitekey, Level::Worked, "/", at(second), [0; 12])
    }

    #[test]
    fn three_that_did_not_help_are_too_many() {
        let mut rounds = Rounds::default();
        for second in [3, 6, 9] {
            assert!(!rounds.are_too_many(), "{second}");
            rounds = rounds.and(&errand(second - 3), false, at(second));
        }
        assert!(rounds.are_too_many());
        let cookie = rounds.cookie(false);
        let pair = cookie.split(';').next().unwrap();
        assert_eq!(Rounds::of(&format!("a=b; {pair}")), Some(rounds));
    }

    #[test]
    fn tabs_and_paths_that_require_more_are_not_rounds() {
        let mut tabs = Rounds::default();
        for tab in 0..12 {
            tabs = tabs.and(&errand(0), false, at(2 + tab));
        }
        assert!(!tabs.are_too_many());
        let mut steps = Rounds::default();
        for step in 0..4 {
            steps = steps.and(&errand(10 * step), step > 0, at(10 * step + 2));
        }
        assert!(!steps.are_too_many());
    }

    #[test]
    fn what_is_no_number_is_no_cookie() {
        let of = |value: &str| Rounds::of(&format!("{CLEARANCE_ROUNDS_COOKIE}={value}"));
        for value in ["", "x", "1.x", "-1", ".", "1.2.3"] {
            assert_eq!(of(value), None, "{value}");
        }
        assert_eq!(of("0"), Some(Rounds::default()));
    }
}
