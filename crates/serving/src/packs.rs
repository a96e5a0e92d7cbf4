//! The published packs, from their store through this process's caches. What is
//! dealt from them is decided in the core.

use std::sync::Arc;

use munjigi_captcha::pictures::{PackSource, PicturePack, read_pools};
use munjigi_captcha::ports::StoreError;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{PackId, Pools, base64};

use crate::cache::Lookup;
use crate::log::{Level, Line};
use crate::platform::Platform;
use crate::ports::Values;
use crate::state::{KnownPools, State};
use crate::versioned::Versioned;

/// The key of the pools.
pub const POOLS_KEY: &str = "pools";

/// How long the pools count as unchanged.
const POOLS_MS: u64 = 30_000;
/// A pack never changes; it is reloaded only to notice its deletion.
const PACK_MS: u64 = 3_600_000;
/// How long missing or unavailable packs are not requested again.
const MISS_MS: u64 = 5_000;

/// The store as the source of packs.
pub struct Packs<'request, P> {
    platform: &'request P,
    state: &'request State,
    now: UnixMillis,
}

/// The key of a pack's manifest.
pub fn pack_key(id: PackId) -> String {
    format!("pack:{id}")
}

/// The name of a pack's images in the bucket.
pub fn images_key(id: PackId) -> String {
    format!("packs/{id}")
}

impl Versioned for Pools {
    fn version(&self) -> u64 {
        self.version
    }

    fn read(text: &str) -> Option<Self> {
        base64::decode(text).and_then(|bytes| read_pools(&bytes).ok())
    }
}

impl<'request, P: Platform> Packs<'request, P> {
    /// The packs as known at a given time.
    pub const fn new(platform: &'request P, state: &'request State, now: UnixMillis) -> Self {
        Self { platform, state, now }
    }

    /// The pools as stored, bypassing our own caches.
    pub async fn stored_pools(&self) -> Result<Option<Pools>, StoreError> {
        let Some(text) = self.platform.values()?.load(POOLS_KEY).await? else { return Ok(None) };
        let pools = Pools::read(&text);
        if pools.is_none() {
            self.unreadable(POOLS_KEY);
        }
        Ok(pools)
    }

    /// The manifest as stored, bypassing our own caches.
    pub async fn stored_pack(&self, id: PackId) -> Result<Option<PicturePack>, StoreError> {
        let key = pack_key(id);
        let Some(text) = self.platform.values()?.load(&key).await? else { return Ok(None) };
        let pack = base64::decode(&text).and_then(|bytes| PicturePack::read(&bytes).ok());
        if pack.is_none() {
            self.unreadable(&key);
        }
        Ok(pack)
    }

    fn unreadable(&self, key: &str) {
        let detail = format!("{key}: this release cannot read it; publish it again");
        self.platform.log(&Line::new(Level::Error, "pack-unreadable").with_detail(&detail));
    }
}

impl<P: Platform> PackSource for Packs<'_, P> {
    async fn pools(&self) -> Result<Option<Arc<Pools>>, StoreError> {
        let known = self.state.pools.copy();
        if self.now.0 < known.fresh_until {
            return Ok(known.pools);
        }
        let (pools, lifetime) = match self.stored_pools().await {
            Ok(pools) => (pools.map(Arc::new), POOLS_MS),
            // Each pack states until when it is dealt from.
            Err(_) => (known.pools, MISS_MS),
        };
        let fresh_until = self.now.0 + lifetime;
        let known = KnownPools { pools: pools.clone(), fresh_until };
        self.state.pools.with(|pools| *pools = known);
        Ok(pools)
    }

    async fn pack(&self, id: PackId) -> Result<Option<Arc<PicturePack>>, StoreError> {
        let key = pack_key(id);
        let known = self.state.packs.with(|packs| packs.find(&key, self.now.0));
        let before = match known {
            Lookup::Fresh(pack) => return Ok(pack),
            Lookup::Stale(pack) => Some(pack),
            Lookup::Absent => None,
        };
        let pack = match (self.stored_pack(id).await, before) {
            (Ok(pack), _) => pack.map(Arc::new),
            (Err(_), Some(pack)) => pack,
            (Err(error), None) => return Err(error),
        };
        let lifetime = if pack.is_some() { PACK_MS } else { MISS_MS };
        self.state.packs.with(|packs| packs.keep(&key, pack.clone(), self.now.0, lifetime));
        Ok(pack)
    }
}
