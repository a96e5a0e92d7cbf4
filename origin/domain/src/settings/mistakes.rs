//! Every mistake in settings, each found by the edge's own parser: one value at
//! a time is put into a site that is known to be valid.

use std::fmt;

use munjigi_captcha::phones::{MAX_EXPECTED_SECONDS, SLOW_PHONE_HASHES_PER_SECOND};
use munjigi_captcha::{Exemption, HostPattern, Site, SiteError};
use munjigi_protocol::{Rule, RuleMatch, SiteConfig, Work};

use super::Settings;

const MAX_NAME_CHARS: usize = 100;

/// The field that a mistake is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    Hosts,
    /// The lower bound of the work.
    WorkFloor,
    /// The upper bound of the work.
    WorkCeiling,
    Count,
    TokenLifetime,
    /// Rules, or the settings as a whole.
    Whole,
}

impl Field {
    /// The spelling of the command's options and the wire.
    const fn option(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Hosts => "hosts",
            Self::WorkFloor => "work-floor",
            Self::WorkCeiling => "work-ceiling",
            Self::Count => "count",
            Self::TokenLifetime => "token-lifetime",
            Self::Whole => "site",
        }
    }

    /// The label in forms.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Hosts => "Host names",
            Self::WorkFloor => "Minimum work",
            Self::WorkCeiling => "Maximum work",
            Self::Count => "Sub-puzzles",
            Self::TokenLifetime => "Token lifetime (seconds)",
            Self::Whole => "Site",
        }
    }
}

/// One mistake, in words for the person who typed the command or the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub field: Field,
    what: String,
    why: String,
    fix: String,
}

/// Every mistake found; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistake {
    /// What is wrong, why, and how to fix it.
    pub fn new(what: impl Into<String>, why: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::about(Field::Whole, what, why, fix)
    }

    /// The same for a single field.
    pub fn about(
        field: Field,
        what: impl Into<String>,
        why: impl fmt::Display,
        fix: impl Into<String>,
    ) -> Self {
        Self { field, what: what.into(), why: why.to_string(), fix: fix.into() }
    }

    /// A value that is wrong as a whole.
    pub fn of_value(
        field: Field,
        value: impl fmt::Display,
        why: impl fmt::Display,
        fix: impl Into<String>,
    ) -> Self {
        Self::about(field, format!("{} {value}", field.option()), why, fix)
    }

    /// For readers who see it next to its field.
    pub fn beside_its_field(&self) -> String {
        let Self { what, why, fix, .. } = self;
        let own = what.strip_prefix(self.field.option()).map(str::trim_start);
        match own {
            Some(value) => format!("{value}: {why}. Fix: {fix}."),
            None => format!("{what}: {why}. Fix: {fix}."),
        }
    }
}

/// As a sentence.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, why, fix, .. } = self;
        write!(f, "{what}: {why}. Fix: {fix}.")
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("1 mistake:")?,
            number => write!(f, "{number} mistakes:")?,
        }
        for Mistake { what, why, fix, .. } in &self.0 {
            write!(f, "\n  - {what}\n    cause: {why}\n    fix:   {fix}")?;
        }
        Ok(())
    }
}

/// The mistakes in settings; none if an edge accepts them as they are.
pub fn check(sitekey: &str, settings: &Settings) -> Vec<Mistake> {
    let asked = Asked { sitekey, config: settings.config(sitekey) };
    let mut mistakes = Vec::new();
    mistakes.extend(name(&settings.name));
    mistakes.extend(asked.hosts());
    mistakes.extend(asked.count());
    mistakes.extend(asked.work());
    mistakes.extend(asked.token_lifetime());
    mistakes.extend(asked.rules());
    if mistakes.is_empty() {
        // In case the parser has a rule that is not distinguished above.
        let refused = Site::parse(&asked.config, Exemption::Ignored).err();
        mistakes.extend(refused.map(|error| {
            Mistake::new(
                "the edge would reject the site",
                error,
                "see docs/protocol.md, SiteConfig",
            )
        }));
    }
    mistakes
}

fn name(name: &str) -> Option<Mistake> {
    let well = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    let plain = !name.chars().any(char::is_control);
    (!well || !plain).then(|| {
        Mistake::of_value(
            Field::Name,
            format!("{name:?}"),
            "it must have 1 to 100 visible characters",
            "choose a shorter or simpler name",
        )
    })
}

struct Asked<'a> {
    sitekey: &'a str,
    config: SiteConfig,
}

