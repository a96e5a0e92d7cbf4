//! Keys for a local stack: made once, kept in a private file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{files, randomness};

/// The three secrets of PROTOCOL's key rings, as the services read them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    /// `MUNJIGI_ROOT_KEYS`.
    pub root: String,
    /// `MUNJIGI_INTERNAL_KEYS`.
    pub internal: String,
    /// `MUNJIGI_KEY_CHECK`.
    pub check: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Fresh ones.
    #[must_use]
    pub fn fresh() -> Self {
        Self { root: ring("r1"), internal: ring("i1"), check: randomness::base64url(32) }
    }

    /// The ones of an earlier start, else fresh ones.
    pub fn kept(path: &Path) -> Result<Self> {
        if let Ok(text) = std::fs::read_to_string(path) {
            return serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged; start over with `scripts/dev --fresh`", path.display())
            });
        }
        let keys = Self::fresh();
        files::write_private(path, &serde_json::to_string_pretty(&keys)?)?;
        Ok(keys)
    }

    /// As the edge's secrets.
    #[must_use]
    pub fn for_edge(&self) -> BTreeMap<String, String> {
        let mut variables = self.for_origin();
        variables.insert("MUNJIGI_ROOT_KEYS".to_owned(), self.root.clone());
        variables
    }

    /// As the origin's variables, which hold no key that seals.
    #[must_use]
    pub fn for_origin(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("MUNJIGI_INTERNAL_KEYS".to_owned(), self.internal.clone()),
            ("MUNJIGI_KEY_CHECK".to_owned(), self.check.clone()),
        ])
    }
}

/// A ring of one fresh key.
#[must_use]
pub fn ring(kid: &str) -> String {
    format!("{kid}:{}", randomness::base64url(32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_never_gets_a_key_that_seals() {
        let keys = Keys::fresh();
        assert!(keys.for_edge().contains_key("MUNJIGI_ROOT_KEYS"));
        assert!(!keys.for_origin().values().any(|value| *value == keys.root));
    }

    #[test]
    fn kept_keys_stay_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        assert_eq!(Keys::kept(&path).unwrap().root, Keys::kept(&path).unwrap().root);
    }
}
