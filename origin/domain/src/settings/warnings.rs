//! What owners should know about well-formed rules, of visitors and of paths. As
//! with mistakes, the words are messages in `munjigi-i18n`.

use std::fmt;

use ipnet::IpNet;
use munjigi_captcha::open_below;
use munjigi_i18n::{Locale, Text, Texts};
use munjigi_protocol::{Protection, Rule, Verdict};

use crate::lists::Published;

/// About a rule. Rules are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// An `allow` by country, network or published list alone: it also lets every
    /// bot there pay the least.
    Uncounted { rule: usize, whom: Uncounted },
    /// A path that is protected alone, and nothing below it.
    OpenBelow { rule: usize, path: String },
}

/// Whom a rule lets pay the least regardless of the counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncounted {
    Prefix(String),
    Network(u32),
    Country(String),
    List(String),
}

/// The warnings about rules for visitors, in their order.
pub fn warnings(rules: &[Rule]) -> Vec<Warning> {
    let warned = rules
        .iter()
        .enumerate()
        .filter_map(|(rule, given)| Some(Warning::Uncounted { rule, whom: uncounted(given)? }));
    warned.collect()
}

/// The warnings about rules for paths, in their order.
pub fn path_warnings(rules: &[Protection]) -> Vec<Warning> {
    let warned = open_below(rules).filter_map(|rule| {
        let path = rules.get(rule)?.path.trim_end_matches('/').to_owned();
        Some(Warning::OpenBelow { rule, path })
    });
    warned.collect()
}

impl Warning {
    /// In a few sentences.
    pub fn text(&self, t: Texts) -> Text {
        let (rule, whom) = match self {
            Self::Uncounted { rule, whom } => (rule, whom),
            Self::OpenBelow { rule, path } => {
                return t.get("path-warning").count("rule", rule + 1).with("path", path);
            }
        };
        let (whom, value) = match whom {
            Uncounted::Prefix(prefix) => ("prefix", prefix.clone()),
            Uncounted::Network(asn) => ("network", format!("AS{asn}")),
            Uncounted::Country(country) => ("country", country.clone()),
            Uncounted::List(list) => ("list", list.clone()),
        };
        let text = t.get("rule-warning").count("rule", rule + 1);
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
