//! How often something may be attempted, checked before anything expensive is
//! done. Counted by the generic cell rate algorithm: a burst at once, then one
//! per interval.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use munjigi_keys::KeyRing;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::Entropy;

const INFO: &[u8] = b"munjigi/v1/console-limits";

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Separates its counts from those of other limits.
    pub name: &'static str,
    /// Attempts allowed at once.
    pub burst: u32,
    /// After the burst, one attempt per this many milliseconds.
    pub interval_millis: u64,
}

/// Log-ins from one network prefix: enough for an office behind one address,
/// too few for a list of stolen passwords.
pub const LOG_IN_BY_PREFIX: Limit =
    Limit { name: "log-in-by-prefix", burst: 30, interval_millis: 10 * SECOND };
/// Log-ins to one account from one network prefix: whoever keeps trying uses up
/// this limit, which affects no one elsewhere.
pub const LOG_IN_BY_ACCOUNT_AND_PREFIX: Limit =
    Limit { name: "log-in-by-account-and-prefix", burst: 10, interval_millis: MINUTE };
/// Log-ins to one account, from anywhere: it takes twenty networks together to
/// reach the limit, and a botnet of any size makes no more guesses than this.
/// That is ten million a year, five more without the widget, and half of one from
/// browsers that know the account. `Password`
/// accepts none that is estimated to fall within a hundred million. Hashing at
/// this rate takes a hundredth of a core.
pub const LOG_IN_BY_ACCOUNT: Limit =
    Limit { name: "log-in-by-account", burst: 200, interval_millis: 3 * SECOND };
/// Log-ins to one account from a browser in which its owner has logged in before:
/// what others try counts nowhere here. Those that succeed count as well, because
/// each is hashed.
pub const LOG_IN_BY_KNOWN_BROWSER: Limit =
    Limit { name: "log-in-by-known-browser", burst: 10, interval_millis: MINUTE };
/// The same from all such browsers together: someone who knew a password for an hour
/// can have made as many as they like.
pub const LOG_IN_BY_KNOWN_BROWSERS: Limit =
    Limit { name: "log-in-by-known-browsers", burst: 30, interval_millis: MINUTE };
/// The same from one network prefix, whichever accounts its browsers know.
pub const LOG_IN_BY_KNOWN_BROWSERS_OF_PREFIX: Limit =
    Limit { name: "log-in-by-known-browsers-of-prefix", burst: 30, interval_millis: 10 * SECOND };
/// Proofs of identity in one session. Only its holder can use this up: no one
/// who is not logged in keeps an owner from their settings.
pub const PROOF_BY_SESSION: Limit =
    Limit { name: "proof-by-session", burst: 10, interval_millis: MINUTE };
/// Second factors of one account: of a million codes, three are valid at a
/// time, so guessing at this rate for a year succeeds with a probability of two
/// in three.
pub const SECOND_FACTOR: Limit =
    Limit { name: "second-factor", burst: 5, interval_millis: 2 * MINUTE };
/// Log-ins from one network prefix without our own widget.
pub const LOG_IN_UNSHOWN_BY_PREFIX: Limit =
    Limit { name: "log-in-unshown-by-prefix", burst: 10, interval_millis: 30 * SECOND };
/// Log-ins to one account from one network prefix without our own widget.
pub const LOG_IN_UNSHOWN_BY_ACCOUNT_AND_PREFIX: Limit =
    Limit { name: "log-in-unshown-by-account-and-prefix", burst: 5, interval_millis: 2 * MINUTE };
/// Log-ins to one account without our own widget, from anywhere: twenty
/// networks, as above.
pub const LOG_IN_UNSHOWN_BY_ACCOUNT: Limit =
    Limit { name: "log-in-unshown-by-account", burst: 100, interval_millis: 6 * SECOND };
/// API log-ins from one network prefix. Counted separately from the console's:
/// there is no widget in front of them, and programs that use them up lock
/// no one out of the console.
pub const API_LOG_IN_BY_PREFIX: Limit =
    Limit { name: "api-log-in-by-prefix", burst: 10, interval_millis: 30 * SECOND };
