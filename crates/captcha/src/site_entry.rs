//! A site in an operator's file of settings, under its sitekey.

use munjigi_protocol::{
    Mode, PictureKind, Protection, Rule, SiteConfig, SiteState, UnderAttack, Work,
};
use serde::{Deserialize, Serialize};

use crate::site::new_site;

/// What an operator chose about a site; the rest is a new site's. What an edge
/// is told and no one chooses, such as how many visitors are expected, is not
/// in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteEntry {
    /// Host-name patterns.
    pub hosts: Vec<String>,
    /// SHA-256 of each secret, 64 hex digits, the newest first.
    pub secrets: Vec<String>,
    state: Option<SiteState>,
    #[serde(default, skip_serializing_if = "is_false")]
    allow_loopback: bool,
    mode: Option<Mode>,
    work: Option<Work>,
    count: Option<u32>,
    token_lifetime_seconds: Option<u32>,
    fallback_allowed: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pictures: Vec<PictureKind>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    under_attack: Option<UnderAttack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    protect: Vec<Protection>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(truth: &bool) -> bool {
    !*truth
}

impl SiteEntry {
    /// The entry of a site that is new but for its hosts and secrets.
    pub const fn new(hosts: Vec<String>, secrets: Vec<String>, allow_loopback: bool) -> Self {
        Self {
            hosts,
            secrets,
            state: None,
            allow_loopback,
            mode: None,
            work: None,
            count: None,
            token_lifetime_seconds: None,
            fallback_allowed: None,
            pictures: Vec::new(),
            rules: Vec::new(),
            aliases: Vec::new(),
            under_attack: None,
            protect: Vec::new(),
        }
    }

    /// The entry of a site.
    pub fn of(config: &SiteConfig) -> Self {
        let new = new_site(&config.sitekey);
        Self {
            state: chosen(config.state, new.state),
            mode: chosen(config.mode, new.mode),
            work: chosen(config.work, new.work),
            count: chosen(config.count, new.count),
            token_lifetime_seconds: chosen(
                config.token_lifetime_seconds,
                new.token_lifetime_seconds,
            ),
            fallback_allowed: chosen(config.fallback_allowed, new.fallback_allowed),
            pictures: config.pictures.clone(),
            rules: config.rules.clone(),
            aliases: config.aliases.clone(),
            under_attack: chosen(config.under_attack, new.under_attack),
            protect: config.protect.clone(),
            ..Self::new(config.hosts.clone(), config.secrets.clone(), config.allow_loopback)
        }
    }

    /// The site, as an edge gets it in its first version.
    pub fn config(self, sitekey: &str) -> SiteConfig {
        let new = new_site(sitekey);
        SiteConfig {
            hosts: self.hosts,
            secrets: self.secrets,
            state: self.state.unwrap_or(new.state),
            allow_loopback: self.allow_loopback,
            mode: self.mode.unwrap_or(new.mode),
            work: self.work.unwrap_or(new.work),
            count: self.count.unwrap_or(new.count),
            token_lifetime_seconds: self
                .token_lifetime_seconds
                .unwrap_or(new.token_lifetime_seconds),
            fallback_allowed: self.fallback_allowed.unwrap_or(new.fallback_allowed),
            pictures: self.pictures,
            rules: self.rules,
            aliases: self.aliases,
            under_attack: self.under_attack.unwrap_or(new.under_attack),
            protect: self.protect,
            ..new
        }
    }
}

fn chosen<T: PartialEq + Copy>(value: T, usual: T) -> Option<T> {
    (value != usual).then_some(value)
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::{Level, RuleMatch, Verdict};

    use super::*;

    #[test]
    fn an_entry_says_what_is_not_as_at_a_new_site_and_loses_nothing() {
        let new = SiteConfig {
            hosts: vec!["a.example".to_owned()],
            secrets: vec!["0".repeat(64)],
            ..new_site("mj_a")
        };
        let protection = Protection {
            path: "/account/*".to_owned(),
            host: Some("a.example".to_owned()),
            methods: vec!["POST".to_owned()],
            level: Some(Level::Worked),
            dry_run: true,
            no_exemptions: true,
            above_per_second: Some(50),
        };
        let all = SiteConfig {
            state: SiteState::Paused,
            allow_loopback: true,
            mode: Mode::Invisible,
            work: Work { floor: 1, ceiling: 2 },
            count: 8,
            token_lifetime_seconds: 60,
            fallback_allowed: false,
            pictures: vec![PictureKind::Turn],
            rules: vec![Rule { when: RuleMatch::default(), verdict: Verdict::Weigh(-5) }],
            aliases: vec!["alias".to_owned()],
            under_attack: UnderAttack::On,
            protect: vec![protection],
            ..new.clone()
        };
        for (config, keys) in [(&new, 2), (&all, 14)] {
            let entry = serde_json::to_value(SiteEntry::of(config)).unwrap();
            let said = entry.as_object().unwrap().values().filter(|value| !value.is_null());
            assert_eq!(said.count(), keys, "{entry}");
            let read: SiteEntry = serde_json::from_value(entry).unwrap();
            assert_eq!(read.config("mj_a"), *config);
        }
    }
}
