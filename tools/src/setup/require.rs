//! `MUNJIGI_REQUIRE`: which parts must be present. The checks of a missing part
//! are skipped with the reason, or fail if the part is required.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::{Result, bail};

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Chromium,
    Firefox,
    /// WebKit, through GTK's `MiniBrowser`.
    Webkit,
    /// What tests of the installed gate need.
    Install,
    /// PHP, Ruby and Go.
    Languages,
    /// Prometheus, Alertmanager and exporters.
    Monitoring,
    /// A connection pooler before Postgres.
    Pgbouncer,
    /// Real photos, and a classifier that has learnt from photos.
    Photos,
    /// Reverse proxies in front of the gate.
    Proxies,
    /// Python with virtual environments.
    Python,
    /// Redis, or another server that speaks its protocol.
    Redis,
    /// strace, which sees what a process asks of the system.
    Strace,
    /// A software adapter for Vulkan.
    Vulkan,
}

impl Part {
    pub const ALL: [Self; 13] = [
        Self::Chromium,
        Self::Firefox,
        Self::Webkit,
        Self::Install,
        Self::Languages,
        Self::Monitoring,
        Self::Pgbouncer,
        Self::Photos,
        Self::Proxies,
        Self::Python,
        Self::Redis,
        Self::Strace,
        Self::Vulkan,
    ];

    /// Its spelling in `MUNJIGI_REQUIRE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
            Self::Install => "install",
            Self::Languages => "languages",
            Self::Monitoring => "monitoring",
            Self::Pgbouncer => "pgbouncer",
            Self::Photos => "photos",
            Self::Proxies => "proxies",
            Self::Python => "python",
            Self::Redis => "redis",
            Self::Strace => "strace",
            Self::Vulkan => "vulkan",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required(BTreeSet<Part>);

impl Required {
    /// Reads the variable from the environment.
    pub fn from_environment() -> Result<Self> {
        std::env::var("MUNJIGI_REQUIRE").unwrap_or_default().parse()
    }

    /// Whether this part must be present.
    #[must_use]
    pub fn includes(&self, part: Part) -> bool {
        self.0.contains(&part)
    }

    /// The result of looking for a part. A missing part is an error if it is
    /// required; otherwise the reason is printed and returned.
    pub fn settle<T>(&self, part: Part, found: Result<T>) -> Result<Result<T, String>> {
        match found {
            Ok(found) => Ok(Ok(found)),
            Err(reason) if self.includes(part) => {
                Err(reason.context(format!("MUNJIGI_REQUIRE names {}", part.name())))
            }
            Err(reason) => {
                let reason = format!("{reason:#}");
                println!("   {} is missing: {reason}", part.name());
                Ok(Err(reason))
            }
        }
    }
}

impl FromStr for Required {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = BTreeSet::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let Some(part) = Part::ALL.iter().find(|part| part.name() == word) else {
                let known = Part::ALL.map(Part::name).join(", ");
                bail!("MUNJIGI_REQUIRE names `{word}`; known names are {known}")
            };
            parts.insert(*part);
        }
        Ok(Self(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_parts_are_read_and_unknown_ones_are_refused() {
        let required: Required = "chromium, python".parse().unwrap();
        assert!(required.includes(Part::Python) && !required.includes(Part::Webkit));
        assert_eq!("".parse::<Required>().unwrap(), Required::default());
        assert!("chrome".parse::<Required>().unwrap_err().to_string().contains("chrome"));
        for part in Part::ALL {
            assert!(part.name().parse::<Required>().unwrap().includes(part), "{part:?}");
        }
    }

    #[test]
    fn a_missing_part_is_a_failure_where_it_is_required_and_a_reason_elsewhere() {
        let missing = || Err::<(), _>(anyhow::anyhow!("no driver"));
        let required: Required = "vulkan".parse().unwrap();
        let failure = required.settle(Part::Vulkan, missing()).unwrap_err();
        assert_eq!(format!("{failure:#}"), "MUNJIGI_REQUIRE names vulkan: no driver");
        let reason = Required::default().settle(Part::Vulkan, missing()).unwrap();
        assert_eq!(reason, Err("no driver".to_owned()));
        assert_eq!(required.settle(Part::Vulkan, Ok(7)).unwrap(), Ok(7));
    }
}