impl Asked<'_> {
    /// The edge's refusal of a valid site with this one change.
    fn refusal(&self, change: impl FnOnce(&mut SiteConfig)) -> Option<SiteError> {
        let mut probe = Settings::of_a_new_site().config(self.sitekey);
        change(&mut probe);
        Site::parse(&probe, Exemption::Ignored).err()
    }

    fn hosts(&self) -> Vec<Mistake> {
        let hosts = &self.config.hosts;
        if hosts.is_empty() && !self.config.allow_loopback {
            return vec![Mistake::about(
                Field::Hosts,
                "no hosts",
                "without a host or loopback, no page can show the widget",
                "add a host or allow loopback; to stop serving, pause the site",
            )];
        }
        let all = self.refusal(|probe| probe.hosts.clone_from(hosts));
        if let Some(error @ SiteError::TooManyHosts) = all {
            return vec![Mistake::about(
                Field::Hosts,
                format!("{} hosts", hosts.len()),
                error,
                "replace several hosts with one *.name, or create a second site",
            )];
        }
        let refused = hosts.iter().filter_map(|host| {
            let error = self.refusal(|probe| probe.hosts = vec![host.clone()])?;
            let why = HostPattern::parse(host).err().map_or(error.to_string(), |e| e.to_string());
            Some(Mistake::about(Field::Hosts, format!("host {host:?}"), why, FIX_HOST))
        });
        refused.collect()
    }

    fn count(&self) -> Option<Mistake> {
        let count = self.config.count;
        // With the least work, so that only the count can be refused.
        let error = self.refusal(|probe| {
            (probe.count, probe.work) = (count, Work { floor: 1, ceiling: 1 });
        })?;
        Some(Mistake::of_value(Field::Count, count, error, "choose 16 unless you have measured"))
    }

    fn work(&self) -> Option<Mistake> {
        let Work { floor, ceiling } = self.config.work;
        // A count that is itself refused must not make the work look wrong.
        let count = if self.count().is_some() { 1 } else { self.config.count };
        let error = self.refusal(|probe| (probe.count, probe.work) = (count, self.config.work))?;
        let most = MAX_EXPECTED_SECONDS * SLOW_PHONE_HASHES_PER_SECOND / u64::from(count);
        let (field, fix) = if floor == 0 {
            (Field::WorkFloor, "choose 1 or more; 40000 is typical".to_owned())
        } else if floor > most {
            (Field::WorkFloor, format!("with {count} sub-puzzles, choose at most {most}"))
        } else {
            (
                Field::WorkCeiling,
                format!(
                    "choose at least the minimum work, {floor}; 100 times the minimum is typical"
                ),
            )
        };
        let value = if field == Field::WorkFloor { floor } else { ceiling };
        Some(Mistake::of_value(field, value, error, fix))
    }

    fn token_lifetime(&self) -> Option<Mistake> {
        let seconds = self.config.token_lifetime_seconds;
        let error = self.refusal(|probe| probe.token_lifetime_seconds = seconds)?;
        let fix = "choose 300 unless tokens must expire sooner";
        Some(Mistake::of_value(Field::TokenLifetime, seconds, error, fix))
    }

    fn rules(&self) -> Vec<Mistake> {
        let rules = &self.config.rules;
        let all = self.refusal(|probe| probe.rules.clone_from(rules));
        if let Some(error @ SiteError::TooManyRules) = all {
            let fix = "replace several prefixes with a shorter one";
            return vec![Mistake::new(format!("{} rules", rules.len()), error, fix)];
        }
        let mistakes = rules.iter().enumerate().map(|(index, rule)| self.rule(index, rule));
        mistakes.flatten().collect()
    }

    fn rule(&self, index: usize, rule: &Rule) -> Vec<Mistake> {
        let alone = |when: RuleMatch| Rule { when, verdict: rule.verdict };
        let conditions = conditions(&rule.when);
        let refused = conditions.into_iter().filter_map(|condition| {
            let lone = alone(condition.when);
            self.refusal(|probe| probe.rules = vec![lone])?;
            let Condition { name, value, fix, .. } = condition;
            let why = "it is malformed and can never match";
            Some(Mistake::new(format!("rules[{index}].match.{name} {value:?}"), why, fix))
        });
        refused.collect()
    }
}

struct Condition<'a> {
    name: &'static str,
    value: &'a str,
    when: RuleMatch,
    fix: &'static str,
}

/// The conditions that can be malformed, each alone.
fn conditions(when: &RuleMatch) -> Vec<Condition<'_>> {
    type Pick =
        (&'static str, fn(&RuleMatch) -> &Option<String>, fn(String) -> RuleMatch, &'static str);
    let picks: [Pick; 4] = [
        ("hostname", |w| &w.hostname, |v| RuleMatch { hostname: Some(v), ..none() }, FIX_HOST),
        (
            "action",
            |w| &w.action,
            |v| RuleMatch { action: Some(v), ..none() },
            "use at most 32 characters from A-Z a-z 0-9 _ / -",
        ),
        (
            "country",
            |w| &w.country,
            |v| RuleMatch { country: Some(v), ..none() },
            "use two upper-case letters, such as KR",
        ),
        (
            "prefix",
            |w| &w.prefix,
            |v| RuleMatch { prefix: Some(v), ..none() },
            "use 192.0.2.0/24 or shorter, or 2001:db8::/48 or shorter, with zeros after the prefix",
        ),
    ];
    let set = picks.into_iter().filter_map(|(name, pick, alone, fix)| {
        let value = pick(when).as_deref()?;
        Some(Condition { name, value, when: alone(value.to_owned()), fix })
    });
    set.collect()
}

fn none() -> RuleMatch {
    RuleMatch::default()
}

const FIX_HOST: &str =
    "write it as browsers do, without scheme, port or path: shop.example, or *.shop.example";
