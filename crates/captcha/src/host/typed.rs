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
        let read = Host::parse(host).map_err(|_| HostError::BadLabel)?.to_string();
        // The dot that ends a name is no part of it.
        let host = read.strip_suffix('.').unwrap_or(&read);
        Self::parse(&[wildcard, host].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_has_one_spelling() {
        for (text, read) in [
            ("shop.example", "shop.example"),
            ("Shop.Example", "shop.example"),
            ("  shop.example\n", "shop.example"),
            ("shop.example.", "shop.example"),
            ("shop.example:8443", "shop.example"),
            ("shop.example:", "shop.example"),
            ("https://shop.example", "shop.example"),
            ("HTTPS://Shop.Example/", "shop.example"),
            ("http://shop.example:80/cart?item=1#top", "shop.example"),
            ("shop.example/", "shop.example"),
            ("shop.example?a", "shop.example"),
            ("*.shop.example", "*.shop.example"),
            ("*.Shop.Example:443", "*.shop.example"),
            ("https://*.shop.example/", "*.shop.example"),
            ("한국.example", "xn--3e0b707e.example"),
            ("*.한국.example", "*.xn--3e0b707e.example"),
            ("xn--3e0b707e.example", "xn--3e0b707e.example"),
            ("ＳＨＯＰ.example", "shop.example"),
            ("shop。example", "shop.example"),
            ("münchen.example", "xn--mnchen-3ya.example"),
            ("%73hop.example", "shop.example"),
            ("localhost", "localhost"),
            ("LOCALHOST:3000", "localhost"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("0x7f.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[::1]:8080", "[::1]"),
            ("http://[2001:DB8:0::1]/", "[2001:db8::1]"),
        ] {
            let found = HostPattern::typed(text).map(|pattern| pattern.to_string());
            assert_eq!(found.as_deref(), Ok(read), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            " ",
            "null",
            "*",
            "*.",
            "*.com",
            "*.localhost",
            "*.127.0.0.1",
            "a b",
            "shop..example",
            ".example",
            "-shop.example",
            "shop_1.example",
            "shop.example:80:80",
            "::1",
            "[::1",
            "ftp://shop.example",
            "name@shop.example",
            "shop.*.example",
            "*shop.example",
            "1.2.3.4.5",
            "shop.example,other.example",
            "<shop>",
        ] {
            assert!(HostPattern::typed(text).is_err(), "{text:?}");
        }
        assert!(HostPattern::typed(&"a".repeat(64)).is_err());
    }
}
