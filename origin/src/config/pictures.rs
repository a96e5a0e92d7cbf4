//! What operators choose about pictures: where they are drawn, how many are
//! kept ready, and at which hours the machine that draws them runs.

use std::collections::BTreeMap;
use std::time::Duration;

use munjigi_process::config::{Reader, number};
use munjigi_protocol::PictureType;
use reqwest::Url;

use super::{Environment, Hours, parse_bare_url, variables};

/// What the factory works by.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// The gpu-backend; without one nothing is drawn.
    pub gpu_url: Option<Url>,
    /// What is drawn and dealt.
    pub kinds: Vec<PictureType>,
    /// Pictures per pack.
    pub per_pack: u16,
    /// A kind of which fewer challenges are left gets another pack.
    pub low_water: u64,
    /// The same before a pause.
    pub high_water: u64,
    /// Challenges dealt from a pack before it is replaced.
    pub dealt_per_pack: u64,
    /// Age at which a pack is replaced.
    pub pack_age: Duration,
    /// Pictures drawn per picture kept.
    pub oversample: u16,
    /// The models that judge, each a kind.
    pub judges: BTreeMap<PictureType, String>,
    /// When the gpu-backend runs.
    pub hours: Hours,
}

impl Pictures {
    pub(super) fn from(reader: &mut Reader) -> Option<Self> {
        let gpu_url = reader.required(&variables::GPU_URL, |text| match text {
            "" => Ok(None),
            text => parse_bare_url(text).map(Some),
        });
        let kinds = reader.required(&variables::PICTURES_KINDS, parse_kinds);
        let per_pack =
            reader.required(&variables::PICTURES_PER_PACK, |text| number(text, 4..=1_024));
        let low_water = reader.required(&variables::PICTURES_LOW_WATER, challenges);
        let high_water = reader.required(&variables::PICTURES_HIGH_WATER, challenges);
        let dealt_per_pack = reader.required(&variables::PICTURES_DEALT_PER_PACK, challenges);
        let pack_hours =
            reader.required(&variables::PICTURES_PACK_HOURS, |text| number(text, 1..=8_760));
        let oversample =
            reader.required(&variables::PICTURES_OVERSAMPLE, |text| number(text, 1..=10));
        let judges = reader.required(&variables::PICTURES_JUDGES, parse_judges);
        let hours = reader.required(&variables::PICTURES_HOURS, str::parse);
        Some(Self {
            gpu_url: gpu_url?,
            kinds: kinds?,
            per_pack: per_pack?,
            low_water: low_water?,
            high_water: high_water?,
            dealt_per_pack: dealt_per_pack?,
            pack_age: Duration::from_hours(pack_hours?),
            oversample: oversample?,
            judges: judges?,
            hours: hours?,
        })
    }
}

impl Pictures {
    /// The model that judges a kind, where more are drawn than are kept: else
    /// there is nothing to choose from.
    pub fn judge_of(&self, kind: PictureType) -> Option<&str> {
        self.judges.get(&kind).filter(|_| self.oversample > 1).map(String::as_str)
    }

    /// Candidates for a pack of a kind.
    pub fn candidates(&self, kind: PictureType) -> u16 {
        let factor = if self.judge_of(kind).is_some() { self.oversample } else { 1 };
        self.per_pack.saturating_mul(factor)
    }
}

/// What holds where nothing is set.
impl Default for Pictures {
    fn default() -> Self {
        let nothing = Environment::default();
        Self::from(&mut Reader::new(&nothing)).expect("every variable here has a default")
    }
}

fn challenges(text: &str) -> Result<u64, String> {
    text.parse::<u32>()
        .ok()
        .filter(|number| *number > 0)
        .map(u64::from)
        .ok_or_else(|| "must be a whole number of challenges, at least 1".to_owned())
}

fn parse_judges(text: &str) -> Result<BTreeMap<PictureType, String>, String> {
    if text == "none" {
        return Ok(BTreeMap::new());
    }
    let mut judges = BTreeMap::new();
    for word in text.split(',') {
        let (kind, model) = word.trim().split_once('=').unwrap_or_default();
        let kind = parse_kind(kind).filter(|_| !model.is_empty());
        let kind = kind.ok_or("must be KIND=MODEL, separated by commas, or none")?;
        if judges.insert(kind, model.to_owned()).is_some() {
            return Err(format!("set only one model for {}", kind.as_str()));
        }
    }
    Ok(judges)
}

fn parse_kind(text: &str) -> Option<PictureType> {
    PictureType::ALL.iter().copied().find(|kind| kind.as_str() == text)
}

fn parse_kinds(text: &str) -> Result<Vec<PictureType>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let mut kinds = Vec::new();
    for word in text.split(',') {
        kinds.push(
            parse_kind(word.trim())
                .ok_or("must be grid, area and turn, separated by commas, or none")?,
        );
    }
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_the_judge_that_is_named_for_it() {
        let judges = parse_judges("grid=a@1.0.0, area=b").unwrap();
        let pictures = Pictures { judges, per_pack: 8, oversample: 3, ..Pictures::default() };
        assert_eq!(pictures.judge_of(PictureType::Grid), Some("a@1.0.0"));
        assert_eq!(pictures.judge_of(PictureType::Area), Some("b"));
        assert_eq!(pictures.judge_of(PictureType::Turn), None);
        // Without a judge there is nothing to choose by.
        let candidates = PictureType::ALL.iter().map(|kind| pictures.candidates(*kind));
        assert_eq!(candidates.collect::<Vec<_>>(), [24, 24, 8]);
        let alone = Pictures { oversample: 1, ..pictures };
        assert_eq!(
            (alone.judge_of(PictureType::Grid), alone.candidates(PictureType::Grid)),
            (None, 8)
        );
    }

    #[test]
    fn mistakes_in_judges_are_told() {
        assert!(parse_judges("none").unwrap().is_empty());
        for text in ["", "grid", "grid=", "disc=a", "grid=a,,", "grid=a,grid=b"] {
            assert!(parse_judges(text).is_err(), "{text}");
        }
    }
}
