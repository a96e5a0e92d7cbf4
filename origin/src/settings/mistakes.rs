//! Every mistake in settings, each found by the edge's own parser: one thing
//! at a time is put into a site that is known to be good.

use std::fmt;

use munjigi_captcha::phones::{MAX_EXPECTED_SECONDS, SLOW_PHONE_HASHES_PER_SECOND};
use munjigi_captcha::{Exemption, HostPattern, Site, SiteError};
use munjigi_protocol::{Rule, RuleMatch, SiteConfig, Work};

use super::Settings;

const MAX_NAME_CHARS: usize = 100;

/// What a mistake is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Name,
    /// The hosts.
    Hosts,
    /// The least work.
    WorkFloor,
    /// The most work.
    WorkCeiling,
    /// The number of sub-puzzles.
    Count,
    /// The lifetime of a token.
    TokenLifetime,
    /// Rules, or all of it.
    Whole,
}

impl Field {
    /// As the command's options and the wire call it.
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

    /// As forms call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Hosts => "Host names",
            Self::WorkFloor => "Least work",
            Self::WorkCeiling => "Most work",
            Self::Count => "Sub-puzzles",
            Self::TokenLifetime => "Seconds that a token is good",
            Self::Whole => "The site",
        }
    }
}

/// One mistake, in words for whoever typed the command or the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What it is about.
    pub field: Field,
    what: String,
    why: String,
    mend: String,
}

/// Every mistake found; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistake {
    /// What is wrong, why, and how to mend it.
    pub fn new(what: impl Into<String>, why: impl fmt::Display, mend: impl Into<String>) -> Self {
        Self::about(Field::Whole, what, why, mend)
    }

    /// The same, where one field is wrong.
    pub fn about(
        field: Field,
        what: impl Into<String>,
        why: impl fmt::Display,
        mend: impl Into<String>,
    ) -> Self {
        Self { field, what: what.into(), why: why.to_string(), mend: mend.into() }
    }

    /// A value that is wrong as a whole.
    pub fn of_value(
        field: Field,
        value: impl fmt::Display,
        why: impl fmt::Display,
        mend: impl Into<String>,
    ) -> Self {
        Self::about(field, format!("{} {value}", field.option()), why, mend)
    }

    /// For who reads it beside its field.
    pub fn beside_its_field(&self) -> String {
        let Self { what, why, mend, .. } = self;
        let own = what.strip_prefix(self.field.option()).map(str::trim_start);
        match own {
            Some(value) => format!("{value}: {why}. To mend it: {mend}."),
            None => format!("{what}: {why}. To mend it: {mend}."),
        }
    }
}

/// In a sentence.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, why, mend, .. } = self;
        write!(f, "{what}: {why}. To mend it: {mend}.")
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("one mistake:")?,
            number => write!(f, "{number} mistakes:")?,
        }
        for Mistake { what, why, mend, .. } in &self.0 {
            write!(f, "\n  - {what}\n    why:  {why}\n    mend: {mend}")?;
        }
        Ok(())
    }
}

/// The mistakes in settings; none when an edge takes them as they are.
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
        // Should the parser know a rule that is not told apart above.
        let refused = Site::parse(&asked.config, Exemption::Ignored).err();
        mistakes.extend(refused.map(|error| {
            Mistake::new(
                "the edge would refuse the site",
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
            "it must have 1 to 100 characters, all of which can be seen",
            "give it a shorter or plainer name",
        )
    })
}

struct Asked<'a> {
    sitekey: &'a str,
    config: SiteConfig,
}