/// API log-ins to one account from one network prefix.
pub const API_LOG_IN_BY_ACCOUNT_AND_PREFIX: Limit =
    Limit { name: "api-log-in-by-account-and-prefix", burst: 5, interval_millis: 2 * MINUTE };
/// API log-ins to one account, from anywhere: it takes four networks to reach
/// the limit, so one alone locks no one out of the API either.
pub const API_LOG_IN_BY_ACCOUNT: Limit =
    Limit { name: "api-log-in-by-account", burst: 30, interval_millis: 30 * SECOND };
/// Second factors of one account at the API: together with the console's own
/// limit, guessing for a year still succeeds with a probability of at most two
/// in three.
pub const API_SECOND_FACTOR: Limit =
    Limit { name: "api-second-factor", burst: 5, interval_millis: 10 * MINUTE };
/// Sign-ups and requests for emails from one network prefix without our own
/// widget.
pub const EMAILS_UNSHOWN_BY_PREFIX: Limit =
    Limit { name: "emails-unshown-by-prefix", burst: 5, interval_millis: 10 * MINUTE };
/// Tokens of our own widget from one network prefix: each is a call to the
/// edge.
pub const VISITS_BY_PREFIX: Limit =
    Limit { name: "visits-by-prefix", burst: 60, interval_millis: 5 * SECOND };
/// Passkey ceremonies, started or answered, from one network prefix. Signatures
/// cannot be guessed; this limits rows and work.
pub const PASSKEYS_BY_PREFIX: Limit =
    Limit { name: "passkeys-by-prefix", burst: 60, interval_millis: 5 * SECOND };
/// Sign-ups and requests for emails from one network prefix.
pub const EMAILS_BY_PREFIX: Limit =
    Limit { name: "emails-by-prefix", burst: 10, interval_millis: 5 * MINUTE };
/// Emails to one address that one network prefix or one organisation can
/// trigger.
pub const EMAILS_BY_ADDRESS_AND_SENDER: Limit =
    Limit { name: "emails-by-address-and-sender", burst: 3, interval_millis: 20 * MINUTE };
/// Emails to one address that anyone can trigger: few enough to read past, and
/// it takes four networks or organisations to keep the owner's own request from
/// being answered.
pub const EMAILS_BY_ADDRESS: Limit =
    Limit { name: "emails-by-address", burst: 12, interval_millis: 5 * MINUTE };

/// Invitations of one organisation.
pub const EMAILS_BY_ORGANISATION: Limit =
    Limit { name: "emails-by-organisation", burst: 20, interval_millis: 5 * MINUTE };

/// Dry runs of rules by one account.
pub const TRIES_OF_RULES: Limit =
    Limit { name: "tries-of-rules", burst: 10, interval_millis: 6 * SECOND };

/// Attempts at the demo on the home page, from one network prefix.
pub const DEMO_BY_PREFIX: Limit =
    Limit { name: "demo-by-prefix", burst: 20, interval_millis: 5 * SECOND };

/// Webhook tests of one organisation: each makes this program call a foreign
/// server.
pub const WEBHOOK_TESTS_BY_ORGANISATION: Limit =
    Limit { name: "webhook-tests-by-organisation", burst: 10, interval_millis: MINUTE };

/// Maximum number of sites that an organisation may have in use; deleted ones
/// do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MostSites(pub u32);

/// Stores counts under keyed names, so that no one without the key learns whom
/// they belong to: there are few enough addresses to try them one by one.
/// `Debug` prints the type's name only; wiped on drop.
#[derive(Clone)]
pub struct LimitKey(Zeroizing<[u8; 32]>);

impl LimitKey {
    /// From the console's ring. When its first key changes, counts start over.
    #[expect(clippy::missing_panics_doc, reason = "a ring has a key")]
    pub fn of(ring: &KeyRing) -> Self {
        Self(ring.keys().next().expect("a ring has a first key").derive(INFO))
    }

