//! What a score goes by, and what it says of a visit.

use munjigi_captcha::policy::{is_convicted, risk};
use munjigi_captcha::weights::{BIAS, Weights, chance_of};
use munjigi_protocol::Signs;
use serde::{Deserialize, Serialize};

/// What a site's score goes by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Model {
    /// The fixed weights of the release, the same everywhere.
    #[default]
    #[serde(rename = "fixed")]
    Fixed,
    /// Weights of the site's own.
    #[serde(rename = "own")]
    Own(Weights),
}

impl Model {
    /// How much more often frauds look like this than other visitors do, as a
    /// logarithm (natural, not thousandths): what the signs say, apart from how
    /// many visits are fraudulent.
    pub fn evidence(&self, signs: Signs) -> f64 {
        let chance = chance_of(risk(signs));
        let fixed = (chance / (1.0 - chance)).ln() - f64::from(BIAS) / 1_000.0;
        match self {
            Self::Fixed => fixed,
            Self::Own(weights) => {
                let own = f64::from(weights.log_odds(signs) - BIAS) / 1_000.0;
                if is_convicted(signs) { own.max(fixed) } else { own }
            }
        }
    }

    /// The chance of fraud, 0 to 1, where half of the visits are fraudulent.
    pub fn chance(&self, signs: Signs) -> f64 {
        1.0 / (1.0 + (-self.evidence(signs)).exp())
    }
}
