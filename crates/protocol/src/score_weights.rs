//! What signs are worth at one site, as the origin learned it from the site's
//! own outcomes.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::Sign;

/// The weights of one site, in thousandths of log-odds of fraud. A sign that
/// is not listed weighs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreWeights {
    /// Rises with every training of the site.
    pub version: u32,
    /// The log-odds of a visit without signs, -8,000 to 8,000.
    pub bias: i32,
    /// What each sign adds, -4,000 to 4,000. Signs that this release does not
    /// know are left out when they are read: an edge may be older than the
    /// origin.
    #[serde(deserialize_with = "of_known_signs")]
    pub weights: BTreeMap<Sign, i32>,
}

fn of_known_signs<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Sign, i32>, D::Error> {
    let mut known = BTreeMap::new();
    // To collect them would bring a sort into the worker: nearly 3 KB of gzip.
    for (sign, weight) in BTreeMap::<String, i32>::deserialize(deserializer)? {
        if let Some(sign) = Sign::parse(&sign) {
            known.insert(sign, weight);
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_unknown_signs_are_left_out() {
        let text = r#"{"version":3,"bias":-2944,"weights":{"hosting":900,"levitating":-17,"webdriver":4000}}"#;
        let read: ScoreWeights = serde_json::from_str(text).unwrap();
        let weights = BTreeMap::from([(Sign::Webdriver, 4_000), (Sign::Hosting, 900)]);
        assert_eq!(read, ScoreWeights { version: 3, bias: -2_944, weights });
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(
            written,
            r#"{"version":3,"bias":-2944,"weights":{"webdriver":4000,"hosting":900}}"#
        );
        assert_eq!(serde_json::from_str::<ScoreWeights>(&written).unwrap(), read);
    }

    #[test]
    fn a_weight_that_is_no_whole_number_is_refused() {
        for weight in ["0.5", "\"1\"", "null", "3000000000"] {
            let text = format!(r#"{{"version":1,"bias":0,"weights":{{"hosting":{weight}}}}}"#);
            assert!(serde_json::from_str::<ScoreWeights>(&text).is_err(), "{weight}");
        }
    }
}
