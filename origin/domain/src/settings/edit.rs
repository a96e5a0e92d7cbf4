//! An edit: what is to be different. It is applied to settings as they are
//! stored at that moment, so that two edits at once both hold.

use munjigi_protocol::{Mode, PictureType, Rule, Work};

use super::Settings;
use super::mistakes::{Field, Mistake, Mistakes, check};

/// What is to be different; nothing, by default.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// A name.
    pub name: Option<String>,
    /// Hosts.
    pub hosts: HostsEdit,
    /// Whether loopback names are allowed.
    pub allow_loopback: Option<bool>,
    /// How the widget behaves.
    pub mode: Option<Mode>,
    /// Least work.
    pub work_floor: Option<u64>,
    /// Most work.
    pub work_ceiling: Option<u64>,
    /// Sub-puzzles per puzzle.
    pub count: Option<u32>,
    /// Lifetime of a token.
    pub token_lifetime_seconds: Option<u32>,
    /// Whether browsers without WebAssembly may pass.
    pub fallback_allowed: Option<bool>,
    /// Kinds of picture, in place of all.
    pub pictures: Option<Vec<PictureType>>,
    /// Rules, in place of all.
    pub rules: Option<Vec<Rule>>,
    /// What could not be read, to be told together with what cannot be.
    pub unread: Vec<Mistake>,
}

/// What becomes of the hosts.
#[derive(Debug, Clone, Default)]
pub enum HostsEdit {
    /// Nothing.
    #[default]
    Keep,
    /// These and no others.
    Replace(Vec<String>),
    /// Some more, some less.
    Change {
        /// These too.
        add: Vec<String>,
        /// These no longer.
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
            pictures: self.pictures.clone().unwrap_or_else(|| before.pictures.clone()),
            rules: self.rules.clone().unwrap_or_else(|| before.rules.clone()),
        };
        mistakes.extend(check(sitekey, &after));
        if mistakes.is_empty() { Ok(after) } else { Err(Mistakes(mistakes)) }
    }
}

impl HostsEdit {
    fn apply(&self, before: &[String], mistakes: &mut Vec<Mistake>) -> Vec<String> {
        match self {
            Self::Keep => before.to_vec(),
            Self::Replace(hosts) => once_each(hosts),
            Self::Change { add, remove } => {
                for host in remove {
                    if add.contains(host) {
                        mistakes.push(Mistake::about(
                            Field::Hosts,
                            format!("host {host:?} is both added and removed"),
                            "one command cannot do both",
                            "remove one of the two",
                        ));
                    } else if !before.contains(host) {
                        mistakes.push(Mistake::about(
                            Field::Hosts,
                            format!("host {host:?} cannot be removed"),
                            format!("the site's hosts are: {}", before.join(", ")),
                            "use the exact spelling from this list",
                        ));
                    }
                }
                let kept = before.iter().filter(|host| !remove.contains(host));
                once_each(kept.chain(add))
            }
        }
    }
}

/// In their order, none twice.
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