    /// For an origin without a console, which has nothing to count.
    pub fn draw(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()))
    }
}

impl fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LimitKey")
    }
}

impl Limit {
    /// The name of the count for the person or thing that it limits.
    #[expect(clippy::missing_panics_doc, reason = "a key of any length fits HMAC")]
    pub fn count_of(&self, whom: &str, key: &LimitKey) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*key.0).expect("a key of any length fits HMAC");
        mac.update(self.name.as_bytes());
        mac.update(&[0]);
        mac.update(whom.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// How far ahead of now a count may be and still allow another attempt.
    pub fn tolerance_millis(&self) -> u64 {
        self.interval_millis.saturating_mul(u64::from(self.burst.saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_alone_does_not_use_up_what_an_account_may_at_the_api() {
        let (one, all) = (API_LOG_IN_BY_ACCOUNT_AND_PREFIX, API_LOG_IN_BY_ACCOUNT);
        assert!(one.burst < all.burst && one.interval_millis > all.interval_millis);
    }

    /// How many of `one` it takes to reach `all`, at once and for ever.
    fn needed(one: Limit, all: Limit) -> (u32, u64) {
        (all.burst / one.burst, one.interval_millis / all.interval_millis)
    }

    #[test]
    fn it_takes_twenty_networks_to_use_up_what_an_account_may_at_the_console() {
        let (one, all) = (LOG_IN_BY_ACCOUNT_AND_PREFIX, LOG_IN_BY_ACCOUNT);
        assert_eq!(needed(one, all), (20, 20));
        let (one, all) = (LOG_IN_UNSHOWN_BY_ACCOUNT_AND_PREFIX, LOG_IN_UNSHOWN_BY_ACCOUNT);
        assert_eq!(needed(one, all), (20, 20));
    }

    #[test]
    fn it_takes_four_senders_to_use_up_the_emails_to_an_address() {
        assert_eq!(needed(EMAILS_BY_ADDRESS_AND_SENDER, EMAILS_BY_ADDRESS), (4, 4));
    }

    #[test]
    fn a_year_of_guesses_from_everywhere_is_a_fraction_of_the_weakest_password() {
        let a_year = 365 * 24 * 60 * MINUTE;
        let guesses = |limit: Limit| a_year / limit.interval_millis;
        let all = guesses(LOG_IN_BY_ACCOUNT)
            + guesses(LOG_IN_UNSHOWN_BY_ACCOUNT)
            + guesses(LOG_IN_BY_KNOWN_BROWSERS);
        assert!(all < 100_000_000 / 6, "{all}");
    }

    #[test]
    fn each_limit_counts_for_itself() {
        let key = LimitKey::draw(&Entropy::from_seed(1));
        let of = |limit: Limit, whom: &str| limit.count_of(whom, &key);
        assert_ne!(of(LOG_IN_BY_PREFIX, "a"), of(LOG_IN_BY_ACCOUNT, "a"));
        assert_ne!(of(LOG_IN_BY_PREFIX, "a"), of(LOG_IN_BY_PREFIX, "b"));
        let (one, other) =
            (Limit { name: "a", ..SECOND_FACTOR }, Limit { name: "aa", ..SECOND_FACTOR });
        assert_ne!(of(one, "ab"), of(other, "b"));
    }

    #[test]
    fn counts_are_kept_by_the_ring_s_first_key() {
        const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        const B: &str = "_________________________________________-8";
        let of = |ring: &str| {
            let key = LimitKey::of(&KeyRing::parse(ring).unwrap());
            LOG_IN_BY_ACCOUNT.count_of("kim@shop.example", &key)
        };
        let (old, new) = (format!("k1:{A}"), format!("k2:{B}"));
        assert_eq!(of(&format!("{new},{old}")), of(&new));
        assert_ne!(of(&new), of(&old));
        let key = LimitKey::of(&KeyRing::parse(&old).unwrap());
        assert_eq!(format!("{key:?}"), "LimitKey");
    }
}
