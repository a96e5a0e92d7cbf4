//! Publishing a site: KV for who asks later, the deny list for who would be
//! answered from a cache meanwhile.

use munjigi_captcha::ports::StoreError;
use munjigi_captcha::{Refusal, issue};
use munjigi_protocol::{Code, SiteConfig, SiteDelete, SitePut, SiteState, routes};

use super::authorise;
use crate::answer::Answer;
use crate::edge::Edge;
use crate::inbound::{Inbound, object};
use crate::objects::Objects;
use crate::redemptions::wire::Verdict;
use crate::sites::{Kv, Sites, Stored, alias_key, secret_key, site_key};

/// How long a deleted site's version is remembered.
const DELETED_SECONDS: u32 = 30 * 86_400;

/// Publishes a site, or the same version of it again.
pub async fn put(edge: &Edge<'_>, inbound: &Inbound, sitekey: &str) -> Result<Answer, Answer> {
    let body = authorise(edge, inbound, routes::PUT_SITE).await?;
    let config: SiteConfig = object(&body)?;
    if config.sitekey != sitekey {
        return Err(Answer::problem(
            Code::MalformedRequest,
            "the path and the body name two sites",
        ));
    }
    issue::sitekey(&edge.isolate.config.authority, sitekey)?;
    Sites::parse(edge.isolate, &config)
        .map_err(|error| Answer::problem(Code::MalformedRequest, error.to_string()))?;
    let before = Sites::stored(edge.env, sitekey).await.map_err(|_| kv_away())?;
    refuse_stale(&before, &config)?;
    let before = match before {
        Stored::Site(site) => Some(*site),
        Stored::Nothing | Stored::Deleted(_) => None,
    };
    let verdicts = verdicts(before.as_ref(), &config);
    write(edge, before.as_ref(), &config).await.map_err(|_| kv_away())?;
    deny(edge, verdicts).await?;
    forget(edge, sitekey, before.as_ref(), Some(&config));
    Ok(Answer::json(&SitePut { sitekey: config.sitekey, version: config.version }))
}

/// Takes a site off the edge.
pub async fn delete(edge: &Edge<'_>, inbound: &Inbound, sitekey: &str) -> Result<Answer, Answer> {
    let body = authorise(edge, inbound, routes::DELETE_SITE).await?;
    let deletion: SiteDelete = match body.as_slice() {
        [] => SiteDelete::default(),
        body => object(body)?,
    };
    issue::sitekey(&edge.isolate.config.authority, sitekey)?;
    let before = match Sites::stored(edge.env, sitekey).await.map_err(|_| kv_away())? {
        Stored::Site(site) => *site,
        Stored::Deleted(version) => {
            return Ok(Answer::json(&SitePut { sitekey: sitekey.to_owned(), version }));
        }
        Stored::Nothing => {
            return Err(Answer::problem(Code::UnknownSitekey, "no site has this sitekey"));
        }
    };
    let version = deletion.version.max(before.version);
    let names = core::iter::once(&before.sitekey).chain(&before.secrets);
    deny(edge, names.map(|name| verdict(name, version, true)).collect()).await?;
    erase(edge, &before, version).await.map_err(|_| kv_away())?;
    forget(edge, sitekey, Some(&before), None);
    Ok(Answer::json(&SitePut { sitekey: sitekey.to_owned(), version }))
}

/// A version is published once; the same again is a repeat whose answer was
/// lost.
fn refuse_stale(before: &Stored, config: &SiteConfig) -> Result<(), Answer> {
    let fresh = match before {
        Stored::Nothing => true,
        Stored::Deleted(version) => config.version > *version,
        Stored::Site(site) => config.version > site.version || **site == *config,
    };
    if fresh {
        return Ok(());
    }
    Err(Answer::problem(Code::StaleVersion, "this version or a newer one is already here"))
}

/// What must not wait for caches: a pause, its end, and secrets that are no
/// longer the site's. Nothing for nearly every change.
fn verdicts(before: Option<&SiteConfig>, config: &SiteConfig) -> Vec<Verdict> {
    let Some(before) = before else { return Vec::new() };
    let removed = before.secrets.iter().filter(|hash| !config.secrets.contains(hash));
    let mut verdicts: Vec<Verdict> =
        removed.map(|hash| verdict(hash, config.version, true)).collect();
    if before.state != config.state {
        let denied = config.state == SiteState::Paused;
        verdicts.push(verdict(&config.sitekey, config.version, denied));
    }
    verdicts
}

fn verdict(name: &str, version: u64, denied: bool) -> Verdict {
    Verdict { name: name.to_owned(), version, denied }
}

