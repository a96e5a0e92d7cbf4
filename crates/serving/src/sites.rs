//! The published sites, from their store through this process's caches. What a
//! site allows is decided in the core.

use std::sync::Arc;

use crate::cache::{Cache, Lookup};
use crate::config::Environment;
use crate::log::{Level, Line};
use crate::platform::Platform;
use crate::ports::Values;
use crate::state::{Known, State};
use crate::versioned::{Stored, Versioned};
use munjigi_captcha::ports::{SiteSource, StoreError};
use munjigi_captcha::{Exemption, ImportFilter, Imports, SecretHash, Site, SiteError, Sitekey};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{SiteConfig, base64};

/// How long a known site counts as unchanged.
const HIT_MS: u64 = 30_000;
/// How long a site that was not found counts as missing: a new site should work
/// at once.
const MISS_MS: u64 = 5_000;
/// How long loaded sites are served on while the store does not answer. Far
/// below the hour for which the objects deny what was revoked, so that nothing
/// revoked is accepted again when they forget it.
const STALE_MS: u64 = 600_000;

/// The start of sitekeys in our own shape.
const SITEKEY_PREFIX: &str = "mj_";

/// The key of the filter of imported keys.
pub const IMPORTS_KEY: &str = "imports";

/// The store as the source of sites.
pub struct Sites<'request, P> {
    platform: &'request P,
    state: &'request State,
    now: UnixMillis,
}

/// The key of a site's configuration.
pub fn site_key(sitekey: &str) -> String {
    format!("site:{sitekey}")
}

/// The key of a secret's site.
pub fn secret_key(hash: &str) -> String {
    format!("secret:{hash}")
}

/// The key of an alias's site.
pub fn alias_key(alias: &str) -> String {
    format!("alias:{alias}")
}

impl Versioned for SiteConfig {
    fn version(&self) -> u64 {
        self.version
    }

    fn read(text: &str) -> Option<Self> {
        // As every other body is read: another reader is 10 KB of the Worker.
        serde_json::from_slice(text.as_bytes()).ok()
    }
}

/// A site's configuration as the core reads it.
pub fn parse(environment: Environment, config: &SiteConfig) -> Result<Site, SiteError> {
    let exemption = match environment {
        Environment::Development => Exemption::Honoured,
        Environment::Production => Exemption::Ignored,
    };
    Site::parse(config, exemption)
}

impl<'request, P: Platform> Sites<'request, P> {
    /// The sites as known at a given time.
    pub const fn new(platform: &'request P, state: &'request State, now: UnixMillis) -> Self {
        Self { platform, state, now }
    }

    /// The site of a sitekey that was checked and loaded lately.
    pub fn recent(&self, sitekey: &str) -> Option<Arc<Site>> {
        // The cache has names of other kinds, too.
        let is_own = sitekey.starts_with(SITEKEY_PREFIX);
        let known = || self.state.sites.with(|sites| sites.find(sitekey, self.now.0));
        match is_own.then(known) {
            Some(Lookup::Fresh(known)) => known.site,
            _ => None,
        }
    }

    /// What the store has under a sitekey, bypassing our own caches. It may
    /// have caches of its own, and be a minute out of date.
    pub async fn stored(&self, sitekey: &str) -> Result<Stored<SiteConfig>, StoreError> {
        let text = self.platform.values()?.load(&site_key(sitekey)).await?;
        let stored = Stored::parse(text.as_deref());
        if stored == Stored::Unreadable {
            self.unreadable(sitekey, "this release cannot read the site; publish it again");
        }
        Ok(stored)
    }

    async fn load(&self, sitekey: &str) -> Result<Known<Arc<Site>>, StoreError> {
        let site = match self.stored(sitekey).await? {
            Stored::Nothing | Stored::Deleted(_) => None,
            Stored::Unreadable => return Err(StoreError),
            Stored::Published(config) => match parse(self.state.config.environment, &config) {
                Ok(site) => Some(Arc::new(site)),
                Err(error) => {
                    self.unreadable(sitekey, &error.to_string());
                    return Err(StoreError);
                }
            },
        };
        Ok(Known { site, read_at: self.now.0 })
    }

    /// The filter of imported keys as stored, bypassing our own caches.
    pub async fn stored_imports(&self) -> Result<ImportFilter, StoreError> {
        let Some(text) = self.platform.values()?.load(IMPORTS_KEY).await? else {
            return Ok(ImportFilter::default());
        };
        let filter = base64::decode(&text).and_then(|bytes| ImportFilter::read(&bytes));
        if filter.is_none() {
            self.unreadable(IMPORTS_KEY, "this release cannot read the filter; publish it again");
        }
        Ok(filter.unwrap_or_default())
    }

    /// The site with a name other than its sitekey. `is_its` checks the loaded
    /// site: the two keys are written and removed one after the other, and the
    /// site's own list decides.
    async fn by_name(
        &self,
        name: &str,
        key: String,
        is_its: &(dyn Fn(&Site) -> bool + Sync),
    ) -> Result<Option<Arc<Site>>, StoreError> {
        let known = self.state.sites.with(|sites| sites.find(name, self.now.0));
        if let Lookup::Fresh(known) = known {
            return Ok(known.site);
        }
        let loaded = self.load_by_name(&key, is_its).await;
        let sites = &self.state.sites;
        Ok(sites.with(|sites| settle(sites, name, known, loaded, self.now))?.site)
    }

