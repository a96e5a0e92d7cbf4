//! What operators choose about pictures: where they are drawn, how many are
//! kept ready, and at which hours the machine that draws them runs.

use std::collections::BTreeMap;
use std::time::Duration;

use munjigi_pictures::Pictures;
use munjigi_process::config::{Reader, number};
use munjigi_protocol::{PictureKind, UnknownPictureKind};

use super::{Environment, parse_bare_url, variables};

/// Reads the settings of pictures.
pub(super) fn pictures(reader: &mut Reader) -> Option<Pictures> {
    let gpu_urls = reader.required(&variables::GPU_URL, |text| {
        text.split(',').map(str::trim).filter(|url| !url.is_empty()).map(parse_bare_url).collect()
    });
    let jobs_hourly = reader.required(&variables::JOBS_HOURLY, |text| number(text, 0..=1_000_000));
    let kinds = reader.required(&variables::PICTURES_KINDS, parse_kinds);
    let per_pack = reader.required(&variables::PICTURES_PER_PACK, |text| number(text, 4..=1_024));
    let low_water = reader.required(&variables::PICTURES_LOW_WATER, challenges);
    let high_water = reader.required(&variables::PICTURES_HIGH_WATER, challenges);
    let dealt_per_pack = reader.required(&variables::PICTURES_DEALT_PER_PACK, challenges);
    let pack_hours =
        reader.required(&variables::PICTURES_PACK_HOURS, |text| number(text, 1..=8_760));
    let oversample = reader.required(&variables::PICTURES_OVERSAMPLE, |text| number(text, 1..=10));
    let judges = reader.required(&variables::PICTURES_JUDGES, parse_judges);
    let hours = reader.required(&variables::PICTURES_HOURS, str::parse);
    Some(Pictures {
        gpu_urls: gpu_urls?,
        jobs_hourly: jobs_hourly?,
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

#[expect(clippy::missing_panics_doc, reason = "a test reads the same defaults")]
pub fn default_pictures() -> Pictures {
    let nothing = Environment::default();
    pictures(&mut Reader::new(&nothing)).expect("every variable here has a default")
}

fn challenges(text: &str) -> Result<u64, String> {
    text.parse::<u32>()
        .ok()
        .filter(|number| *number > 0)
        .map(u64::from)
        .ok_or_else(|| "must be a whole number of challenges, at least 1".to_owned())
}

fn parse_judges(text: &str) -> Result<BTreeMap<PictureKind, String>, String> {
    if text == "none" {
        return Ok(BTreeMap::new());
    }
    let mut judges = BTreeMap::new();
    for word in text.split(',') {
        let (kind, model) = word.trim().split_once('=').unwrap_or_default();
        let kind: Option<PictureKind> = kind.parse().ok().filter(|_| !model.is_empty());
        let kind = kind.ok_or("must be KIND=MODEL, separated by commas, or none")?;
        if judges.insert(kind, model.to_owned()).is_some() {
            return Err(format!("set only one model for {}", kind.as_str()));
        }
    }
    Ok(judges)
}

fn parse_kinds(text: &str) -> Result<Vec<PictureKind>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let mut kinds = Vec::new();
    for word in text.split(',') {
        kinds.push(word.trim().parse().map_err(|error: UnknownPictureKind| error.to_string())?);
    }
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_was_chosen_as_the_factory_chooses() {
        let measured: toml::Table = munjigi_pictures::policy::MEASURED.parse().unwrap();
        let factory = i64::from(default_pictures().oversample);
        assert_eq!(measured["oversample"].as_integer(), Some(factory));
    }

    #[test]
    fn mistakes_in_judges_are_told() {
        assert!(parse_judges("none").unwrap().is_empty());
        for text in ["", "grid", "grid=", "disc=a", "grid=a,,", "grid=a,grid=b"] {
            assert!(parse_judges(text).is_err(), "{text}");
        }
    }
}
