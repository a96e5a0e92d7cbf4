//! An edit of settings. It is applied to the settings stored at that moment, so
//! that two concurrent edits both take effect.

use munjigi_captcha::SiteHost;
use munjigi_protocol::{Mode, PictureKind, Protection, Rule, UnderAttack, Work};

use super::Settings;
use super::check::check;
use super::mistakes::{Mistake, Mistakes};

/// The changes to make; none by default.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub name: Option<String>,
    pub hosts: HostsEdit,
    /// Whether loopback names are allowed.
    pub allow_loopback: Option<bool>,
    pub mode: Option<Mode>,
    /// Lower bound of the work.
    pub work_floor: Option<u64>,
    /// Upper bound of the work.
    pub work_ceiling: Option<u64>,
    pub count: Option<u32>,
    pub token_lifetime_seconds: Option<u32>,
    /// Whether browsers without WebAssembly may pass.
    pub fallback_allowed: Option<bool>,
    /// When the site counts as under attack.
    pub under_attack: Option<UnderAttack>,
    /// Kinds of picture, replacing all.
    pub pictures: Option<Vec<PictureKind>>,
    /// Rules, replacing all.
    pub rules: Option<Vec<Rule>>,
    /// Rules about paths, replacing all.
    pub protect: Option<Vec<Protection>>,
    /// Mistakes found while parsing, to be reported together with the others.
    pub unread: Vec<Mistake>,
}

/// Changes to the hosts.
#[derive(Debug, Clone, Default)]
pub enum HostsEdit {
    #[default]
    Keep,
    /// Exactly these.
    Replace(Vec<String>),
    /// Add some, remove some.
    Change {
        /// Hosts to add.
        add: Vec<String>,
        /// Hosts to remove.
        remove: Vec<String>,
    },
}

impl Edit {
    /// The settings after the edit, or every mistake in them.
    pub fn apply(&self, sitekey: &str, before: &Settings) -> Result<Settings, Mistakes> {
        let mut mistakes = self.unread.clone();
        let after = Settings {
            name: self.name.as_deref().map_or_else(|| before.name.clone(), trimmed),
            hosts: self.hosts.apply(&before.hosts, &mut mistakes),
            allow_loopback: self.allow_loopback.unwrap_or(before.allow_loopback),
            mode: self.mode.unwrap_or(before.mode),
            work: Work {
                floor: self.work_floor.unwrap_or(before.work.floor),
                ceiling: self.work_ceiling.unwrap_or(before.work.ceiling),
            },
            count: self.count.unwrap_or(before.count),
            token_lifetime_seconds: self
                .token_lifetime_seconds
                .unwrap_or(before.token_lifetime_seconds),
            fallback_allowed: self.fallback_allowed.unwrap_or(before.fallback_allowed),
            under_attack: self.under_attack.unwrap_or(before.under_attack),
            pictures: self.pictures.clone().unwrap_or_else(|| before.pictures.clone()),
            rules: self.rules.clone().unwrap_or_else(|| before.rules.clone()),
            protect: self.protect.clone().unwrap_or_else(|| before.protect.clone()),
        };
        mistakes.extend(check(sitekey, &after));
        if mistakes.is_empty() { Ok(after) } else { Err(Mistakes(mistakes)) }
    }
}

impl HostsEdit {
    fn apply(&self, before: &[String], mistakes: &mut Vec<Mistake>) -> Vec<String> {
        match self {
            Self::Keep => before.to_vec(),
            Self::Replace(hosts) => once_each(&spelt(hosts)),
            Self::Change { add, remove } => {
                let (add, remove) = (&spelt(add), &spelt(remove));
                for host in remove {
                    if add.contains(host) {
                        mistakes.push(Mistake::HostAddedAndRemoved { host: host.clone() });
                    } else if !before.contains(host) {
                        let (host, hosts) = (host.clone(), before.to_vec());
                        mistakes.push(Mistake::NoSuchHost { host, hosts });
                    }
                }
                let kept = before.iter().filter(|host| !remove.contains(host));
                once_each(kept.chain(add))
            }
        }
    }
}

/// In the spelling of browsers. What is no host stays as it is, to be refused as it was
/// written.
fn spelt(hosts: &[String]) -> Vec<String> {
    let spelt = |host: &String| {
        SiteHost::typed(host).map_or_else(|_| host.clone(), |host| host.to_string())
    };
    hosts.iter().map(spelt).collect()
}

/// In their order, without duplicates.
fn once_each<'a>(hosts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for host in hosts {
        if !once.contains(host) {
            once.push(host.clone());
        }
    }
    once
}

fn trimmed(name: &str) -> String {
    name.trim().to_owned()
}
