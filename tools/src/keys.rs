//! Keys for a local stack: generated once, kept in a private file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use munjigi_keys::KeyRing;
use munjigi_keys::signature::{Audience, CallKeys};
use serde::{Deserialize, Serialize};

use crate::{files, randomness};

const INTERNAL: &str = "MUNJIGI_INTERNAL_KEYS";

/// The secrets of an installation, as the services read them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    /// `MUNJIGI_ROOT_KEYS`.
    pub root: String,
    /// `MUNJIGI_INTERNAL_KEYS`.
    pub internal: String,
    /// `MUNJIGI_KEY_CHECK`.
    pub check: String,
    /// `MUNJIGI_CONSOLE_KEYS`.
    #[serde(default = "console")]
    pub console: String,
}

/// Files of earlier versions lack this one.
fn console() -> String {
    ring("c1")
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Generates new keys.
    #[must_use]
    pub fn fresh() -> Self {
        let check = randomness::base64url(32);
        Self { root: ring("r1"), internal: ring("i1"), check, console: console() }
    }

    /// The keys of an earlier start, otherwise new ones.
    pub fn kept(path: &Path) -> Result<Self> {
        let keys = match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged; start over with `scripts/dev --fresh`", path.display())
            })?,
            Err(_) => Self::fresh(),
        };
        files::write_private(path, &serde_json::to_string_pretty(&keys)?)?;
        Ok(keys)
    }

    /// The edge's secrets.
    pub fn for_edge(&self) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::from([
            ("MUNJIGI_ROOT_KEYS".to_owned(), self.root.clone()),
            (INTERNAL.to_owned(), self.derived(&[Audience::Edge, Audience::Origin])?),
            ("MUNJIGI_KEY_CHECK".to_owned(), self.check.clone()),
        ]))
    }

    /// The origin's variables, which include no key that seals.
    #[must_use]
    pub fn for_origin(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (INTERNAL.to_owned(), self.internal.clone()),
            ("MUNJIGI_KEY_CHECK".to_owned(), self.check.clone()),
            ("MUNJIGI_CONSOLE_KEYS".to_owned(), self.console.clone()),
        ])
    }

    /// The gpu-backend's variables, which include no key that signs for another
    /// service.
    pub fn for_gpu(&self) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::from([(INTERNAL.to_owned(), self.derived(&[Audience::Gpu])?)]))
    }

    fn derived(&self, audiences: &[Audience]) -> Result<String> {
        let ring = KeyRing::parse(&self.internal).context("the ring of internal keys")?;
        Ok(CallKeys::write(&ring, audiences).to_string())
    }
}

/// A ring with one new key.
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
        assert!(keys.for_edge().unwrap().contains_key("MUNJIGI_ROOT_KEYS"));
        assert!(!keys.for_origin().values().any(|value| *value == keys.root));
    }

    #[test]
    fn the_gpu_backend_gets_its_own_key_and_no_other() {
        let keys = Keys::fresh();
        let (edge, gpu) = (keys.for_edge().unwrap(), keys.for_gpu().unwrap());
        assert_eq!(gpu.keys().collect::<Vec<_>>(), [INTERNAL]);
        assert!(gpu[INTERNAL].starts_with("gpu/i1:") && !gpu[INTERNAL].contains(','));
        let (_, ring) = keys.internal.split_once(':').unwrap();
        assert!(!gpu[INTERNAL].contains(ring) && !edge[INTERNAL].contains(ring));
        assert!(!edge[INTERNAL].contains("gpu/"));
    }

    #[test]
    fn kept_keys_stay_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        assert_eq!(Keys::kept(&path).unwrap().root, Keys::kept(&path).unwrap().root);
        // Including keys that an earlier version did not have.
        std::fs::write(&path, r#"{"root":"r","internal":"i","check":"c"}"#).unwrap();
        let keys = Keys::kept(&path).unwrap();
        assert_eq!(keys.root, "r");
        assert_eq!(Keys::kept(&path).unwrap().console, keys.console);
    }
}
