//! The software that a client consists of, as far as the edge sees it: a
//! number that names a program and its version, not a person.

use core::hash::Hasher;

use siphasher::sip::SipHasher13;

/// A digest of what a client's software shows. Clients of the same release
/// share it; it says nothing about which of them this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Software(u64);

/// Long texts are truncated, as they are where agents are classified.
const MAX_AGENT_BYTES: usize = 512;

impl Software {
    /// The software by what it says: the user agent, and further headers that
    /// depend on the program alone.
    ///
    /// Of each number in the user agent only the part before the first dot or
    /// underscore counts: minor releases and builds would make one program many
    /// and, on phones, a few people one program.
    pub fn of_headers(user_agent: &str, others: &[&str]) -> Self {
        let mut hasher = SipHasher13::new();
        let agent = user_agent.as_bytes();
        let agent = agent.get(..MAX_AGENT_BYTES).unwrap_or(agent);
        let mut parts = agent.split(|byte| matches!(byte, b'.' | b'_'));
        hasher.write(parts.next().unwrap_or_default());
        for part in parts {
            let minor = part.iter().take_while(|byte| byte.is_ascii_digit()).count();
            hasher.write(part.get(minor..).unwrap_or_default());
        }
        Self::and(hasher, others)
    }

    /// The software by how it shakes hands: digests of its TLS `ClientHello`.
    /// `None` where the platform tells none.
    pub fn of_handshake(digests: &str) -> Option<Self> {
        (!digests.is_empty()).then(|| Self::and(SipHasher13::new(), &[digests]))
    }

    fn and(mut hasher: SipHasher13, parts: &[&str]) -> Self {
        for part in parts {
            // A byte that no header contains.
            hasher.write_u8(0);
            hasher.write(part.as_bytes());
        }
        Self(hasher.finish())
    }

    /// Software with this number, for tests.
    #[cfg(any(test, feature = "contract"))]
    pub const fn numbered(number: u64) -> Self {
        Self(number)
    }

    /// The digest, for a keyed pseudonym or a key that is forgotten within a
    /// minute.
    pub const fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.7778.96 Safari/537.36";
    const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

    #[test]
    fn minor_releases_are_one_program() {
        let of = |agent: &str| Software::of_headers(agent, &["hints", "Linux"]);
        assert_eq!(of(CHROME), of(&CHROME.replace("148.0.7778.96", "148.0.7700.1")));
        assert_ne!(of(CHROME), of(&CHROME.replace("148.", "147.")));
        assert_eq!(of(IPHONE), of(&IPHONE.replace("18_5", "18_4_1").replace("18.5", "18.4.1")));
        assert_ne!(of(IPHONE), of(&IPHONE.replace("18_5", "17_5")));
        assert_ne!(of(CHROME), of(""));
        // Cookies that were given by earlier releases hold it.
        assert_eq!(of(CHROME).number(), 11_737_683_009_350_893_078);
    }

    #[test]
    fn what_stands_in_one_header_cannot_stand_in_another() {
        assert_ne!(
            Software::of_headers(CHROME, &["a", "b"]),
            Software::of_headers(CHROME, &["ab", ""])
        );
        assert_ne!(Software::of_headers(CHROME, &["a"]), Software::of_headers(CHROME, &["b"]));
    }

    #[test]
    fn a_platform_may_tell_no_handshake() {
        assert_eq!(Software::of_handshake(""), None);
        assert_ne!(Software::of_handshake("a b"), Software::of_handshake("a c"));
    }
}
