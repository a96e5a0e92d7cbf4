//! What operators choose about pictures: where they are drawn, how many are
//! kept ready, and at which hours the machine that draws them runs.

use std::collections::BTreeMap;
use std::time::Duration;

use munjigi_protocol::PictureKind;
use url::Url;

use crate::hours::Hours;

#[derive(Debug, Clone)]
pub struct Pictures {
    /// The gpu-backends, which share the work; without one nothing is drawn.
    pub gpu_urls: Vec<Url>,
    /// Images of one organisation that models look at in an hour; 0: none.
    pub jobs_hourly: u32,
    /// Kinds that are drawn and dealt.
    pub kinds: Vec<PictureKind>,
    /// Pictures per pack.
    pub per_pack: u16,
    /// A kind with fewer challenges left gets another pack.
    pub low_water: u64,
    /// The same before a pause.
    pub high_water: u64,
    /// Challenges dealt from a pack before it is replaced.
    pub dealt_per_pack: u64,
    /// Age at which a pack is replaced.
    pub pack_age: Duration,
    /// Pictures drawn per picture kept.
    pub oversample: u16,
    /// The model that judges each kind.
    pub judges: BTreeMap<PictureKind, String>,
    /// When the gpu-backend runs.
    pub hours: Hours,
}

impl Pictures {
    /// The model that judges a kind, if more are drawn than are kept: otherwise
    /// there is nothing to choose from.
    pub fn judge_of(&self, kind: PictureKind) -> Option<&str> {
        self.judges.get(&kind).filter(|_| self.oversample > 1).map(String::as_str)
    }

    /// Candidates for a pack of a kind.
    pub fn candidates(&self, kind: PictureKind) -> u16 {
        let factor = if self.judge_of(kind).is_some() { self.oversample } else { 1 };
        self.per_pack.saturating_mul(factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_the_judge_that_is_named_for_it() {
        let judges = [(PictureKind::Grid, "a@1.0.0"), (PictureKind::Area, "b")];
        let pictures = Pictures {
            gpu_urls: Vec::new(),
            jobs_hourly: 1,
            kinds: PictureKind::ALL.to_vec(),
            per_pack: 8,
            low_water: 1,
            high_water: 1,
            dealt_per_pack: 1,
            pack_age: Duration::from_hours(1),
            oversample: 3,
            judges: judges.map(|(kind, model)| (kind, model.to_owned())).into(),
            hours: Hours::Always,
        };
        assert_eq!(pictures.judge_of(PictureKind::Grid), Some("a@1.0.0"));
        assert_eq!(pictures.judge_of(PictureKind::Area), Some("b"));
        assert_eq!(pictures.judge_of(PictureKind::Turn), None);
        // Without a judge there is nothing to choose by.
        let candidates = PictureKind::ALL[..3].iter().map(|kind| pictures.candidates(*kind));
        assert_eq!(candidates.collect::<Vec<_>>(), [24, 24, 8]);
        let alone = Pictures { oversample: 1, ..pictures };
        assert_eq!(
            (alone.judge_of(PictureKind::Grid), alone.candidates(PictureKind::Grid)),
            (None, 8)
        );
    }
}
