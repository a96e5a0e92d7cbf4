//! Publishing a site: its store for later requests, the deny list for requests
//! that caches would still answer.

use munjigi_captcha::ports::StoreError;
use munjigi_captcha::{Refusal, SiteError, issue};
use munjigi_protocol::{Code, SiteConfig, SiteDelete, SitePut, SiteState, routes};

use super::authorise;
use crate::answer::Answer;
use crate::handover::hand_over;
use crate::inbound::{Inbound, object};
use crate::platform::Platform;
use crate::ports::{ControlStore, DenyEntry, Values};
use crate::request_context::RequestContext;
use crate::sites::{self, alias_key, secret_key, site_key};
use crate::versioned::{Deletion, deleted, stale};

/// How long a deleted site's version is remembered.
const DELETED_SECONDS: u32 = 30 * 86_400;

/// Publishes a site, or the same version of it again.
pub async fn put<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    sitekey: &str,
) -> Result<Answer, Answer> {
    let body = authorise(edge, inbound, routes::PUT_SITE).await?;
    let config: SiteConfig = object(&body)?;
    if config.sitekey != sitekey {
        return Err(Answer::problem(
            Code::MalformedRequest,
            "the path and the body name two sites",
        ));
    }
    take_over(edge, sitekey).await?;
    publish(edge, &config).await?;
    Ok(Answer::json(&SitePut { sitekey: config.sitekey, version: config.version }))
}

/// Before anything else: what the origin has published, no start of the edge may
/// take back.
async fn take_over<P: Platform>(
    edge: &RequestContext<'_, P>,
    sitekey: &str,
) -> Result<(), Refusal> {
    let values = edge.platform.values().map_err(values_away::<P>)?;
    hand_over(&values, sitekey).await.map_err(values_away::<P>)
}

/// Publishes a site, from the origin or from an edge's own settings.
pub async fn publish<P: Platform>(
    edge: &RequestContext<'_, P>,
    config: &SiteConfig,
) -> Result<(), NotPublished> {
    let sitekey = config.sitekey.as_str();
    issue::sitekey(&edge.state.config.authority, sitekey)?;
    sites::parse(edge.state.config.environment, config).map_err(NotPublished::Settings)?;
    let before = edge.sites().stored(sitekey).await.map_err(values_away::<P>)?;
    if !before.admits(config) {
        return Err(stale().into());
    }
    let before = before.published();
    // Before the site: if this fails, the origin's retry finds the same state
    // and sends the same entries.
    deny(edge, entries(before.as_ref(), config)).await?;
    write(edge, before.as_ref(), config).await.map_err(values_away::<P>)?;
    forget(edge, sitekey, before.as_ref(), Some(config));
    Ok(())
}

/// Removes a site from the edge.
pub async fn delete<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    sitekey: &str,
) -> Result<Answer, Answer> {
    let body = authorise(edge, inbound, routes::DELETE_SITE).await?;
    let deletion: SiteDelete = match body.as_slice() {
        [] => SiteDelete::default(),
        body => object(body)?,
    };
    take_over(edge, sitekey).await?;
    let version = withdraw(edge, sitekey, deletion.version).await?;
    Ok(Answer::json(&SitePut { sitekey: sitekey.to_owned(), version }))
}

/// Removes a site at this version, or at its current one if that is 0; returns
/// the version at which it is deleted.
pub async fn withdraw<P: Platform>(
    edge: &RequestContext<'_, P>,
    sitekey: &str,
    version: u64,
) -> Result<u64, Refusal> {
    issue::sitekey(&edge.state.config.authority, sitekey)?;
    let before = edge.sites().stored(sitekey).await.map_err(values_away::<P>)?;
    let version =
        match before.deletion(Some(version).filter(|version| *version != 0)).ok_or_else(stale)? {
            Deletion::Done(version) => return Ok(version),
            Deletion::Due(version) => version,
        };
    // For up to a minute, the store may say that a new site does not exist: a
    // site that may exist is denied and marked as deleted all the same.
    let before = before.published();
    let secrets = before.iter().flat_map(|site| &site.secrets).map(String::as_str);
    let names = core::iter::once(sitekey).chain(secrets);
    deny(edge, names.map(|name| entry(name, version, true)).collect()).await?;
    erase(edge, sitekey, before.as_ref(), version).await.map_err(values_away::<P>)?;
    forget(edge, sitekey, before.as_ref(), None);
    Ok(version)
}

/// Why a site is not published.
#[derive(Debug)]
pub enum NotPublished {
    /// A setting is not one that an edge accepts.
    Settings(SiteError),
    /// The sitekey is not ours, a newer version is published, or a store does
    /// not respond.
    Refused(Refusal),
}

