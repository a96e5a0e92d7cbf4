//! `MUNJIGI_REQUIRE`: which parts must be there. Without it a missing part is
//! a skip with its reason; with it, a failure.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::{Result, bail};

/// Something that cannot always be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Chromium or Chrome.
    Chromium,
    /// Firefox.
    Firefox,
    /// WebKit by way of GTK's `MiniBrowser`.
    Webkit,
    /// Python with virtual environments.
    Python,
    /// Redis, or another server of its protocol.
    Redis,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 5] =
        [Self::Chromium, Self::Firefox, Self::Webkit, Self::Python, Self::Redis];

    /// Its spelling in `MUNJIGI_REQUIRE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
            Self::Python => "python",
            Self::Redis => "redis",
        }
    }
}

/// The parts that must be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required(BTreeSet<Part>);

impl Required {
    /// From the environment.
    pub fn from_environment() -> Result<Self> {
        std::env::var("MUNJIGI_REQUIRE").unwrap_or_default().parse()
    }

    /// Whether this part must be there.
    #[must_use]
    pub fn includes(&self, part: Part) -> bool {
        self.0.contains(&part)
    }
}

impl FromStr for Required {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = BTreeSet::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match Part::ALL.iter().find(|part| part.name() == word) {
                Some(part) => parts.insert(*part),
                None => bail!(
                    "MUNJIGI_REQUIRE names `{word}`; known are chromium, firefox, webkit, \
                     python, redis"
                ),
            };
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
    }
}
