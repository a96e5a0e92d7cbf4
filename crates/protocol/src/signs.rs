//! What can be noticed about a visit, as a set of bits: seals and events carry
//! it, the policy weighs it, and the origin learns from it what it is worth.
//!
//! **sign**: something noticed about a visit; a bit.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ScoreReason;

/// Declares the signs with their spellings and reasons. Their order is the order
/// of their bits, so new ones go to the end.
macro_rules! signs {
    ($($(#[$doc:meta])* $name:ident = $text:literal $(=> $reason:ident)?,)*) => {
        /// Something noticed about a visit. Not every sign is a bad one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Sign {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Sign {
            /// All of them, in the order of their bits.
            pub const ALL: [Self; [$(Self::$name),*].len()] = [$(Self::$name),*];

            /// The spelling on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Reads the spelling on the wire.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|sign| sign.as_str() == text)
            }

            /// The reason that the sign gives a site's owner, if it speaks
            /// against a visit.
            pub const fn reason(self) -> Option<ScoreReason> {
                match self { $(Self::$name => signs!(@reason $($reason)?),)* }
            }
        }
    };
    (@reason) => { None };
    (@reason $reason:ident) => { Some(ScoreReason::$reason) };
}

signs! {
    /// `navigator.webdriver` is true.
    Webdriver = "webdriver" => Automation,
    /// The user agent names a program, or no browser.
    Program = "program" => Automation,
    /// The checks in the browser saw a program at work.
    SeenDriven = "seen-driven" => Automation,
    /// The checks found a contradiction that no setting causes.
    SeenInconsistent = "seen-inconsistent" => InconsistentClient,
    /// User agent and client hints are those of different browsers.
    Contradictory = "contradictory" => InconsistentClient,
    /// The checks found what can also be a person's settings.
    Differing = "differing" => InconsistentClient,
    /// The client left out a check, or something else that widgets always send.
    Unasked = "unasked" => InconsistentClient,
    /// No user agent was sent.
    NoAgent = "no-agent" => InconsistentClient,
    /// HTTP/1.
    HttpOne = "http-1",
    /// TLS 1.2.
    TlsOneTwo = "tls-1.2",
    /// Older TLS.
    TlsOld = "tls-old",
    /// The browser lists no language.
    NoLanguage = "no-language",
    /// Started within a second of the load, untouched.
    AtOnce = "at-once",
    /// The page was not visible.
    Hidden = "hidden",
    /// No pointing, typing, touching or moving of the focus was seen.
    Absent = "absent" => TooLittleData,
    /// The pointer was reported and did not move.
    NoPointer = "no-pointer",
    /// The pointer moved a lot.
    MuchPointer = "much-pointer",
    /// Keys were reported and none was pressed.
    NoKeys = "no-keys",
    /// Many keys were pressed.
    ManyKeys = "many-keys",
    /// The device has a touch screen.
    Touch = "touch",
    /// Started within five seconds of the load.
    Quick = "quick",
    /// Started more than a minute after the load.
    Patient = "patient",
    /// Solved faster than any device can.
    TooFast = "too-fast" => SolvedElsewhere,
    /// Solved from another network than the challenge went to.
    Moved = "moved" => SolvedElsewhere,
    /// Solved after more than a slow phone is expected to need.
    Slow = "slow",
    /// More than one puzzle was asked for.
    Further = "further",
    /// The browser has no WebAssembly, or says so.
    Fallback = "fallback",
    /// Only work was proven, by SHA-256 or in place of a picture.
    WorkAlone = "work-alone" => WorkAlone,
    /// The client pays at least twice the floor for itself, …
    Loaded = "loaded" => NetworkLoad,
    /// …four times, …
    Busy = "busy",
    /// …or 16 times.
    VeryBusy = "very-busy",
    /// The client's solutions are wrong.
    Failing = "failing" => NetworkLoad,
    /// The client collects challenges without solving them.
    Hoarding = "hoarding" => NetworkLoad,
    /// The addresses around it make it pay at least twice the floor.
    BusyNeighbours = "busy-neighbours" => NetworkLoad,
    /// The provider's crowd pays at least twice the floor.
    BusySystem = "busy-system" => Fleet,
    /// The software comes from far more networks than is usual…
    Fleet = "fleet" => Fleet,
    /// …and pays at least eight times the floor.
    LargeFleet = "large-fleet",
    /// The interaction was seen several times…
    Replayed = "replayed" => ReplayedTrace,
    /// …and pays at least eight times the floor.
    OftenReplayed = "often-replayed",
    /// The visit came with a flood of the site.
    Flood = "flood" => SiteUnderAttack,
    /// The address passed at the site before, today.
    PassedBefore = "passed-before",
    /// The provider rents out machines.
    Hosting = "hosting",
    /// The checks found a window without width or height.
    NoWindow = "no-window",
    /// The checks found touch points without a coarse pointer, or the reverse.
    TouchDiffers = "touch-differs",
    /// The checks found that logs of scripts are being read.
    Traced = "traced",
    /// Thirty pointer moves came one by one.
    Injected = "injected",
    /// `Traced` by something other than developer tools in the same window: there
    /// is no window, or the page has the whole of it.
    Attached = "attached" => Automation,
    /// What the site's own outcomes say lowers the score. It is set last and
    /// weighs nothing, so that no weights are learned from what was learned.
    Outcomes = "outcomes" => Outcomes,
}

