//! What the statistics of sites show: periods, shares, times read from a
//! histogram. Rules only; the numbers come from `munjigi_store::statistics`.

pub mod breakdown;

use munjigi_keys::UnixMillis;
use munjigi_protocol::{SOLVE_MS_BOUNDS, SOLVE_MS_BUCKETS};

const HOUR_MILLIS: u64 = 3_600_000;
const DAY_MILLIS: u64 = 24 * HOUR_MILLIS;

/// A period to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Twenty-four hours, hour by hour.
    Day,
    /// Seven days, in steps of six hours.
    Week,
    /// Thirty days, day by day.
    Month,
}

impl Period {
    /// All periods.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// From an address; the shortest if the text is unknown.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|period| period.as_str() == text).unwrap_or(Self::Day)
    }

    /// Length in hours.
    pub const fn hours(self) -> u64 {
        match self {
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
        }
    }

    /// Hours per step of a series.
    pub const fn step_hours(self) -> u64 {
        match self {
            Self::Day => 1,
            Self::Week => 6,
            Self::Month => 24,
        }
    }

    /// The span that ends now: whole steps in UTC, including the current one.
    pub fn span(self, now: UnixMillis) -> Span {
        let step = self.step_hours() * HOUR_MILLIS;
        let end = (now.0 / step + 1) * step;
        Span {
            from: UnixMillis(end.saturating_sub(self.hours() * HOUR_MILLIS)),
            to: UnixMillis(end),
        }
    }
}

/// What statistics are broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Not broken down.
    Total,
    /// Country of the visitor's network.
    Country,
    Asn,
    /// Host name of the page.
    Hostname,
    /// What the page says that the visitor is doing.
    Action,
    /// Why a request was refused.
    Code,
    /// The score of redeemed tokens, in tenths.
    Score,
    /// What spoke against the visits of redeemed tokens; one may have several.
    Reason,
}

impl Dimension {
    /// The spelling in rows and addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Country => "country",
            Self::Asn => "asn",
            Self::Hostname => "hostname",
            Self::Action => "action",
            Self::Code => "code",
            Self::Score => "score",
            Self::Reason => "reason",
        }
    }
}

/// A time range, the end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Start, included.
    pub from: UnixMillis,
    /// End, excluded.
    pub to: UnixMillis,
}

impl Span {
    /// A span of the same length, directly before.
    #[must_use]
    pub fn before(self) -> Self {
        let length = self.to.0 - self.from.0;
        Self { from: UnixMillis(self.from.0.saturating_sub(length)), to: self.from }
    }

    /// The start times of its steps.
    pub fn steps(self, period: Period) -> impl Iterator<Item = UnixMillis> {
        let step = usize::try_from(period.step_hours() * HOUR_MILLIS).unwrap_or(usize::MAX);
        (self.from.0..self.to.0).step_by(step).map(UnixMillis)
    }
}

/// A span as the roll-ups divide it: the whole days in it, and the hours before
/// and after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// Hours before the first whole day.
    pub head: Span,
    /// Whole days.
    pub days: Span,
    /// Hours after the last whole day.
    pub tail: Span,
}

impl Span {
    /// Its parts in the roll-ups, each hour once.
    pub fn cover(self) -> Cover {
        let first = self.from.0.div_ceil(DAY_MILLIS) * DAY_MILLIS;
        let last = self.to.0 / DAY_MILLIS * DAY_MILLIS;
        let span = |from, to| Span { from: UnixMillis(from), to: UnixMillis(to) };
        if first >= last {
            let none = span(self.to.0, self.to.0);
            return Cover { head: self, days: none, tail: none };
        }
        Cover {
            head: span(self.from.0, first),
            days: span(first, last),
            tail: span(last, self.to.0),
        }
    }
}

