//! `serving.toml` beside a model's versions: the operator's choice of which of
//! them answers.

use serde::Deserialize;

use crate::registry::Version;

/// The file's name, in the folder of a model.
pub const FILE: &str = "serving.toml";

/// The operator's choice; empty if there is no file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What the name means; if `None`, the highest version.
    pub latest: Option<Version>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    latest: Option<String>,
}

impl Plan {
    pub fn read(text: &str) -> Result<Self, String> {
        let spelled: Spelled = toml::from_str(text).map_err(|error| error.to_string())?;
        let latest = spelled.latest.map(|text| text.parse().map_err(str::to_owned));
        Ok(Self { latest: latest.transpose()? })
    }
}
