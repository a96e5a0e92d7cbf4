//! What one process keeps between requests: its configuration, parsed once, and
//! caches that may be lost at any time.

use std::sync::Arc;

use munjigi_captcha::clearance::Clearance;
use munjigi_captcha::pictures::PicturePack;
use munjigi_captcha::{Imports, List, Loads, Shared, Site};
use munjigi_counters::Counters;
use munjigi_protocol::{Health, Pools};

use crate::cache::Cache;
use crate::config::Config;
use crate::counts::Counts;

/// Maximum number of cached sitekeys and secrets.
const CACHED_SITES: usize = 4_096;

/// Maximum number of cached packs; each takes some 20 to 80 KB.
const CACHED_PACKS: usize = 64;

/// Maximum number of cached lists; each takes up to 80 KB.
const CACHED_LISTS: usize = 128;

/// Maximum number of cached clearances, of some 400 bytes each.
const CACHED_CLEARANCES: usize = 1_024;

/// Everything that outlives a request.
pub struct State {
    pub config: Config,
    /// Sites by sitekey, by alias and by the hash of a secret; `None`: there is
    /// no such site. Each of these carries a check that only the origin can
    /// make, or is in its filter.
    pub(crate) sites: Shared<Cache<Known<Arc<Site>>>>,
    /// The filter of imported keys, and until when it is fresh.
    pub(crate) imports: Shared<Option<(Arc<Imports>, u64)>>,
    /// The pools that pictures are dealt from.
    pub(crate) pools: Shared<KnownPools>,
    /// Packs by the key of their manifest; `None`: there is no such pack.
    pub(crate) packs: Shared<Cache<Option<Arc<PicturePack>>>>,
    /// Lists by their ids; `None`: there is no such list.
    pub(crate) lists: Shared<Cache<Option<Arc<List>>>>,
    /// The frame's document, and until when it is fresh.
    pub(crate) document: Shared<Option<(Arc<str>, u64)>>,
    /// The last health report, and until when it is repeated.
    pub(crate) health: Shared<Option<(Health, u64)>>,
    /// The counters of the policy.
    pub(crate) counters: Arc<Shared<Counters>>,
    /// Clearances by their cookies: the files of a page all come with the same one.
    pub(crate) opened: Shared<Cache<Clearance>>,
    /// How busy paths are whose rules hold only under load.
    pub(crate) loads: Arc<Shared<Loads>>,
    /// Counts to be sent to the origin.
    pub(crate) counts: Arc<Shared<Counts>>,
    /// Until when a request is going to send the counts.
    pub(crate) counts_due: Arc<Shared<u64>>,
}

/// What the store said about a site, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known<S> {
    /// The site, if there is one.
    pub site: Option<S>,
    /// When it was read, in milliseconds since 1970.
    pub read_at: u64,
}

/// The pools, and until when they are fresh.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownPools {
    /// The pools, if they were ever published.
    pub pools: Option<Arc<Pools>>,
    /// In milliseconds since 1970.
    pub fresh_until: u64,
}

impl State {
    /// Empty caches for a configuration.
    pub fn new(config: Config) -> Self {
        Self {
            sites: Shared::new(Cache::new(CACHED_SITES)),
            imports: Shared::default(),
            pools: Shared::default(),
            packs: Shared::new(Cache::new(CACHED_PACKS)),
            lists: Shared::new(Cache::new(CACHED_LISTS)),
            document: Shared::default(),
            health: Shared::default(),
            counters: Arc::new(Shared::new(Counters::new(config.counter_half_life_seconds))),
            opened: Shared::new(Cache::new(CACHED_CLEARANCES)),
            loads: Arc::default(),
            counts: Arc::default(),
            counts_due: Arc::default(),
            config,
        }
    }

    /// Empty caches for another configuration of the same process, and the same
    /// counters: what visitors pay under attack does not begin again. Their
    /// half-life stays what it is.
    #[must_use]
    pub fn reconfigured(&self, config: Config) -> Self {
        Self {
            counters: Arc::clone(&self.counters),
            loads: Arc::clone(&self.loads),
            counts: Arc::clone(&self.counts),
            counts_due: Arc::clone(&self.counts_due),
            ..Self::new(config)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let read = Config::parse(
            |name| match name {
                "MUNJIGI_ROOT_KEYS" | "MUNJIGI_INTERNAL_KEYS" => Some(format!("k1:{key}")),
                "MUNJIGI_KEY_CHECK" => Some(key.to_owned()),
                _ => None,
            },
            [],
        );
        read.ok().unwrap()
    }

    #[test]
    fn another_configuration_keeps_the_counters_and_forgets_the_caches() {
        let state = State::new(config());
        state.document.with(|document| *document = Some(("old".into(), u64::MAX)));
        let other = state.reconfigured(config());
        assert!(Arc::ptr_eq(&state.counters, &other.counters));
        assert!(Arc::ptr_eq(&state.counts, &other.counts));
        assert!(Arc::ptr_eq(&state.counts_due, &other.counts_due));
        assert!(other.document.copy().is_none());
    }
}
