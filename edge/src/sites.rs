//! The published sites, from KV through the isolate's caches. An adapter:
//! what a site allows is decided in the core.

use std::sync::Arc;

use munjigi_captcha::ports::{SiteSource, StoreError};
use munjigi_captcha::{Exemption, SecretHash, Site, Sitekey, UnixMillis};
use munjigi_protocol::SiteConfig;
use worker::Env;
use worker::wasm_bindgen::JsValue;

use crate::cache::{Cache, Lookup};
use crate::config::Place;
use crate::glue;
use crate::isolate::Isolate;
use crate::log::{Level, Line};

/// How long a site that is there is believed to be as it was.
const HIT_MS: u64 = 30_000;
/// How long a site that is not there is believed not to be: a new site should
/// work at once.
const MISS_MS: u64 = 5_000;

/// KV as the source of sites.
pub struct Sites<'edge> {
    isolate: &'edge Isolate,
    env: &'edge Env,
    now: UnixMillis,
}

/// What stands in KV under a sitekey.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// Nothing.
    Nothing,
    /// The site of this version was deleted.
    Deleted(u64),
    /// A site.
    Site(Box<SiteConfig>),
}

/// The key of a site's configuration.
pub fn site_key(sitekey: &str) -> String {
    format!("site:{sitekey}")
}

/// The key of a secret's site.
pub fn secret_key(hash: &str) -> String {
    format!("secret:{hash}")
}

/// The key of an alias' site.
pub fn alias_key(alias: &str) -> String {
    format!("alias:{alias}")
}

impl Stored {
    /// What a deleted site leaves behind, so that an older PUT that is still
    /// on its way does not bring it back.
    const DELETED: &'static str = "deleted:";

    /// Reads a value.
    pub fn parse(text: Option<&str>) -> Result<Self, StoreError> {
        let Some(text) = text else { return Ok(Self::Nothing) };
        if let Some(version) = text.strip_prefix(Self::DELETED) {
            return version.parse().map(Self::Deleted).map_err(|_| StoreError);
        }
        serde_json::from_slice(text.as_bytes())
            .map(|site| Self::Site(Box::new(site)))
            .map_err(|_| StoreError)
    }

    /// The value for a deleted site.
    pub fn deleted(version: u64) -> String {
        format!("{}{version}", Self::DELETED)
    }
}

impl<'edge> Sites<'edge> {
    /// Sites as they are known at a time.
    pub const fn new(isolate: &'edge Isolate, env: &'edge Env, now: UnixMillis) -> Self {
        Self { isolate, env, now }
    }

    /// What KV says of a sitekey, past every cache.
    pub async fn stored(env: &Env, sitekey: &str) -> Result<Stored, StoreError> {
        Stored::parse(Kv::new(env)?.load(&site_key(sitekey)).await?.as_deref())
    }

    /// A site's configuration as the core reads it.
    pub fn parse(
        isolate: &Isolate,
        config: &SiteConfig,
    ) -> Result<Site, munjigi_captcha::SiteError> {
        let exemption = match isolate.config.place {
            Place::Local => Exemption::Honoured,
            Place::Published => Exemption::Ignored,
        };
        Site::parse(config, exemption)
    }

    async fn load(&self, sitekey: &str) -> Result<Option<Arc<Site>>, StoreError> {
        match Self::stored(self.env, sitekey).await? {
            Stored::Nothing | Stored::Deleted(_) => Ok(None),
            Stored::Site(config) => match Self::parse(self.isolate, &config) {
                Ok(site) => Ok(Some(Arc::new(site))),
                Err(error) => {
                    let detail = format!("{sitekey}: {error}");
                    Line::new(Level::Error, "site-unreadable").with_detail(&detail).write();
                    Err(StoreError)
                }
            },
        }
    }

    async fn load_by_secret(&self, hash: &SecretHash) -> Result<Option<Arc<Site>>, StoreError> {
        let sitekey = Kv::new(self.env)?.load(&secret_key(hash.as_str())).await?;
        match sitekey.and_then(|text| Sitekey::from_trusted(&text).ok()) {
            // KV writes the two keys one after the other, and removes them
            // so: the site's own list of secrets decides.
            Some(sitekey) => {
                Ok(self.by_sitekey(&sitekey).await?.filter(|site| site.has_secret(hash)))
            }
            None => Ok(None),
        }
    }
}

