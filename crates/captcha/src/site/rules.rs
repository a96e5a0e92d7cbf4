//! A site's rules, parsed. They are ordered: those that weigh add up until the
//! first of the others that matches, which decides. `policy` defines what that
//! does to the demand; `site::dry_run` applies the rules to recorded visits.

use core::net::IpAddr;

use munjigi_protocol::{Rule as RuleConfig, ScoreReason, Verdict};

use super::dry_run::Sighting;
use crate::address::Prefix;
use crate::holds::Holds;
use crate::host::HostPattern;
use crate::labels::Action;
use crate::list::ListId;
use crate::visit::Country;

/// A rule. Every condition that is set must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    host: Option<HostPattern>,
    action: Option<Action>,
    country: Option<Country>,
    asn: Option<u32>,
    network: Option<Network>,
    /// The place of its list among the site's.
    list: Option<usize>,
    score_below: Option<u8>,
    reason: Option<ScoreReason>,
    /// The client's software by its pseudonym of the day.
    software: Option<u32>,
    pub verdict: Verdict,
}

/// Weights of rules, in hundredths of risk.
const WEIGHTS: core::ops::RangeInclusive<i8> = -100..=100;

/// Scores that a rule can name.
const SCORES: core::ops::RangeInclusive<u8> = 1..=100;

impl Rule {
    /// Parses a rule of a site with these lists; `None` if a condition is
    /// malformed.
    pub fn parse(config: &RuleConfig, lists: &[ListId]) -> Option<Self> {
        Self::read(config, lists).ok()
    }

    fn read(config: &RuleConfig, lists: &[ListId]) -> Result<Self, Malformed> {
        let when = &config.when;
        Ok(Self {
            host: read(when.hostname.as_deref(), |text| HostPattern::parse(text).ok())?,
            action: read(when.action.as_deref(), |text| Action::parse(text).ok())?,
            country: read(when.country.as_deref(), |text| {
                Some(Country::parse(text)).filter(|country| *country != Country::UNKNOWN)
            })?,
            asn: when.asn,
            network: read(when.prefix.as_deref(), Network::parse)?,
            list: read(when.list.as_deref(), |text| {
                lists.iter().position(|list| list.as_str() == text)
            })?,
            score_below: read(when.score_below, |score| {
                Some(score).filter(|score| SCORES.contains(score))
            })?,
            reason: when.reason,
            software: read(when.software.as_deref(), software)?,
            verdict: match config.verdict {
                Verdict::Weigh(weight) if weight == 0 || !WEIGHTS.contains(&weight) => {
                    return Err(Malformed);
                }
                verdict => verdict,
            },
        })
    }

    /// Whether the rule requires something that the edge sees for itself. Host
    /// and action are the client's own claims: a bot claims the allowed ones.
    pub const fn vouches(&self) -> bool {
        self.country.is_some()
            || self.asn.is_some()
            || self.network.is_some()
            || self.list.is_some()
    }

    /// Whether the rule matches, given what is known about a visit.
    pub fn holds(&self, seen: &Sighting<'_>) -> Holds {
        Holds::condition(self.host.as_ref(), seen.host, |pattern, host| host.is_of(pattern))
            .and(Holds::condition(self.action.as_ref(), seen.action, |wanted, action| {
                Holds::of(wanted == action)
            }))
            .and(Holds::condition(self.country, seen.country, |wanted, country| {
                Holds::of(wanted == country)
            }))
            .and(Holds::condition(self.asn, seen.asn, |wanted, asn| Holds::of(wanted == asn)))
            .and(Holds::condition(self.network.as_ref(), seen.prefix, |network, prefix| {
                Holds::of(network.contains(prefix))
            }))
            .and(self.list.map_or(Holds::Yes, |list| seen.listed.at(list)))
            .and(Holds::condition(self.score_below, seen.score, |bound, score| {
                Holds::of(score < bound)
            }))
            .and(Holds::condition(self.reason, seen.signs, |reason, signs| {
                Holds::of(signs.reasons().any(|other| other == reason))
            }))
            .and(Holds::condition(self.software, seen.software, |name, names| {
                Holds::of(names.contains(&name))
            }))
    }
}

/// Reads a pseudonym as it is printed.
fn software(text: &str) -> Option<u32> {
    let is_printed =
        text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u32::from_str_radix(text, 16).ok().filter(|_| is_printed)
}

/// A malformed condition. It fails the whole rule, which must not match more
/// than its owner wrote.
struct Malformed;

/// An absent condition always holds.
fn read<G, T>(given: Option<G>, parse: impl Fn(G) -> Option<T>) -> Result<Option<T>, Malformed> {
    given.map(|given| parse(given).ok_or(Malformed)).transpose()
}

/// A network of at most /24 or /48: we keep no more of an address, so a longer
/// prefix could never match.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Network {
    prefix: Prefix,
    bits: u32,
}

impl Network {
    /// Reads `192.0.2.0/24`. Bits past the length must be zero.
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let plain = length.len() <= 2 && length.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u32 = length.parse().ok().filter(|_| plain)?;
        let (longest, tail) = match address {
            IpAddr::V4(address) => (24, u128::from(u32::from(address)) << 96),
            IpAddr::V6(address) => (48, u128::from(address)),
        };
        let zero_tail = tail.checked_shl(bits).unwrap_or_default() == 0;
        let mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
        (bits <= longest && zero_tail && !mapped)
            .then(|| Self { prefix: Prefix::of(address), bits })
    }

    fn contains(&self, prefix: Prefix) -> bool {
        let same_family = matches!(
            (self.prefix, prefix),
            (Prefix::V4(_), Prefix::V4(_)) | (Prefix::V6(_), Prefix::V6(_))
        );
        same_family && (number(self.prefix) ^ number(prefix)).leading_zeros() >= self.bits
    }
}

/// The prefix as the top bits of a number.
fn number(prefix: Prefix) -> u64 {
    let bytes = prefix.bytes();
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)) << (64 - 8 * bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_what_they_say() {
        for (network, address, contains) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.0.0/16", "192.0.77.1", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:7::1", true),
            ("2001:db8:7::/48", "2001:db8:7:9::1", true),
            ("2001:db8:7::/48", "2001:db8:8::1", false),
            ("::/0", "192.0.2.1", false),
        ] {
            let parsed = Network::parse(network).unwrap();
            let prefix = Prefix::parse(address).unwrap();
            assert_eq!(parsed.contains(prefix), contains, "{network} {address}");
        }
    }

    #[test]
    fn networks_that_could_never_match_are_refused() {
        for text in [
            "192.0.2.0",
            "192.0.2.0/25",
            "192.0.2.1/24",
            "192.0.2.0/+9",
            "192.0.2.0/",
            "2001:db8::/49",
            "2001:db8::1/32",
            "::ffff:192.0.2.0/24",
            "x/24",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
