//! Instants as numbers, and their spelling in answers. The shell provides the
//! current time.

use core::ops::Range;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

/// 9999-12-31T23:59:59.999Z: RFC 3339 has no later year.
const LAST: u64 = 253_402_300_799_999;

const MILLIS_PER_DAY: u64 = 86_400_000;

impl UnixMillis {
    /// The instant at a whole second.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Whole seconds since 1970.
    pub const fn seconds(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole days since 1970.
    pub const fn days(self) -> u64 {
        self.0 / MILLIS_PER_DAY
    }

    /// Milliseconds from `earlier` to here; 0 when `earlier` is later, which
    /// clocks of different machines make happen.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-20T07:30:00.250Z`.
    /// Instants after the year 9999 are written as its last millisecond.
    pub fn rfc3339(self) -> String {
        let millis = self.0.min(LAST);
        let (year, month, day) = date(millis / MILLIS_PER_DAY);
        let in_day = millis % MILLIS_PER_DAY;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (place, number) in [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, in_day / 3_600_000),
            (14..16, in_day / 60_000 % 60),
            (17..19, in_day / 1_000 % 60),
            (20..23, in_day % 1_000),
        ] {
            digits(&mut text, place, number);
        }
        text.iter().map(|byte| char::from(*byte)).collect()
    }
}

fn digits(text: &mut [u8], place: Range<usize>, mut number: u64) {
    for digit in text[place].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of the Gregorian calendar for a number of days since
/// 1970. Counts from 1 March of the year 0, where leap days end a cycle: four
/// centuries have 146,097 days, and months from March on have 153 days in
/// every five.
fn date(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_instants_are_spelt_as_rfc_3339_says() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_234_567_890_123, "2009-02-13T23:31:30.123Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_763_623_800_250, "2025-11-20T07:30:00.250Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (LAST, "9999-12-31T23:59:59.999Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(UnixMillis(millis).rfc3339(), text);
        }
    }

    #[test]
    fn time_before_a_later_clock_is_no_time() {
        assert_eq!(UnixMillis(5).since(UnixMillis(7)), 0);
        assert_eq!(UnixMillis(7).since(UnixMillis(5)), 2);
    }

    proptest! {
        #[test]
        fn later_instants_are_spelt_later(a in 0..LAST, b in 0..LAST) {
            prop_assert_eq!(a.cmp(&b), UnixMillis(a).rfc3339().cmp(&UnixMillis(b).rfc3339()));
        }

        #[test]
        fn the_day_after_is_the_next_date(day in 0_u64..2_900_000) {
            let (year, month, date_of_month) = date(day);
            let next = date(day + 1);
            prop_assert!(
                next == (year, month, date_of_month + 1)
                    || next == (year, month + 1, 1) && date_of_month >= 28
                    || next == (year + 1, 1, 1) && (month, date_of_month) == (12, 31)
            );
        }
    }
}