impl Asked<'_> {
    /// What the edge says to a good site with this one change.
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
                "without a host or loopback, no page could show the widget",
                "name a host or allow loopback; to stop serving, pause the site",
            )];
        }
        let all = self.refusal(|probe| probe.hosts.clone_from(hosts));
        if let Some(error @ SiteError::TooManyHosts) = all {
            return vec![Mistake::about(
                Field::Hosts,
                format!("{} hosts", hosts.len()),
                error,
                "cover many with one *.name, or make a second site",
            )];
        }
        let refused = hosts.iter().filter_map(|host| {
            let error = self.refusal(|probe| probe.hosts = vec![host.clone()])?;
            let why = HostPattern::parse(host).err().map_or(error.to_string(), |e| e.to_string());
            Some(Mistake::about(Field::Hosts, format!("host {host:?}"), why, MEND_HOST))
        });
        refused.collect()
    }

    fn count(&self) -> Option<Mistake> {
        let count = self.config.count;
        // With the least work, so that only the count can be refused.
        let error = self.refusal(|probe| {
            (probe.count, probe.work) = (count, Work { floor: 1, ceiling: 1 });
        })?;
        Some(Mistake::of_value(Field::Count, count, error, "choose 16 unless you measured"))
    }

    fn work(&self) -> Option<Mistake> {
        let Work { floor, ceiling } = self.config.work;
        // A count that is itself refused must not make the work look wrong.
        let count = if self.count().is_some() { 1 } else { self.config.count };
        let error = self.refusal(|probe| (probe.count, probe.work) = (count, self.config.work))?;
        let most = MAX_EXPECTED_SECONDS * SLOW_PHONE_HASHES_PER_SECOND / u64::from(count);
        let (field, mend) = if floor == 0 {
            (Field::WorkFloor, "choose 1 or more; 40000 is usual".to_owned())
        } else if floor > most {
            (Field::WorkFloor, format!("with {count} sub-puzzles, choose at most {most}"))
        } else {
            (
                Field::WorkCeiling,
                format!("choose at least the least work, {floor}; a hundred times it is usual"),
            )
        };
        let value = if field == Field::WorkFloor { floor } else { ceiling };
        Some(Mistake::of_value(field, value, error, mend))
    }

    fn token_lifetime(&self) -> Option<Mistake> {
        let seconds = self.config.token_lifetime_seconds;
        let error = self.refusal(|probe| probe.token_lifetime_seconds = seconds)?;
        let mend = "choose 300 unless tokens must be sent sooner";
        Some(Mistake::of_value(Field::TokenLifetime, seconds, error, mend))
    }

    fn rules(&self) -> Vec<Mistake> {
        let rules = &self.config.rules;
        let all = self.refusal(|probe| probe.rules.clone_from(rules));
        if let Some(error @ SiteError::TooManyRules) = all {
            let mend = "put shorter prefixes in place of many";
            return vec![Mistake::new(format!("{} rules", rules.len()), error, mend)];
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
            let Condition { name, value, mend, .. } = condition;
            let why = "it is not well-formed and could never match";
            Some(Mistake::new(format!("rules[{index}].match.{name} {value:?}"), why, mend))
        });
        refused.collect()
    }
}

struct Condition<'a> {
    name: &'static str,
    value: &'a str,
    when: RuleMatch,
    mend: &'static str,
}

/// The conditions that can be malformed, each alone.
fn conditions(when: &RuleMatch) -> Vec<Condition<'_>> {
    type Pick =
        (&'static str, fn(&RuleMatch) -> &Option<String>, fn(String) -> RuleMatch, &'static str);
    let picks: [Pick; 4] = [
        ("hostname", |w| &w.hostname, |v| RuleMatch { hostname: Some(v), ..none() }, MEND_HOST),
        (
            "action",
            |w| &w.action,
            |v| RuleMatch { action: Some(v), ..none() },
            "an action has at most 32 of A-Z a-z 0-9 _ / -",
        ),
        (
            "country",
            |w| &w.country,
            |v| RuleMatch { country: Some(v), ..none() },
            "a country is two upper-case letters, such as KR",
        ),
        (
            "prefix",
            |w| &w.prefix,
            |v| RuleMatch { prefix: Some(v), ..none() },
            "write 192.0.2.0/24 or shorter, or 2001:db8::/48 or shorter, with zeros after the prefix",
        ),
    ];
    let set = picks.into_iter().filter_map(|(name, pick, alone, mend)| {
        let value = pick(when).as_deref()?;
        Some(Condition { name, value, when: alone(value.to_owned()), mend })
    });
    set.collect()
}

fn none() -> RuleMatch {
    RuleMatch::default()
}

const MEND_HOST: &str =
    "write it as browsers do, without scheme, port and path: shop.example, or *.shop.example";
