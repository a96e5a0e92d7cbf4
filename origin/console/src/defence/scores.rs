//! How redeemed tokens were scored, and what a threshold would have done.

use munjigi_protocol::Outcome;
use munjigi_store::outcomes::Reported;
use munjigi_store::statistics::Value;

use super::heights;

/// Tenths from 0 to 1, the last for a score of 1 alone.
const TENTHS: u8 = 11;

/// Redeemed tokens by score.
#[derive(Debug)]
pub struct Scores {
    pub tenths: Vec<Tenth>,
}

/// Tokens whose score lies in one tenth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenth {
    /// `0.3`: where the tenth begins.
    pub from: String,
    pub redeemed: u64,
    /// Reported as fraudulent.
    pub fraudulent: u64,
    /// Reported as legitimate.
    pub legitimate: u64,
    /// Height of its bar, 0 to 100.
    pub height: u64,
    /// What a threshold at the beginning of this tenth would have turned away.
    pub below: Below,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Below {
    pub redeemed: u64,
    /// Of all redeemed tokens.
    pub share: String,
    pub fraudulent: u64,
    pub legitimate: u64,
}

impl Scores {
    pub fn of(by_score: &[Value], reported: &[Reported]) -> Self {
        let redeemed = |tenth: u8| {
            let values = by_score.iter().filter(|value| value.value == tenth.to_string());
            values.map(|value| value.totals.redeemed).sum::<u64>()
        };
        let told = |tenth: u8, outcome: Outcome| {
            let of_it = reported.iter().filter(|row| (row.tenth, row.outcome) == (tenth, outcome));
            of_it.map(|row| row.count).sum::<u64>()
        };
        let counts: Vec<u64> = (0..TENTHS).map(redeemed).collect();
        let all = counts.iter().sum();
        let mut below = Below::default();
        let mut tenths = Vec::new();
        for ((tenth, redeemed), height) in (0..TENTHS).zip(counts.iter()).zip(heights(&counts)) {
            let (fraudulent, legitimate) =
                (told(tenth, Outcome::Fraudulent), told(tenth, Outcome::Legitimate));
            tenths.push(Tenth {
                from: format!("{}.{}", tenth / 10, tenth % 10),
                redeemed: *redeemed,
                fraudulent,
                legitimate,
                height,
                below: Below { share: percent(below.redeemed, all), ..below.clone() },
            });
            below.redeemed += redeemed;
            below.fraudulent += fraudulent;
            below.legitimate += legitimate;
        }
        Self { tenths }
    }

    /// All redeemed tokens.
    pub fn redeemed(&self) -> u64 {
        self.tenths.iter().map(|tenth| tenth.redeemed).sum()
    }

    /// Whether any site reported anything.
    pub fn has_reports(&self) -> bool {
        self.tenths.iter().any(|tenth| tenth.fraudulent + tenth.legitimate > 0)
    }
}

/// A share in per cent, with one place; a dash where there is nothing.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let thousandths = (u128::from(part) * 1_000 + u128::from(whole) / 2) / u128::from(whole);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

#[cfg(test)]
mod tests {
    use munjigi_domain::statistics::Totals;

    use super::*;

    #[test]
    fn a_threshold_turns_away_what_is_below_it() {
        let value = |value: &str, redeemed| Value {
            value: value.to_owned(),
            totals: Totals { redeemed, ..Totals::default() },
        };
        let told = |tenth, outcome, count| Reported { tenth, outcome, reason: None, count };
        let scores = Scores::of(
            &[value("10", 6), value("9", 80), value("2", 14)],
            &[told(2, Outcome::Fraudulent, 5), told(2, Outcome::Legitimate, 1)],
        );
        assert_eq!(scores.redeemed(), 100);
        assert!(scores.has_reports());
        let below = |tenth: usize| &scores.tenths[tenth].below;
        assert_eq!((below(2).redeemed, below(2).share.as_str()), (0, "0.0 %"));
        assert_eq!((below(3).redeemed, below(3).share.as_str()), (14, "14.0 %"));
        assert_eq!((below(3).fraudulent, below(3).legitimate), (5, 1));
        assert_eq!(below(10).redeemed, 94);
        assert_eq!(scores.tenths[10].from, "1.0");
        assert_eq!((scores.tenths[9].height, scores.tenths[3].height), (98, 0));
    }

    #[test]
    fn shares_are_rounded_and_nothing_is_a_dash() {
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(2, 3), "66.7 %");
        assert_eq!(percent(3, 3), "100.0 %");
        assert_eq!(percent(0, 0), "–");
    }
}