/// What happened in a span.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// First challenges.
    pub issued: u64,
    /// Tokens issued.
    pub solved: u64,
    /// Visitors who had to do more than the first challenge.
    pub stepped: u64,
    /// Wrong solutions and answers.
    pub failed: u64,
    /// Challenges that expired before a solution arrived.
    pub abandoned: u64,
    /// Refused requests.
    pub refused: u64,
    /// Tokens that a back end redeemed.
    pub redeemed: u64,
    /// Redemptions refused because the token was spent.
    pub rejected: u64,
    /// Tokens redeemed of visitors who were shown a picture.
    pub pictured: u64,
    /// Tokens redeemed after an answered picture.
    pub interactive: u64,
    /// Solve times by the protocol's buckets; empty if there are none.
    pub solve_ms: Vec<u64>,
}

impl Totals {
    /// How much happened, for sorting.
    pub const fn activity(&self) -> u64 {
        self.issued + self.solved + self.failed + self.refused + self.redeemed
    }

    /// The time in milliseconds within which a share of the solved puzzles was
    /// solved, interpolated between the bounds of its bucket. `None` if nothing
    /// was solved.
    pub fn solved_within_ms(&self, share: f64) -> Option<u32> {
        let all: u64 = self.solve_ms.iter().sum();
        if all == 0 || self.solve_ms.len() != SOLVE_MS_BUCKETS {
            return None;
        }
        let wanted = share.clamp(0.0, 1.0) * as_f64(all);
        let mut passed = 0.0;
        let lower = std::iter::once(0).chain(SOLVE_MS_BOUNDS);
        for ((lower, upper), count) in lower.zip(SOLVE_MS_BOUNDS).zip(&self.solve_ms) {
            let count = as_f64(*count);
            if passed + count >= wanted && count > 0.0 {
                let into = (wanted - passed) / count;
                return Some(round(f64::from(lower) + into * f64::from(upper - lower)));
            }
            passed += count;
        }
        // In the open bucket: all that is known is that it took longer.
        SOLVE_MS_BOUNDS.last().copied()
    }

    /// Share of refused requests among all requests.
    pub fn refused_share(&self) -> Option<Share> {
        Share::of(self.refused, self.issued + self.refused)
    }

    /// Share of redeemed tokens that followed a picture.
    pub fn picture_share(&self) -> Option<Share> {
        Share::of(self.interactive, self.redeemed)
    }

    /// Share of visitors who started and never got a token.
    pub fn gave_up_share(&self) -> Option<Share> {
        Share::of(self.issued.saturating_sub(self.solved), self.issued)
    }
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// In hundredths of a per cent.
    per_myriad: u64,
}

impl Share {
    /// `None` if the whole is zero.
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        let per_myriad = part.min(whole).saturating_mul(10_000).checked_div(whole)?;
        Some(Self { per_myriad })
    }
}

/// `12.3 %`, and below one per cent `0.12 %`.
impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.per_myriad / 100, self.per_myriad % 100);
        match self.per_myriad {
            0 => f.write_str("0 %"),
            1..100 => write!(f, "0.{rest:02} %"),
            10_000.. => f.write_str("100 %"),
            _ => write!(f, "{whole}.{} %", rest / 10),
        }
    }
}

/// How a count differs from the one in the previous period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Both are zero.
    Nothing,
    /// There was nothing before.
    New,
    Same,
    More {
        percent: u64,
    },
    Less {
        percent: u64,
    },
}