/// A set of signs, a bit each. A sign is never taken back during an attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Signs(u64);

/// JSON's numbers are exact up to 2^53.
const _: () = assert!(Sign::ALL.len() <= 53);

impl Signs {
    /// None.
    pub const NONE: Self = Self(0);

    /// The bits of all signs that this release knows.
    pub const KNOWN: u64 = (1 << Sign::ALL.len()) - 1;

    /// The bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set of some bits. Those of signs that this release does not know are
    /// left out.
    pub const fn of_bits(bits: u64) -> Self {
        Self(bits & Self::KNOWN)
    }

    /// The same and one more.
    #[must_use]
    pub const fn with(self, sign: Sign) -> Self {
        Self(self.0 | 1 << sign as u64)
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a sign is among them.
    pub const fn has(self, sign: Sign) -> bool {
        self.0 & (1 << sign as u64) != 0
    }

    /// The signs, in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = Sign> {
        Sign::ALL.into_iter().filter(move |sign| self.has(*sign))
    }

    /// What speaks against the visit, strongest first.
    pub fn reasons(self) -> impl Iterator<Item = ScoreReason> {
        // Most visits have none.
        let all: &[ScoreReason] = if self == Self::NONE { &[] } else { &ScoreReason::ALL };
        let gives =
            move |reason: &ScoreReason| self.iter().any(|sign| sign.reason() == Some(*reason));
        all.iter().copied().filter(gives)
    }
}

impl FromIterator<Sign> for Signs {
    fn from_iter<I: IntoIterator<Item = Sign>>(signs: I) -> Self {
        signs.into_iter().fold(Self::NONE, Self::with)
    }
}

impl Serialize for Signs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Signs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::of_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_unknown() {
        let signs: Signs = [Sign::Hosting, Sign::Webdriver].into_iter().collect();
        assert_eq!(signs.iter().collect::<Vec<_>>(), [Sign::Webdriver, Sign::Hosting]);
        assert_eq!(signs.reasons().collect::<Vec<_>>(), [ScoreReason::Automation]);
        assert_eq!(Signs::of_bits(u64::MAX).iter().count(), Sign::ALL.len());
        assert_eq!(serde_json::from_str::<Signs>("9007199254740991").unwrap().bits(), Signs::KNOWN);
    }

    #[test]
    fn every_reason_has_a_sign() {
        let all = Signs::of_bits(u64::MAX);
        assert_eq!(all.reasons().collect::<Vec<_>>(), ScoreReason::ALL);
    }

    #[test]
    fn no_two_signs_are_spelt_alike() {
        let mut names: Vec<_> = Sign::ALL.into_iter().map(Sign::as_str).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Sign::ALL.len());
    }
}
