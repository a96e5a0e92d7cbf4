//! What owners should know about well-formed rules. As with mistakes, the words
//! are messages in `munjigi-i18n`.

use std::fmt;

use ipnet::IpNet;
use munjigi_i18n::{Locale, Text, Texts};
use munjigi_protocol::{Rule, Verdict};

use crate::lists::Published;

/// An `allow` by country, network or published list alone: it also lets every bot there pay
/// the least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Counted from 0.
    pub rule: usize,
    pub uncounted: Uncounted,
}

/// Whom a rule lets pay the least regardless of the counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncounted {
    Prefix(String),
    Network(u32),
    Country(String),
    /// A published list.
    List(String),
}

/// The warnings about rules, in their order.
pub fn warnings(rules: &[Rule]) -> Vec<Warning> {
    let warned = rules.iter().enumerate().filter_map(|(rule, given)| {
        let uncounted = uncounted(given)?;
        Some(Warning { rule, uncounted })
    });
    warned.collect()
}

impl Warning {
    /// In a few sentences.
    pub fn text(&self, t: Texts) -> Text {
        let (whom, value) = match &self.uncounted {
            Uncounted::Prefix(prefix) => ("prefix", prefix.clone()),
            Uncounted::Network(asn) => ("network", format!("AS{asn}")),
            Uncounted::Country(country) => ("country", country.clone()),
            Uncounted::List(list) => ("list", list.clone()),
        };
        let text = t.get("rule-warning").count("rule", self.rule + 1);
        text.with("whom", whom).with("value", value)
    }
}

/// In English, for the command.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text(Texts::of(Locale::EN)).fmt(f)
    }
}

/// `None` if that is no one, or only a network of the owner's own.
fn uncounted(rule: &Rule) -> Option<Uncounted> {
    let when = &rule.when;
    if rule.verdict != Verdict::Allow {
        return None;
    }
    if let Some(prefix) = &when.prefix {
        return is_broad(prefix).then(|| Uncounted::Prefix(prefix.clone()));
    }
    match (&when.list, when.asn, &when.country) {
        // What an organisation lists is its own choice.
        (Some(list), ..) => {
            Published::parse(list).map(|list| Uncounted::List(list.as_str().to_owned()))
        }
        (None, Some(asn), _) => Some(Uncounted::Network(asn)),
        (None, None, Some(country)) => Some(Uncounted::Country(country.clone())),
        (None, None, None) => None,
    }
}

/// Whether a prefix is wider than what registries usually give to one
/// organisation: /16 for IPv4, /32 for IPv6.
fn is_broad(prefix: &str) -> bool {
    match prefix.parse() {
        Ok(IpNet::V4(network)) => network.prefix_len() < 16,
        Ok(IpNet::V6(network)) => network.prefix_len() < 32,
        Err(_) => false,
    }
}