/// How a number changed since the previous period.
pub const fn change(now: u64, before: u64) -> Change {
    match (now, before) {
        (0, 0) => Change::Nothing,
        (_, 0) => Change::New,
        (now, before) if now == before => Change::Same,
        (now, before) => {
            let percent = now.abs_diff(before).saturating_mul(100) / before;
            if now > before { Change::More { percent } } else { Change::Less { percent } }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of visitors are far below 2^53")]
const fn as_f64(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between two bounds, both far below 2^32"
)]
fn round(number: f64) -> u32 {
    number.round() as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn solved(buckets: &[(usize, u64)]) -> Totals {
        let mut solve_ms = vec![0; SOLVE_MS_BUCKETS];
        for (bucket, count) in buckets {
            solve_ms[*bucket] = *count;
        }
        Totals { solve_ms, ..Totals::default() }
    }

    #[test]
    fn times_are_read_off_the_histogram() {
        // All between 400 and 800 ms: the middle counts as the median.
        assert_eq!(solved(&[(4, 10)]).solved_within_ms(0.5), Some(600));
        assert_eq!(solved(&[(4, 10)]).solved_within_ms(1.0), Some(800));
        assert_eq!(solved(&[(0, 50), (5, 50)]).solved_within_ms(0.5), Some(50));
        assert_eq!(solved(&[(0, 50), (5, 50)]).solved_within_ms(0.75), Some(1_200));
        // Only known to be longer than the last bound.
        assert_eq!(solved(&[(SOLVE_MS_BUCKETS - 1, 3)]).solved_within_ms(0.5), Some(60_000));
        assert_eq!(solved(&[]).solved_within_ms(0.5), None);
        assert_eq!(Totals::default().solved_within_ms(0.5), None);
    }

    #[test]
    fn a_share_is_told_as_precisely_as_it_matters() {
        for (part, whole, text) in [
            (0, 10, "0 %"),
            (1, 10_000, "0.01 %"),
            (1, 1_000, "0.10 %"),
            (1, 100, "1.0 %"),
            (1, 8, "12.5 %"),
            (999, 1_000, "99.9 %"),
            (10, 10, "100 %"),
            (11, 10, "100 %"),
        ] {
            assert_eq!(Share::of(part, whole).unwrap().to_string(), text, "{part} of {whole}");
        }
        assert_eq!(Share::of(1, 0), None);
    }

    #[test]
    fn a_period_ends_with_the_step_under_way() {
        // 2026-11-20T12:00:30Z.
        let now = UnixMillis(1_795_176_030_000);
        for period in Period::ALL {
            let span = period.span(now);
            assert_eq!(span.to.0 - span.from.0, period.hours() * HOUR_MILLIS);
            assert!(span.from < now && now < span.to);
            assert_eq!(span.before().to, span.from);
            assert_eq!(span.to.0 % (period.step_hours() * HOUR_MILLIS), 0);
            assert_eq!(period.hours() % period.step_hours(), 0);
            assert_eq!(Period::parse(period.as_str()), period);
        }
        assert_eq!(Period::parse("a year"), Period::Day);
    }

    proptest! {
        #[test]
        fn a_span_is_covered_by_days_and_hours_once(from in 400_000_u64..500_000, hours in 1_u64..1_500) {
            let span = Span {
                from: UnixMillis(from * HOUR_MILLIS),
                to: UnixMillis((from + hours) * HOUR_MILLIS),
            };
            let Cover { head, days, tail } = span.cover();
            prop_assert_eq!(head.from, span.from);
            let length = |part: Span| part.to.0 - part.from.0;
            prop_assert_eq!(length(head) + length(days) + length(tail), length(span));
            if length(days) > 0 {
                prop_assert_eq!((head.to, days.to, tail.to), (days.from, tail.from, span.to));
                prop_assert_eq!((days.from.0 % DAY_MILLIS, days.to.0 % DAY_MILLIS), (0, 0));
                prop_assert!(length(head) < DAY_MILLIS && length(tail) < DAY_MILLIS);
            } else {
                prop_assert!(length(head) < 2 * DAY_MILLIS);
            }
        }
    }

    #[test]
    fn a_change_is_a_share_of_what_was_before() {
        for (now, before, is) in [
            (0, 0, Change::Nothing),
            (5, 0, Change::New),
            (5, 5, Change::Same),
            (15, 10, Change::More { percent: 50 }),
            (5, 10, Change::Less { percent: 50 }),
        ] {
            assert_eq!(change(now, before), is);
        }
    }
}
