//! `serving.toml` beside a model's versions: the operator's choice of which of
//! them answers.

use serde::Deserialize;

use super::Named;
use crate::registry::Version;

/// The file's name, in the folder of a model.
pub const FILE: &str = "serving.toml";

/// The operator's choice; empty if there is no file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// What the name means; if `None`, the highest version that is not a
    /// canary.
    pub latest: Option<Version>,
    /// A version on trial.
    pub canary: Option<Canary>,
    /// What answers if no version can.
    pub fallback: Option<Named>,
}

/// A version on trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Canary {
    pub version: Version,
    /// The share of calls that it gets, 0 to 1.
    pub share: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    latest: Option<String>,
    canary: Option<SpelledCanary>,
    fallback: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpelledCanary {
    version: String,
    share: f64,
}

impl Plan {
    pub fn read(text: &str) -> Result<Self, String> {
        let spelled: Spelled = toml::from_str(text).map_err(|error| error.to_string())?;
        let version = |text: String| text.parse::<Version>().map_err(str::to_owned);
        let canary = spelled.canary.map(|SpelledCanary { version: text, share }| {
            if (0.0..=1.0).contains(&share) {
                Ok(Canary { version: version(text)?, share })
            } else {
                Err("canary.share is 0 to 1".to_owned())
            }
        });
        let fallback = spelled.fallback.map(|text| text.parse::<Named>().map_err(str::to_owned));
        Ok(Self {
            latest: spelled.latest.map(version).transpose()?,
            canary: canary.transpose()?,
            fallback: fallback.transpose()?,
        })
    }
}
