//! Every mistake in settings, each found by the edge's own parser: one value at
//! a time is put into a site that is known to be valid.

use munjigi_captcha::phones::{MAX_EXPECTED_SECONDS, SLOW_PHONE_HASHES_PER_SECOND};
use munjigi_captcha::{Exemption, ListId, Site, SiteError, SiteHost};
use munjigi_protocol::{Protection, Rule, RuleMatch, SiteConfig, Verdict, Work};

use super::Settings;
use super::mistakes::{Condition, Mistake};
use crate::lists::Published;

const MAX_NAME_CHARS: usize = 100;

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
    mistakes.extend(asked.protect());
    if mistakes.is_empty() {
        // In case the parser has a rule that is not distinguished above.
        let refused = Site::parse(&asked.config, Exemption::Ignored).err();
        mistakes.extend(refused.map(|error| Mistake::Refused { error }));
    }
    mistakes
}

fn name(name: &str) -> Option<Mistake> {
    let well = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    let plain = !name.chars().any(char::is_control);
    (!well || !plain).then(|| Mistake::Name { name: name.to_owned() })
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
        let is_nowhere = SiteHost::of_pages(hosts).next().is_none();
        if is_nowhere && !self.config.allow_loopback {
            return vec![Mistake::NoHosts];
        }
        let all = self.refusal(|probe| probe.hosts.clone_from(hosts));
        if all == Some(SiteError::TooManyHosts) {
            return vec![Mistake::TooManyHosts { count: hosts.len() }];
        }
        let refused = hosts.iter().filter_map(|host| {
            let reason = SiteHost::parse(host).err()?;
            Some(Mistake::Host { host: host.clone(), reason })
        });
        refused.collect()
    }

    fn count(&self) -> Option<Mistake> {
        let count = self.config.count;
        // With the least work, so that only the count can be refused.
        self.refusal(|probe| (probe.count, probe.work) = (count, Work { floor: 1, ceiling: 1 }))?;
        Some(Mistake::Count { count })
    }

    fn work(&self) -> Option<Mistake> {
        let Work { floor, ceiling } = self.config.work;
        // A count that is itself refused must not make the work look wrong.
        let count = if self.count().is_some() { 1 } else { self.config.count };
        self.refusal(|probe| (probe.count, probe.work) = (count, self.config.work))?;
        let most = MAX_EXPECTED_SECONDS * SLOW_PHONE_HASHES_PER_SECOND / u64::from(count);
        Some(if floor == 0 {
            Mistake::NoWork
        } else if floor > most {
            Mistake::TooMuchWork { floor, count, most }
        } else {
            Mistake::CeilingBelowFloor { floor, ceiling }
        })
    }

    fn token_lifetime(&self) -> Option<Mistake> {
        let seconds = self.config.token_lifetime_seconds;
        self.refusal(|probe| probe.token_lifetime_seconds = seconds)?;
        Some(Mistake::TokenLifetime { seconds })
    }

    fn rules(&self) -> Vec<Mistake> {
        let rules = &self.config.rules;
        let all = self.refusal(|probe| probe.rules.clone_from(rules));
        if all == Some(SiteError::TooManyRules) {
            return vec![Mistake::TooManyRules { count: rules.len() }];
        }
        let mistakes = rules.iter().enumerate().map(|(index, rule)| self.rule(index, rule));
        mistakes.flatten().collect()
    }

    fn protect(&self) -> Vec<Mistake> {
        let rules = &self.config.protect;
        let all = self.refusal(|probe| probe.protect.clone_from(rules));
        if all == Some(SiteError::TooManyProtections) {
            return vec![Mistake::TooManyProtections { count: rules.len() }];
        }
        let is_refused =
            |lone: &Protection| self.refusal(|probe| probe.protect = vec![lone.clone()]).is_some();
        let refused = rules.iter().enumerate().filter(|(_, rule)| is_refused(rule));
        let mistake = |(rule, refused): (usize, &Protection)| Mistake::Protection {
            rule,
            path: refused.path.clone(),
        };
        refused.map(mistake).collect()
    }

    fn rule(&self, index: usize, rule: &Rule) -> Vec<Mistake> {
        let is_refused = |lone: Rule| self.refusal(|probe| probe.rules = vec![lone]).is_some();
        let refused = Condition::ALL.into_iter().filter_map(|condition| {
            let value = condition.of(&rule.when)?;
            let lone = Rule { when: condition.alone(&rule.when), verdict: Verdict::Block };
            is_refused(lone).then_some(Mistake::Condition { rule: index, condition, value })
        });
        let weight = match rule.verdict {
            Verdict::Weigh(weight) => {
                let lone = Rule { when: RuleMatch::default(), verdict: rule.verdict };
                let value = weight.to_string();
                is_refused(lone).then_some(Mistake::Weight { rule: index, value })
            }
            _ => None,
        };
        refused.chain(unknown_list(index, rule)).chain(weight).collect()
    }
}

/// A name that is no published list's. Whether an own list is the
/// organisation's is known where lists are stored.
fn unknown_list(index: usize, rule: &Rule) -> Option<Mistake> {
    let value = rule.when.list.as_deref()?;
    let id: ListId = value.parse().ok()?;
    let is_unknown = id.own().is_none() && Published::parse(id.as_str()).is_none();
    is_unknown.then(|| Mistake::UnknownList { rule: index, value: value.to_owned() })
}

impl Condition {
    fn of(self, when: &RuleMatch) -> Option<String> {
        match self {
            Self::Hostname => when.hostname.clone(),
            Self::Action => when.action.clone(),
            Self::Country => when.country.clone(),
            Self::Prefix => when.prefix.clone(),
            Self::List => when.list.clone(),
            Self::ScoreBelow => when.score_below.map(|score| score.to_string()),
            Self::Software => when.software.clone(),
        }
    }

    /// This condition of a rule and no other.
    fn alone(self, when: &RuleMatch) -> RuleMatch {
        let (when, none) = (when.clone(), RuleMatch::default());
        match self {
            Self::Hostname => RuleMatch { hostname: when.hostname, ..none },
            Self::Action => RuleMatch { action: when.action, ..none },
            Self::Country => RuleMatch { country: when.country, ..none },
            Self::Prefix => RuleMatch { prefix: when.prefix, ..none },
            Self::List => RuleMatch { list: when.list, ..none },
            Self::ScoreBelow => RuleMatch { score_below: when.score_below, ..none },
            Self::Software => RuleMatch { software: when.software, ..none },
        }
    }
}
