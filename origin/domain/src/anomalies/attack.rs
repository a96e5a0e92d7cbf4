//! Whether a site is under attack, by what the edge says: it counts the
//! challenges that it issues while there are far more than usual.

use super::{Assessment, Basis, Figures, Severity};

/// Flooded challenges within two minutes from which it counts: a few are the
/// end of one, or isolates that know too little.
const LEAST: u64 = 20;

/// What a site issued lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attacked {
    /// Challenges of the last five minutes.
    pub issued: u64,
    /// Those of the last two that were issued during an attack.
    pub flooded: u64,
    /// What is expected in an hour, if that is known.
    pub expected: Option<u32>,
}

/// The verdict. An attack is always critical: newcomers wait for it.
pub fn judge(now: Attacked) -> Assessment {
    if now.flooded < LEAST {
        return Assessment::Calm;
    }
    let measured = super::hour::float(now.issued);
    let usual = f64::from(now.expected.unwrap_or_default()) / 12.0;
    Assessment::Alarm(
        Severity::Critical,
        Figures {
            measured,
            usual,
            deviation: 0.0,
            score: 0.0,
            counted: now.flooded,
            hours: 0,
            basis: Basis::HourOfWeek,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_flooded_challenges_are_no_attack() {
        let of = |flooded| judge(Attacked { issued: 600, flooded, expected: Some(120) });
        assert_eq!(of(19), Assessment::Calm);
        let Assessment::Alarm(severity, figures) = of(20) else { panic!("no alarm") };
        assert_eq!(severity, Severity::Critical);
        assert_eq!((figures.measured, figures.usual, figures.counted), (600.0, 10.0, 20));
    }
}