    async fn load_by_name(
        &self,
        key: &str,
        is_its: &(dyn Fn(&Site) -> bool + Sync),
    ) -> Result<Known<Arc<Site>>, StoreError> {
        let sitekey = self.platform.values()?.load(key).await?;
        match sitekey.and_then(|text| Sitekey::from_trusted(&text).ok()) {
            Some(sitekey) => {
                let known = self.known(&sitekey).await?;
                Ok(Known { site: known.site.filter(|site| is_its(site)), ..known })
            }
            None => Ok(Known { site: None, read_at: self.now.0 }),
        }
    }

    fn unreadable(&self, key: &str, why: &str) {
        let detail = format!("{key}: {why}");
        self.platform.log(&Line::new(Level::Error, "site-unreadable").with_detail(&detail));
    }

    async fn known(&self, sitekey: &Sitekey) -> Result<Known<Arc<Site>>, StoreError> {
        let key = sitekey.to_string();
        let known = self.state.sites.with(|sites| sites.find(&key, self.now.0));
        if let Lookup::Fresh(known) = known {
            return Ok(known);
        }
        let loaded = self.load(&key).await;
        self.state.sites.with(|sites| settle(sites, &key, known, loaded, self.now))
    }
}

impl<P: Platform> SiteSource for Sites<'_, P> {
    async fn by_sitekey(&self, sitekey: &Sitekey) -> Result<Option<Arc<Site>>, StoreError> {
        Ok(self.known(sitekey).await?.site)
    }

    async fn by_alias(&self, name: &str) -> Result<Option<Arc<Site>>, StoreError> {
        self.by_name(name, alias_key(name), &|site| site.answers_to(name)).await
    }

    async fn by_secret(&self, hash: &SecretHash) -> Result<Option<Arc<Site>>, StoreError> {
        let name = hash.as_str();
        self.by_name(name, secret_key(name), &|site| site.has_secret(hash)).await
    }

    async fn imports(&self) -> Result<Arc<Imports>, StoreError> {
        let known = self.state.imports.copy();
        let before = match known {
            Some((filter, fresh_until)) if self.now.0 < fresh_until => return Ok(filter),
            known => known.map(|(filter, _)| filter),
        };
        let (filter, lifetime) = match (self.stored_imports().await, before) {
            (Ok(filter), _) => {
                let check = self.state.config.authority.check().clone();
                (Arc::new(Imports::new(filter, check)), HIT_MS)
            }
            // Each site states which keys are its own.
            (Err(_), Some(filter)) => (filter, MISS_MS),
            (Err(error), None) => return Err(error),
        };
        let fresh_until = self.now.0 + lifetime;
        let known = Some((Arc::clone(&filter), fresh_until));
        self.state.imports.with(|imports| *imports = known);
        Ok(filter)
    }
}

/// Caches what was loaded. While the store does not answer, earlier values are
/// served for a while: a visitor must not wait for a store that is down.
fn settle<S: Clone>(
    cache: &mut Cache<Known<S>>,
    key: &str,
    before: Lookup<Known<S>>,
    loaded: Result<Known<S>, StoreError>,
    now: UnixMillis,
) -> Result<Known<S>, StoreError> {
    let (known, lifetime) = match (loaded, before) {
        (Ok(known), _) => {
            let lifetime = if known.site.is_some() { HIT_MS } else { MISS_MS };
            (known, lifetime)
        }
        (Err(_), Lookup::Fresh(known) | Lookup::Stale(known))
            if now.0 < known.read_at.saturating_add(STALE_MS) =>
        {
            (known, MISS_MS)
        }
        (Err(error), _) => return Err(error),
    };
    cache.keep(key, known.clone(), now.0, lifetime);
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_site_is_better_than_none_when_the_store_is_away() {
        let mut cache = Cache::new(4);
        let now = UnixMillis(100_000);
        let away = || Err(StoreError);
        let site = Known { site: Some(7), read_at: 60_000 };
        let none = Known { site: None, read_at: now.0 };
        assert_eq!(settle::<u8>(&mut cache, "a", Lookup::Absent, away(), now), Err(StoreError));
        let stale = Lookup::Stale(site.clone());
        assert_eq!(settle(&mut cache, "a", stale.clone(), away(), now), Ok(site.clone()));
        assert_eq!(cache.find("a", now.0 + MISS_MS - 1), Lookup::Fresh(site));
        assert_eq!(settle(&mut cache, "a", stale, Ok(none.clone()), now), Ok(none.clone()));
        assert_eq!(cache.find("a", now.0), Lookup::Fresh(none));
    }

    #[test]
    fn a_stale_site_is_served_for_at_most_ten_minutes() {
        let mut cache = Cache::new(4);
        let site = Known { site: Some(7), read_at: 0 };
        cache.keep("a", site.clone(), 0, HIT_MS);
        let mut served_until = 0;
        for now in (0..1_200_000).step_by(1_000) {
            let served = match cache.find("a", now) {
                Lookup::Fresh(known) => Ok(known),
                before => settle(&mut cache, "a", before, Err(StoreError), UnixMillis(now)),
            };
            if served.is_ok() {
                served_until = now;
            }
        }
        assert!((STALE_MS - MISS_MS..STALE_MS + MISS_MS).contains(&served_until), "{served_until}");
    }
}
