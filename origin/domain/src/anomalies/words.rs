//! The descriptions of anomalies: the page, the webhook message and the email
//! use the same texts.

use munjigi_i18n::{Text, Texts};

use super::{Figures, Kind, Severity};
use crate::shown::Shown;

#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    pub site: Shown,
    /// The network that it comes from; `None` for the site as a whole.
    pub asn: Option<u32>,
    pub kind: Kind,
    pub severity: Severity,
    pub figures: Figures,
}

impl Sighting {
    pub fn title(&self, t: &Texts) -> Text {
        t.each("anomaly-title", self.kind.as_str())
    }

    /// What was observed, in a sentence.
    pub fn sentence(&self, t: &Texts) -> Text {
        let text = t.each("anomaly", self.kind.as_str());
        let text = text.with("site", &self.site).with("measured", self.measured());
        text.with("usual", self.usual())
            .count("network", self.network())
            .count("expected", self.expected())
    }

    /// What to do about it.
    pub fn advice(&self, t: &Texts) -> Text {
        let text = t.each("anomaly-advice", self.kind.as_str());
        match self.kind {
            Kind::Flood => text.count("network", self.network()),
            Kind::Failures | Kind::Refusals | Kind::Regular | Kind::UnderAttack => text,
        }
    }

    /// For messages, which select by it: 0 where nothing is known.
    fn expected(&self) -> u32 {
        match self.kind {
            Kind::UnderAttack => self.usual().parse().unwrap_or_default(),
            Kind::Flood | Kind::Failures | Kind::Refusals | Kind::Regular => 0,
        }
    }

    /// For messages, which select by it: 0 stands for the site as a whole.
    fn network(&self) -> u32 {
        self.asn.unwrap_or_default()
    }

    /// The measured value at its worst: a count, a share, or a factor.
    pub fn measured(&self) -> String {
        self.shown(self.figures.measured)
    }

    /// The usual value, in the same unit.
    pub fn usual(&self) -> String {
        self.shown(self.figures.usual)
    }

    fn shown(&self, number: f64) -> String {
        match self.kind {
            Kind::Flood | Kind::UnderAttack => format!("{number:.0}"),
            Kind::Failures | Kind::Refusals => format!("{:.1} %", number * 100.0),
            Kind::Regular => format!("{:.1}", number.exp2()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomalies::Basis;

    #[test]
    fn every_sentence_reads_well_in_both_languages() {
        let mut all = String::new();
        for tag in ["en", "ko"] {
            let t = &Texts::of(tag.parse().unwrap());
            for (kind, measured, usual) in [
                (Kind::Flood, 12_000.0, 950.5),
                (Kind::Failures, 0.4567, 0.02),
                (Kind::Refusals, 0.5, 0.0),
                (Kind::Regular, 0.5, 1.5),
                (Kind::UnderAttack, 6_000.0, 80.0),
                (Kind::UnderAttack, 6_000.0, 0.0),
            ] {
                for asn in [None, Some(64_500)] {
                    let (deviation, score, counted, hours) = (0.0, 9.0, 900, 8);
                    let basis = Basis::HourOfWeek;
                    let figures =
                        Figures { measured, usual, deviation, score, counted, hours, basis };
                    let (site, severity) = (Shown::of("Shop"), Severity::Warning);
                    let seen = Sighting { site, asn, kind, severity, figures };
                    let texts = [seen.title(t), seen.sentence(t), seen.advice(t)];
                    let lines = texts.map(String::from);
                    all.push_str(&lines.join("\n"));
                    all.push_str("\n\n");
                }
            }
        }
        assert!(!all.contains('!'));
        insta::assert_snapshot!(all);
    }
}
