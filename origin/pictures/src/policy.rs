//! Which kinds of picture are dealt: by an operator's choice, otherwise by the
//! pass rate of programs that was measured for this release. How well visitors
//! do says nothing about programs, so live rates decide nothing here.

use munjigi_protocol::PictureKind;
use munjigi_store::pictures::Switch;
use serde::Deserialize;

/// The measurements of this release, from `docs/reports/bot-pass-rates.toml`.
pub const MEASURED: &str = include_str!("../../../docs/reports/bot-pass-rates.toml");

/// Above this share of passed pictures a kind is off, unless its measurement
/// sets another threshold.
const THRESHOLD: f64 = 0.2;

/// Measurements of every kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Measurements {
    threshold: Option<f64>,
    kind: Vec<Measurement>,
}

/// The result of programs on a kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Measurement {
    name: String,
    /// The verdict, if the measurement states one.
    off: Option<bool>,
    /// The share of pictures that the best program passed.
    pass_rate: Option<f64>,
    threshold: Option<f64>,
}

#[derive(Debug)]
pub struct Policy {
    measured: Measurements,
}

impl Policy {
    /// The policy of this release.
    pub fn of_this_release() -> Self {
        Self::read(MEASURED).unwrap_or_else(|error| {
            // A test prevents the release of such a file.
            tracing::error!(%error, "the measured pass rates cannot be read");
            Self { measured: Measurements::default() }
        })
    }

    /// Parses measurements; fields that this program does not know are ignored.
    pub fn read(text: &str) -> Result<Self, toml::de::Error> {
        Ok(Self { measured: toml::from_str(text)? })
    }

    /// Whether a kind is dealt.
    pub fn deals(&self, kind: PictureKind, switch: Option<Switch>) -> bool {
        match switch {
            Some(Switch::On) => true,
            Some(Switch::Off) => false,
            None => !self.measured_off(kind),
        }
    }

    /// Whether programs pass too many of a kind.
    pub fn measured_off(&self, kind: PictureKind) -> bool {
        let Some(measured) = self.measurement(kind) else { return kind.is_photo() };
        let threshold = measured.threshold.or(self.measured.threshold).unwrap_or(THRESHOLD);
        measured.off.unwrap_or_else(|| measured.pass_rate.is_some_and(|rate| rate > threshold))
    }

    /// The share of pictures that programs passed, if it was measured.
    pub fn pass_rate(&self, kind: PictureKind) -> Option<f64> {
        self.measurement(kind)?.pass_rate
    }

    fn measurement(&self, kind: PictureKind) -> Option<&Measurement> {
        self.measured.kind.iter().find(|measured| measured.name == kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURE: &str = r#"
        date = "2026-11-20"
        threshold = 0.3

        [[kind]]
        name = "grid"
        pass_rate = 0.41
        attacker = "10,000 labels"

        [[kind]]
        name = "area"
        pass_rate = 0.41
        off = false

        [[kind]]
        name = "turn"
        pass_rate = 0.02
        off = true
    "#;

    #[test]
    fn a_kind_above_the_threshold_is_off_unless_the_measurement_says_otherwise() {
        let policy = Policy::read(FIXTURE).unwrap();
        assert!(policy.measured_off(PictureKind::Grid));
        assert!(!policy.measured_off(PictureKind::Area));
        assert!(policy.measured_off(PictureKind::Turn));
        assert_eq!(policy.pass_rate(PictureKind::Grid), Some(0.41));
    }

    #[test]
    fn an_operator_has_the_last_word() {
        let policy = Policy::read(FIXTURE).unwrap();
        assert!(!policy.deals(PictureKind::Grid, None));
        assert!(policy.deals(PictureKind::Grid, Some(Switch::On)));
        assert!(!policy.deals(PictureKind::Area, Some(Switch::Off)));
    }

    #[test]
    fn of_kinds_without_a_measurement_drawn_ones_are_on() {
        let policy = Policy::read("").unwrap();
        for kind in PictureKind::ALL {
            assert_eq!(policy.deals(*kind, None), !kind.is_photo());
        }
    }

    #[test]
    fn the_measurements_of_this_release_can_be_read() {
        Policy::read(MEASURED).unwrap();
    }
}
