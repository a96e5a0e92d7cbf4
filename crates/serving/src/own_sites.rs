//! Sites that an operator's own configuration describes, for edges without an
//! origin. They are published as an origin's are: to the store, with a version
//! that rises with every change, and to the deny list. One that an origin
//! publishes later is the origin's from then on.

use munjigi_captcha::ports::StoreError;
use munjigi_captcha::{Refusal, issue};
use munjigi_protocol::SiteConfig;

use crate::endpoints::internal::publish::{self, NotPublished};
use crate::handover::{OWN_SITES_KEY, is_handed_over};
use crate::platform::Platform;
use crate::ports::Values;
use crate::request_context::RequestContext;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Published {
    /// Sites that are new or have changed.
    pub changed: usize,
    /// Sites that are no longer described, and so deleted.
    pub removed: usize,
    /// Sites that are described and that the origin has published since: they
    /// stay as the origin wants them.
    pub left: usize,
}

/// Why a site was not published. Those before it are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnSiteError {
    /// Its sitekey or a setting is wrong; the text says which.
    #[error("{problem}")]
    Wrong {
        /// The site's place in the configuration.
        index: usize,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The store does not respond.
    #[error("the store does not respond")]
    Away,
}

impl From<StoreError> for OwnSiteError {
    fn from(StoreError: StoreError) -> Self {
        Self::Away
    }
}

/// Publishes what has changed since the last call, and deletes what is gone.
/// The versions of `sites` are ignored.
///
/// # Errors
///
/// See [`OwnSiteError`].
pub async fn publish<P: Platform>(
    platform: &P,
    sites: &[SiteConfig],
) -> Result<Published, OwnSiteError> {
    let state = platform.state().ok_or(OwnSiteError::Away)?;
    // Nothing is drawn here.
    let edge = RequestContext { platform, state, now: platform.now(), seed: [0; 32] };
    let values = platform.values()?;
    let before = values.load(OWN_SITES_KEY).await?.unwrap_or_default();
    let mut published = Published::default();
    // Told before they are published: a site that is published and not told
    // would stay for ever.
    let names: Vec<&str> = sites.iter().map(|site| site.sitekey.as_str()).collect();
    // Those of another key check are void without being deleted.
    let is_ours = |sitekey: &&str| issue::sitekey(&state.config.authority, sitekey).is_ok();
    let gone = before.split_whitespace().filter(|sitekey| !names.contains(sitekey));
    let gone: Vec<&str> = gone.filter(is_ours).collect();
    let known: Vec<&str> = names.iter().chain(&gone).copied().collect();
    values.store(OWN_SITES_KEY, &known.join(" ")).await?;
    let has_origin = state.config.origin_url.is_some();
    let is_left = async |sitekey: &str| {
        Ok::<_, StoreError>(has_origin && is_handed_over(&values, sitekey).await?)
    };
    for (index, site) in sites.iter().enumerate() {
        if is_left(&site.sitekey).await? {
            published.left += 1;
            continue;
        }
        let stored = edge.sites().stored(&site.sitekey).await?;
        let version = stored.next_version();
        if stored.published().is_some_and(|stored| is_same(&stored, site)) {
            continue;
        }
        let site = SiteConfig { version, ..site.clone() };
        publish::publish(&edge, &site).await.map_err(|error| refused(index, error))?;
        published.changed += 1;
    }
    for sitekey in gone {
        if is_left(sitekey).await? {
            continue;
        }
        publish::withdraw(&edge, sitekey, 0).await.map_err(|error| refused(0, error.into()))?;
        published.removed += 1;
    }
    values.store(OWN_SITES_KEY, &names.join(" ")).await?;
    Ok(published)
}

fn is_same(stored: &SiteConfig, site: &SiteConfig) -> bool {
    *stored == SiteConfig { version: stored.version, ..site.clone() }
}

