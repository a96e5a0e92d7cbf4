//! What the owner of a site chooses, and how it changes: defaults, edits, every
//! mistake in them, what an edit changes and how to undo it. What an edge
//! accepts is decided in `munjigi-captcha` and only checked here.

mod changes;
mod check;
mod edit;
mod mark;
mod mistakes;
mod protect;
mod rules;
#[cfg(test)]
mod tests;
mod undo;
mod warnings;

use munjigi_captcha::new_site;
use munjigi_protocol::{Mode, PictureKind, Protection, Rule, SiteConfig, UnderAttack, Work};

pub use changes::{FieldChange, changes};
pub use edit::{Edit, HostsEdit};
pub use mark::{Mark, MarkError};
pub use mistakes::{Condition, Field, Mistake, Mistakes};
pub use protect::read_protections;
pub use rules::read_rules;
pub use undo::Undo;
pub use warnings::{Uncounted, Warning, path_warnings, warnings};

/// What an owner chooses; state, secrets and version are changed elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub name: String,
    /// Host-name patterns.
    pub hosts: Vec<String>,
    /// Whether loopback names are allowed.
    pub allow_loopback: bool,
    pub mode: Mode,
    /// Bounds of the work per sub-puzzle.
    pub work: Work,
    /// Sub-puzzles per puzzle.
    pub count: u32,
    pub token_lifetime_seconds: u32,
    /// Whether browsers without WebAssembly may pass.
    pub fallback_allowed: bool,
    /// When the site counts as under attack.
    pub under_attack: UnderAttack,
    /// Kinds of picture that may be shown.
    pub pictures: Vec<PictureKind>,
    /// The first rule that matches decides.
    pub rules: Vec<Rule>,
    /// Rules about paths of the site's own hosts; the first that matches decides.
    pub protect: Vec<Protection>,
}

impl Settings {
    /// The settings of a new site.
    pub fn of_a_new_site() -> Self {
        Self::of("", &new_site(""))
    }

    /// The settings of a site with this name and published configuration.
    pub fn of(name: &str, config: &SiteConfig) -> Self {
        Self {
            name: name.to_owned(),
            hosts: config.hosts.clone(),
            allow_loopback: config.allow_loopback,
            mode: config.mode,
            work: config.work,
            count: config.count,
            token_lifetime_seconds: config.token_lifetime_seconds,
            fallback_allowed: config.fallback_allowed,
            under_attack: config.under_attack,
            pictures: config.pictures.clone(),
            rules: config.rules.clone(),
            protect: config.protect.clone(),
        }
    }

    /// As an edge would get them: a live site without secrets yet.
    pub fn config(&self, sitekey: &str) -> SiteConfig {
        SiteConfig {
            hosts: self.hosts.clone(),
            allow_loopback: self.allow_loopback,
            mode: self.mode,
            work: self.work,
            count: self.count,
            token_lifetime_seconds: self.token_lifetime_seconds,
            fallback_allowed: self.fallback_allowed,
            pictures: self.pictures.clone(),
            rules: self.rules.clone(),
            protect: self.protect.clone(),
            under_attack: self.under_attack,
            ..new_site(sitekey)
        }
    }
}