impl From<Refusal> for NotPublished {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<NotPublished> for Answer {
    fn from(error: NotPublished) -> Self {
        match error {
            NotPublished::Settings(error) => {
                Self::problem(Code::MalformedRequest, error.to_string())
            }
            NotPublished::Refused(refusal) => refusal.into(),
        }
    }
}

/// What must not wait for caches to expire: whether the site is paused, its
/// secrets, and those that are no longer its own. All of it each time,
/// regardless of earlier knowledge: only then does a retry send the same, and a
/// restored site revert what its deletion denied. Entries that change nothing
/// are not written.
fn entries(before: Option<&SiteConfig>, config: &SiteConfig) -> Vec<DenyEntry> {
    let paused = config.state == SiteState::Paused;
    let removed = before.into_iter().flat_map(|before| &before.secrets);
    let removed = removed.filter(|hash| !config.secrets.contains(hash));
    let live = config.secrets.iter().map(|hash| entry(hash, config.version, false));
    core::iter::once(entry(&config.sitekey, config.version, paused))
        .chain(live)
        .chain(removed.map(|hash| entry(hash, config.version, true)))
        .collect()
}

fn entry(name: &str, version: u64, denied: bool) -> DenyEntry {
    DenyEntry { name: name.to_owned(), version, denied }
}

/// The site itself last: if an earlier write fails, the origin's retry finds
/// the older version and does everything again.
async fn write<P: Platform>(
    edge: &RequestContext<'_, P>,
    before: Option<&SiteConfig>,
    config: &SiteConfig,
) -> Result<(), StoreError> {
    let values = edge.platform.values()?;
    let keys = further_keys(config);
    for key in &keys {
        values.store(key, &config.sitekey).await?;
    }
    let mut gone = before.map(further_keys).unwrap_or_default();
    gone.retain(|key| !keys.contains(key));
    let_go(&values, &config.sitekey, &gone).await?;
    let text = serde_json::to_string(config).map_err(|_| StoreError)?;
    values.store(&site_key(&config.sitekey), &text).await
}

async fn erase<P: Platform>(
    edge: &RequestContext<'_, P>,
    sitekey: &str,
    before: Option<&SiteConfig>,
    version: u64,
) -> Result<(), StoreError> {
    let values = edge.platform.values()?;
    let_go(&values, sitekey, &before.map(further_keys).unwrap_or_default()).await?;
    values.store_for(&site_key(sitekey), &deleted(version), DELETED_SECONDS).await
}

/// The keys under which a site is found, besides that of its sitekey.
fn further_keys(site: &SiteConfig) -> Vec<String> {
    let secrets = site.secrets.iter().map(|hash| secret_key(hash));
    secrets.chain(site.aliases.iter().map(|alias| alias_key(alias))).collect()
}

/// Removes keys that still belong to the site: an imported one may belong to
/// another site by now.
async fn let_go<V: Values>(values: &V, sitekey: &str, keys: &[String]) -> Result<(), StoreError> {
    for key in keys {
        if values.load(key).await?.as_deref() == Some(sitekey) {
            values.remove(key).await?;
        }
    }
    Ok(())
}

async fn deny<P: Platform>(
    edge: &RequestContext<'_, P>,
    entries: Vec<DenyEntry>,
) -> Result<(), Refusal> {
    let away = |_| Refusal::unavailable(P::STORE_MESSAGES.deny_list_away);
    let redemptions = edge.platform.redemptions().map_err(away)?;
    redemptions.deny(entries).await.map_err(away)?;
    Ok(())
}

fn forget<P: Platform>(
    edge: &RequestContext<'_, P>,
    sitekey: &str,
    before: Option<&SiteConfig>,
    after: Option<&SiteConfig>,
) {
    edge.state.sites.with(|sites| {
        sites.forget(sitekey);
        for site in before.into_iter().chain(after) {
            for name in site.secrets.iter().chain(&site.aliases) {
                sites.forget(name);
            }
        }
    });
}

fn values_away<P: Platform>(StoreError: StoreError) -> Refusal {
    Refusal::unavailable(P::STORE_MESSAGES.values_away)
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::{Mode, UnderAttack, Work};

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
            expected: Vec::new(),
            under_attack: UnderAttack::Auto,
            score_weights: None,
            protect: Vec::new(),
            exempt: false,
        }
    }

    #[test]
    fn redemptions_are_told_what_is_live_paused_and_revoked() {
        let live = config(1, SiteState::Live, &["x", "y"]);
        assert_eq!(
            entries(Some(&live), &config(2, SiteState::Live, &["y"])),
            [entry("mj_a", 2, false), entry("y", 2, false), entry("x", 2, true)]
        );
        let paused = config(2, SiteState::Paused, &["x"]);
        let told = [entry("mj_a", 2, true), entry("x", 2, false)];
        assert_eq!(entries(None, &paused), told);
        // A retry after a lost answer sends the same.
        assert_eq!(entries(Some(&paused), &paused), told);
    }

    #[test]
    fn a_restored_site_ends_what_its_deletion_denied() {
        let restored = config(3, SiteState::Live, &["x"]);
        assert_eq!(entries(None, &restored), [entry("mj_a", 3, false), entry("x", 3, false)]);
    }
}