fn refused(index: usize, error: NotPublished) -> OwnSiteError {
    let problem = match error {
        NotPublished::Settings(error) => error.to_string(),
        NotPublished::Refused(Refusal { retry_after: Some(_), .. }) => return OwnSiteError::Away,
        NotPublished::Refused(refusal) => refusal.detail.to_owned(),
    };
    OwnSiteError::Wrong { index, problem }
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::contract::block_on;
    use munjigi_captcha::{KeyCheck, new_site};
    use munjigi_keys::UnixMillis;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;
    use crate::contract::Memory;
    use crate::handover::hand_over;
    use crate::sites::site_key;
    use crate::versioned::Stored;

    const KEYS: &str = "t1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const CHECK: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);

    fn edge() -> Memory {
        edge_with(&[])
    }

    fn edge_with(more: &[(&str, &str)]) -> Memory {
        let variables = [
            ("MUNJIGI_ROOT_KEYS", KEYS),
            ("MUNJIGI_INTERNAL_KEYS", KEYS),
            ("MUNJIGI_KEY_CHECK", CHECK),
        ];
        Memory::new(&[&variables, more].concat(), NOW)
    }

    fn site(number: u64, host: &str) -> SiteConfig {
        let mut rng = ChaCha20Rng::seed_from_u64(number);
        let sitekey = KeyCheck::parse(CHECK).unwrap().mint_sitekey(&mut rng);
        SiteConfig { hosts: vec![host.to_owned()], ..new_site(&sitekey.to_string()) }
    }

    fn version(edge: &Memory, site: &SiteConfig) -> Option<u64> {
        let values = edge.values().unwrap();
        let text = block_on(values.load(&site_key(&site.sitekey))).unwrap();
        Stored::<SiteConfig>::parse(text.as_deref()).published().map(|site| site.version)
    }

    #[test]
    fn only_what_changes_is_published_again_and_what_is_gone_is_deleted() {
        let edge = edge();
        let publish = |sites: &[SiteConfig]| {
            let Published { changed, removed, left: 0 } = block_on(publish(&edge, sites)).unwrap()
            else {
                panic!("there is no origin")
            };
            (changed, removed)
        };
        let (one, two) = (site(1, "a.example"), site(2, "b.example"));
        assert_eq!(publish(&[one.clone(), two.clone()]), (2, 0));
        assert_eq!(publish(&[one.clone(), two.clone()]), (0, 0));
        let moved = SiteConfig { hosts: vec!["c.example".to_owned()], ..one.clone() };
        assert_eq!(publish(&[moved, two.clone()]), (1, 0));
        assert_eq!((version(&edge, &one), version(&edge, &two)), (Some(2), Some(1)));
        assert_eq!(publish(std::slice::from_ref(&two)), (0, 1));
        assert_eq!(version(&edge, &one), None);
        // Back again, above the version at which it was deleted.
        assert_eq!(publish(&[one.clone(), two]), (1, 0));
        assert_eq!(version(&edge, &one), Some(3));
    }

    #[test]
    fn a_site_of_an_earlier_key_check_holds_nothing_up() {
        let edge = edge();
        let values = edge.values().unwrap();
        block_on(values.store(OWN_SITES_KEY, "mj_00000000000000000000000000")).unwrap();
        let published = block_on(publish(&edge, &[site(1, "a.example")])).unwrap();
        assert_eq!(published, Published { changed: 1, ..Published::default() });
    }

    #[test]
    fn a_site_that_the_origin_takes_over_is_left_to_it_while_there_is_one() {
        let (one, two) = (site(1, "a.example"), site(2, "b.example"));
        let moved = SiteConfig { hosts: vec!["d.example".to_owned()], ..one.clone() };
        let origin = &[("MUNJIGI_ORIGIN_URL", "https://origin.example")][..];
        // Neither a change here nor a line that is gone does anything to it,
        // unless there is no origin.
        for (variables, change, end, at) in
            [(origin, (0, 0, 1), (0, 1, 0), Some(1)), (&[], (1, 0, 0), (0, 2, 0), None)]
        {
            let edge = edge_with(variables);
            let publish = |sites: &[SiteConfig]| {
                let Published { changed, removed, left } = block_on(publish(&edge, sites)).unwrap();
                (changed, removed, left)
            };
            assert_eq!(publish(&[one.clone(), two.clone()]), (2, 0, 0));
            block_on(hand_over(&edge.values().unwrap(), &one.sitekey)).unwrap();
            assert_eq!(publish(&[moved.clone(), two.clone()]), change);
            assert_eq!(publish(&[]), end);
            assert_eq!(version(&edge, &one), at);
        }
    }
}
