//! Which key signs what. Each receiver has keys of its own, derived from the
//! internal ring: an attacker who takes over the gpu-backend's machine can call
//! the gpu-backend and nothing else. Only the origin holds the ring.

use zeroize::Zeroizing;

use crate::ring::{KeyRing, Kid, RingError, RingKey};

/// The receiver that a request is meant for: a request signed for one audience
/// is never valid at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// `/internal/*` of the edge.
    Edge,
    /// `/internal/*` of the origin.
    Origin,
    /// Every gpu-backend route that performs work.
    Gpu,
}

impl Audience {
    const ALL: [Self; 3] = [Self::Edge, Self::Origin, Self::Gpu];

    /// The spelling in the header and in front of a derived key.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Origin => "origin",
            Self::Gpu => "gpu",
        }
    }

    const fn info(self) -> &'static [u8] {
        match self {
            Self::Edge => b"munjigi/v1/call/edge",
            Self::Origin => b"munjigi/v1/call/origin",
            Self::Gpu => b"munjigi/v1/call/gpu",
        }
    }
}

/// The keys of calls to one audience: the first signs, all verify. `Debug`
/// prints no key.
#[derive(Debug, Clone)]
pub struct AudienceKeys {
    audience: Audience,
    ring: KeyRing,
}

impl AudienceKeys {
    /// Derives an audience's keys from the internal ring.
    pub fn derive(internal: &KeyRing, audience: Audience) -> Self {
        Self { audience, ring: internal.derive(audience.info()) }
    }

    /// The receiver that the keys are for.
    pub const fn audience(&self) -> Audience {
        self.audience
    }

    /// Every key's name; that of the signing key comes first.
    pub fn kids(&self) -> impl Iterator<Item = Kid> {
        self.ring.kids()
    }

    pub(super) const fn first(&self) -> &RingKey {
        self.ring.first()
    }

    pub(super) fn find(&self, kid: Kid) -> Option<&RingKey> {
        self.ring.find(kid)
    }
}

/// What `MUNJIGI_INTERNAL_KEYS` holds: the internal ring, `kid:key,…`, or
/// the derived keys of the audiences that a component needs, `edge/kid:key,…`.
/// `Debug` prints no key.
#[derive(Debug, Clone)]
pub struct CallKeys {
    keys: Vec<AudienceKeys>,
    given: Given,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Ring,
    Derived,
}

/// Why a variable does not hold keys for calls. No message repeats its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallKeysError {
    /// The internal ring is malformed.
    #[error("{0}")]
    Ring(RingError),
    /// The keys derived for one audience are not a valid ring.
    #[error("keys of {prefix}/: {1}", prefix = .0.as_str())]
    Derived(Audience, RingError),
    /// An entry names no audience, or some entries are derived and others are
    /// not.
    #[error(
        "entry {0} does not start with edge/, origin/ or gpu/; use either only the ring or only derived keys, as `munjigi keys derive` prints them"
    )]
    BadAudience(usize),
}

impl CallKeys {
    /// Reads either form. Errors count entries from 1; `Derived` counts those
    /// of its audience only.
    pub fn parse(text: &str) -> Result<Self, CallKeysError> {
        if !text.contains('/') {
            let internal = KeyRing::parse(text).map_err(CallKeysError::Ring)?;
            let keys = Audience::ALL.map(|audience| AudienceKeys::derive(&internal, audience));
            return Ok(Self { keys: keys.to_vec(), given: Given::Ring });
        }
        let of = |entry: &str| {
            let (name, _) = entry.split_once('/')?;
            Audience::ALL.into_iter().find(|audience| audience.as_str() == name)
        };
        if let Some(index) = text.split(',').position(|entry| of(entry).is_none()) {
            return Err(CallKeysError::BadAudience(index + 1));
        }
        let mut keys = Vec::new();
        for audience in Audience::ALL {
            let entries: Vec<&str> = text
                .split(',')
                .filter(|entry| of(entry) == Some(audience))
                .filter_map(|entry| entry.split_once('/'))
                .map(|(_, rest)| rest)
                .collect();
            if !entries.is_empty() {
                let joined = Zeroizing::new(entries.join(","));
                let ring = KeyRing::parse(&joined)
                    .map_err(|error| CallKeysError::Derived(audience, error))?;
                keys.push(AudienceKeys { audience, ring });
            }
        }
        Ok(Self { keys, given: Given::Derived })
    }