impl SiteSource for Sites<'_> {
    async fn by_sitekey(&self, sitekey: &Sitekey) -> Result<Option<Arc<Site>>, StoreError> {
        let key = sitekey.to_string();
        let known = self.isolate.sites.borrow().find(&key, self.now.0);
        if let Lookup::Fresh(site) = known {
            return Ok(site);
        }
        let loaded = self.load(&key).await;
        settle(&mut self.isolate.sites.borrow_mut(), &key, known, loaded, self.now)
    }

    async fn by_secret(&self, hash: &SecretHash) -> Result<Option<Arc<Site>>, StoreError> {
        let known = self.isolate.sites.borrow().find(hash.as_str(), self.now.0);
        if let Lookup::Fresh(site) = known {
            return Ok(site);
        }
        let loaded = self.load_by_secret(hash).await;
        settle(&mut self.isolate.sites.borrow_mut(), hash.as_str(), known, loaded, self.now)
    }
}

/// Keeps what was loaded. When KV does not answer, what was known before is
/// served on: a visitor must not wait for a store that is away.
fn settle<T: Clone>(
    cache: &mut Cache<Option<T>>,
    key: &str,
    known: Lookup<Option<T>>,
    loaded: Result<Option<T>, StoreError>,
    now: UnixMillis,
) -> Result<Option<T>, StoreError> {
    match (loaded, known) {
        (Ok(value), _) => {
            let lifetime = if value.is_some() { HIT_MS } else { MISS_MS };
            cache.keep(key, value.clone(), now.0, lifetime);
            Ok(value)
        }
        (Err(_), Lookup::Fresh(value) | Lookup::Stale(value)) => {
            cache.keep(key, value.clone(), now.0, MISS_MS);
            Ok(value)
        }
        (Err(error), Lookup::Absent) => Err(error),
    }
}

/// The namespace `SITES`.
pub struct Kv(JsValue);

impl Kv {
    /// The binding.
    pub fn new(env: &Env) -> Result<Self, StoreError> {
        glue::binding(env, "SITES").map(Self).ok_or(StoreError)
    }

    /// The value of a key.
    pub async fn load(&self, key: &str) -> Result<Option<String>, StoreError> {
        Self::checked(glue::load(&self.0, key).await).map(|value| value.as_string())
    }

    /// Keeps a value for ever.
    pub async fn store(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.store_for(key, value, 0).await
    }

    /// Keeps a value for so many seconds.
    pub async fn store_for(&self, key: &str, value: &str, seconds: u32) -> Result<(), StoreError> {
        Self::checked(glue::store(&self.0, key, value, seconds).await).map(drop)
    }

    /// Forgets a key.
    pub async fn remove(&self, key: &str) -> Result<(), StoreError> {
        Self::checked(glue::remove(&self.0, key).await).map(drop)
    }

    fn checked(result: Result<JsValue, JsValue>) -> Result<JsValue, StoreError> {
        result.map_err(|error| {
            Line::new(Level::Warn, "kv-failed").with_detail(&glue::reason(&error)).write();
            StoreError
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_site_is_better_than_none_when_kv_is_away() {
        let mut cache = Cache::new(4);
        let now = UnixMillis(100_000);
        let away = || Err(StoreError);
        assert_eq!(settle::<u8>(&mut cache, "a", Lookup::Absent, away(), now), Err(StoreError));
        assert_eq!(settle(&mut cache, "a", Lookup::Stale(Some(7)), away(), now), Ok(Some(7)));
        assert_eq!(cache.find("a", now.0 + MISS_MS - 1), Lookup::Fresh(Some(7)));
        assert_eq!(settle(&mut cache, "a", Lookup::Stale(Some(7)), Ok(None), now), Ok(None));
        assert_eq!(cache.find("a", now.0), Lookup::Fresh(None));
    }

    #[test]
    fn a_deleted_site_leaves_its_version() {
        assert_eq!(Stored::parse(None), Ok(Stored::Nothing));
        assert_eq!(Stored::parse(Some(&Stored::deleted(7))), Ok(Stored::Deleted(7)));
        assert_eq!(Stored::parse(Some("deleted:x")), Err(StoreError));
        assert_eq!(Stored::parse(Some("{}")), Err(StoreError));
    }
}