/// The site itself last: should a write before it fail, the origin's next try
/// finds the older version and does everything again.
async fn write(
    edge: &Edge<'_>,
    before: Option<&SiteConfig>,
    config: &SiteConfig,
) -> Result<(), StoreError> {
    let kv = Kv::new(edge.env)?;
    for hash in &config.secrets {
        kv.store(&secret_key(hash), &config.sitekey).await?;
    }
    for alias in &config.aliases {
        kv.store(&alias_key(alias), &config.sitekey).await?;
    }
    if let Some(before) = before {
        for hash in before.secrets.iter().filter(|hash| !config.secrets.contains(hash)) {
            kv.remove(&secret_key(hash)).await?;
        }
        for alias in before.aliases.iter().filter(|alias| !config.aliases.contains(alias)) {
            kv.remove(&alias_key(alias)).await?;
        }
    }
    let text = serde_json::to_string(config).map_err(|_| StoreError)?;
    kv.store(&site_key(&config.sitekey), &text).await
}

async fn erase(edge: &Edge<'_>, site: &SiteConfig, version: u64) -> Result<(), StoreError> {
    let kv = Kv::new(edge.env)?;
    for hash in &site.secrets {
        kv.remove(&secret_key(hash)).await?;
    }
    for alias in &site.aliases {
        kv.remove(&alias_key(alias)).await?;
    }
    kv.store_for(&site_key(&site.sitekey), &Stored::deleted(version), DELETED_SECONDS).await
}

async fn deny(edge: &Edge<'_>, verdicts: Vec<Verdict>) -> Result<(), Answer> {
    if verdicts.is_empty() {
        return Ok(());
    }
    let away = |_| Refusal::unavailable("not every redemption object took the deny list");
    let objects = Objects::new(edge.env, edge.shards()).map_err(away)?;
    objects.deny(&edge.isolate.config.shards, verdicts).await.map_err(away)?;
    Ok(())
}

/// This isolate knows at once.
fn forget(edge: &Edge<'_>, sitekey: &str, before: Option<&SiteConfig>, after: Option<&SiteConfig>) {
    let mut sites = edge.isolate.sites.borrow_mut();
    sites.forget(sitekey);
    for hash in before.into_iter().chain(after).flat_map(|site| &site.secrets) {
        sites.forget(hash);
    }
}

fn kv_away() -> Refusal {
    Refusal::unavailable("KV does not answer at the moment")
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::{Mode, Work};

    use super::*;

    fn config(version: u64, state: SiteState, secrets: &[&str]) -> SiteConfig {
        SiteConfig {
            version,
            sitekey: "mj_a".into(),
            state,
            hosts: Vec::new(),
            allow_loopback: false,
            mode: Mode::Managed,
            work: Work { floor: 1, ceiling: 1 },
            count: 16,
            token_lifetime_seconds: 300,
            fallback_allowed: false,
            pictures: Vec::new(),
            rules: Vec::new(),
            aliases: Vec::new(),
            secrets: secrets.iter().map(|hash| (*hash).to_owned()).collect(),
            exempt: false,
        }
    }

    #[test]
    fn only_what_takes_something_away_is_told_to_the_objects() {
        let live = config(1, SiteState::Live, &["x", "y"]);
        assert_eq!(verdicts(None, &live), []);
        assert_eq!(verdicts(Some(&live), &config(2, SiteState::Live, &["x", "y", "z"])), []);
        assert_eq!(
            verdicts(Some(&live), &config(2, SiteState::Live, &["y"])),
            [verdict("x", 2, true)]
        );
        let paused = config(2, SiteState::Paused, &["x", "y"]);
        assert_eq!(verdicts(Some(&live), &paused), [verdict("mj_a", 2, true)]);
        let resumed = config(3, SiteState::Live, &["x", "y"]);
        assert_eq!(verdicts(Some(&paused), &resumed), [verdict("mj_a", 3, false)]);
    }

    #[test]
    fn a_version_is_published_once() {
        let stored = |version| Stored::Site(Box::new(config(version, SiteState::Live, &[])));
        let new = config(2, SiteState::Live, &[]);
        assert!(refuse_stale(&Stored::Nothing, &new).is_ok());
        assert!(refuse_stale(&stored(1), &new).is_ok());
        assert!(refuse_stale(&stored(2), &new).is_ok());
        assert!(refuse_stale(&stored(2), &config(2, SiteState::Paused, &[])).is_err());
        assert!(refuse_stale(&stored(3), &new).is_err());
        assert!(refuse_stale(&Stored::Deleted(1), &new).is_ok());
        assert!(refuse_stale(&Stored::Deleted(2), &new).is_err());
    }
}