    /// The keys for calls to an audience; `None` if they were not given.
    pub fn of(&self, audience: Audience) -> Option<&AudienceKeys> {
        self.keys.iter().find(|keys| keys.audience == audience)
    }

    /// Whether the whole internal ring was given, which only the origin needs.
    pub fn is_ring(&self) -> bool {
        self.given == Given::Ring
    }

    /// The derived form for a component that needs these audiences.
    pub fn write(internal: &KeyRing, audiences: &[Audience]) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for audience in audiences {
            for key in AudienceKeys::derive(internal, *audience).ring.keys() {
                let separator = if text.is_empty() { "" } else { "," };
                let base64 = Zeroizing::new(munjigi_protocol::base64::encode(key.bytes()));
                for part in [separator, audience.as_str(), "/", key.kid().as_str(), ":", &base64] {
                    text.push_str(part);
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const B: &str = "_________________________________________-8";

    fn ring() -> KeyRing {
        KeyRing::parse(&format!("k2:{B},k1:{A}")).unwrap()
    }

    fn bytes(keys: &CallKeys, audience: Audience) -> Vec<[u8; 32]> {
        keys.of(audience)
            .map_or(Vec::new(), |keys| keys.ring.keys().map(|key| *key.bytes()).collect())
    }

    #[test]
    fn derived_keys_are_those_of_the_ring_and_no_others() {
        let whole = CallKeys::parse(&format!("k2:{B},k1:{A}")).unwrap();
        assert!(whole.is_ring());
        let edge = CallKeys::parse(&CallKeys::write(&ring(), &[Audience::Edge, Audience::Origin]));
        let edge = edge.unwrap();
        assert!(!edge.is_ring());
        for audience in [Audience::Edge, Audience::Origin] {
            assert_eq!(bytes(&edge, audience), bytes(&whole, audience));
            let kids: Vec<String> =
                edge.of(audience).unwrap().kids().map(|kid| kid.to_string()).collect();
            assert_eq!(kids, ["k2", "k1"]);
        }
        assert!(edge.of(Audience::Gpu).is_none());
    }

    #[test]
    fn no_audience_has_a_key_of_another_or_of_the_ring() {
        let whole = CallKeys::parse(&format!("k1:{A}")).unwrap();
        let mut all: Vec<[u8; 32]> =
            Audience::ALL.iter().flat_map(|audience| bytes(&whole, *audience)).collect();
        all.push(*KeyRing::parse(&format!("k1:{A}")).unwrap().first().bytes());
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn each_mistake_is_named() {
        let derived = CallKeysError::Derived;
        for (text, error) in [
            (String::new(), CallKeysError::Ring(RingError::Empty)),
            (format!("edge/k1:{A},k1:{A}"), CallKeysError::BadAudience(2)),
            (format!("other/k1:{A}"), CallKeysError::BadAudience(1)),
            (format!("/k1:{A}"), CallKeysError::BadAudience(1)),
            (format!("edge/k1:{A},edge/k1:{B}"), derived(Audience::Edge, RingError::SameKid(2))),
            (format!("edge/k1:{A},gpu/K:{B}"), derived(Audience::Gpu, RingError::BadKid(1))),
            ("edge/".to_owned(), derived(Audience::Edge, RingError::Empty)),
        ] {
            assert_eq!(CallKeys::parse(&text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn errors_say_which_entry_and_what_to_do() {
        for (text, said) in [
            (String::new(), RingError::Empty.to_string()),
            (
                format!("edge/k1:{A},k1:{A}"),
                "entry 2 does not start with edge/, origin/ or gpu/; use either only the ring or \
                 only derived keys, as `munjigi keys derive` prints them"
                    .to_owned(),
            ),
            (format!("edge/k1:{A},gpu/K:{B}"), format!("keys of gpu/: {}", RingError::BadKid(1))),
        ] {
            assert_eq!(CallKeys::parse(&text).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let keys = CallKeys::parse(&format!("k1:{A}")).unwrap();
        let text = format!("{keys:?}");
        assert!(text.contains("KeyRing") && !text.contains(A) && !text.contains("[0, 1"), "{text}");
    }
}
