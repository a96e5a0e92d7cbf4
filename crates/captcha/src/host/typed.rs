//! Hosts as people write them into settings: copied from an address bar, in capital
//! letters, or in their own script.

use url::Host;

use super::{HostError, HostPattern};

impl HostPattern {
    /// Reads `https://Shop.Example:8443/cart` as `shop.example`, and `*.한국.example` as
    /// `*.xn--3e0b707e.example`: the one spelling that browsers use
    /// (<https://url.spec.whatwg.org/#host-parsing>).
    ///
    /// # Errors
    ///
    /// There is no host in it, or a wildcard where none may be.
    pub fn typed(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        let rest = text.split_once("://").map_or(Ok(text), |(scheme, rest)| {
            let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
            if is_web { Ok(rest) } else { Err(HostError::BadLabel) }
        })?;
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (wildcard, host) = rest.strip_prefix("*.").map_or(("", rest), |base| ("*.", base));
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let host = match host.rsplit_once(':') {
            Some((host, port)) if is_port(port) && (!host.contains(':') || host.ends_with(']')) => {
                host
            }
            _ => host,
        };
        if host.is_empty() {
            return Err(HostError::Empty);
        }
        let parsed = Host::parse(host).map_err(|_| HostError::BadLabel)?;
        let (read, is_address) = (parsed.to_string(), matches!(parsed, Host::Ipv4(_)));
        // A port or a year alone is an address for browsers, and a mistake here.
        if is_address && read != host {
            return Err(HostError::BadLabel);
        }
        // The dot that ends a name is no part of it.
        let host = read.strip_suffix('.').unwrap_or(&read);
        Self::parse(&[wildcard, host].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::SiteHost;

    const HOSTS: &str = include_str!("../../../../tests/contract/hosts.txt");

    #[test]
    fn what_people_write_has_one_spelling_or_is_refused() {
        let rows = HOSTS.lines().filter_map(|line| line.split_once('\t'));
        let rows: Vec<_> =
            rows.chain([("", "-"), (" ", "-"), ("  shop.example\n", "shop.example")]).collect();
        assert!(rows.len() > 40);
        for (typed, read) in rows {
            let found = SiteHost::typed(typed).map(|pattern| pattern.to_string());
            assert_eq!(found.as_deref().unwrap_or("-"), read, "{typed:?}");
        }
        assert!(HostPattern::typed(&"a".repeat(64)).is_err());
    }
}
