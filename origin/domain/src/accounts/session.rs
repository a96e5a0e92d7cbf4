//! How long a browser stays logged in, and what is stored so that its owner
//! recognises it.
//!
//! **session**: a log-in to the console or the API; a row that can be ended.

use std::net::IpAddr;

use munjigi_i18n::Texts;
use munjigi_keys::UnixMillis;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A session ends this long after it began.
pub const WHOLE_MILLIS: u64 = 30 * DAY;
/// It also ends this long after it was last used.
pub const IDLE_MILLIS: u64 = 7 * DAY;
/// Time limit for the second factor after the password.
pub const SECOND_FACTOR_MILLIS: u64 = 10 * MINUTE;
/// Sensitive changes ask for the password if it was last entered longer ago
/// than this.
pub const PROOF_MILLIS: u64 = 15 * MINUTE;
/// Time limit for the first code after the key of an authenticator app was
/// shown.
pub const OFFER_MILLIS: u64 = 15 * MINUTE;
/// Lifetime of a sign-up's link.
pub const SIGN_UP_MILLIS: u64 = 2 * DAY;
/// Lifetime of a recovery link.
pub const RECOVERY_MILLIS: u64 = HOUR;
/// Lifetime of an invitation.
pub const INVITATION_MILLIS: u64 = 7 * DAY;
/// Uses closer together are recorded as one.
pub const NOTE_MILLIS: u64 = MINUTE;

/// How far a log-in has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The password was correct; the second factor is still missing.
    Password,
    Complete,
}

impl Stage {
    /// The spelling in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Complete => "complete",
        }
    }

    /// Parses the spelling in rows.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Password, Self::Complete].into_iter().find(|stage| stage.as_str() == text)
    }
}

/// Whether a session is still valid.
pub fn stands(stage: Stage, created: UnixMillis, seen: UnixMillis, now: UnixMillis) -> bool {
    let within = |since: UnixMillis, millis: u64| now.0.saturating_sub(since.0) < millis;
    match stage {
        Stage::Password => within(created, SECOND_FACTOR_MILLIS),
        Stage::Complete => within(created, WHOLE_MILLIS) && within(seen, IDLE_MILLIS),
    }
}

/// Whether the person proved their identity recently enough for a sensitive
/// change.
pub fn is_proved(proved: UnixMillis, now: UnixMillis) -> bool {
    now.0.saturating_sub(proved.0) < PROOF_MILLIS
}

/// The network of an address, /24 or /48: enough to recognise one's own, and no
/// more precise than necessary.
pub fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            let network = std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0);
            format!("{network}/48")
        }
    }
}

/// Browser and system in words, from a `User-Agent`: enough to recognise one's
/// own, too little to distinguish people.
pub fn agent(header: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| header.contains(mark)).map(|(_, name)| *name)
    };
    // Browsers include the names of those that they imitate.
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Whale/", "Whale"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}{ON}{system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => UNKNOWN.to_owned(),
    }
}

/// What `agent` made, for a reader of another language. None of its names
/// contains what joins them.
pub fn agent_text(t: &Texts, agent: &str) -> String {
    match agent.split_once(ON) {
        Some((browser, system)) => {
            t.get("agent-on").with("browser", browser).with("system", system).into()
        }
        None if agent == UNKNOWN => t.get("agent-unknown").into(),
        None => agent.to_owned(),
    }
}

/// As sessions are stored.
const ON: &str = " on ";
const UNKNOWN: &str = "Unknown browser";

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: UnixMillis = UnixMillis(1_795_176_030_000);

    fn after(millis: u64) -> UnixMillis {
        UnixMillis(BEGAN.0 + millis)
    }

    #[test]
    fn a_session_ends_after_an_idle_week_and_after_thirty_days_anyway() {
        for (seen, now, whole) in [
            (0, 0, true),
            (0, IDLE_MILLIS - 1, true),
            (0, IDLE_MILLIS, false),
            (WHOLE_MILLIS - 1, WHOLE_MILLIS - 1, true),
            (WHOLE_MILLIS - 1, WHOLE_MILLIS, false),
        ] {
            assert_eq!(
                stands(Stage::Complete, BEGAN, after(seen), after(now)),
                whole,
                "{seen} {now}"
            );
        }
    }

    #[test]
    fn the_second_factor_has_a_short_time_limit() {
        assert!(stands(Stage::Password, BEGAN, BEGAN, after(SECOND_FACTOR_MILLIS - 1)));
        // Being used does not extend it.
        let late = after(SECOND_FACTOR_MILLIS);
        assert!(!stands(Stage::Password, BEGAN, late, late));
    }

    #[test]
    fn a_proof_is_good_for_a_quarter_of_an_hour() {
        assert!(is_proved(BEGAN, after(PROOF_MILLIS - 1)));
        assert!(!is_proved(BEGAN, after(PROOF_MILLIS)));
    }

    #[test]
    fn a_clock_that_went_back_ends_nothing() {
        assert!(stands(Stage::Complete, after(5_000), after(5_000), BEGAN));
    }

    #[test]
    fn only_the_network_of_an_address_is_stored() {
        for (address, network) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:17:1::1", "2001:db8:17::/48"),
            ("::1", "::/48"),
        ] {
            assert_eq!(prefix(address.parse().unwrap()), network);
        }
    }

    #[test]
    fn browsers_are_recognised_by_their_own_name() {
        for (header, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16; SM-S931N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/30.0 Chrome/140.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("", "Unknown browser"),
            ("<script>alert(1)</script>", "Unknown browser"),
        ] {
            assert_eq!(agent(header), name);
            assert_eq!(agent_text(&Texts::default(), name), name);
        }
        let korean = Texts::of("ko".parse().unwrap());
        for (agent, text) in [
            ("Samsung Internet on Android", "Android의 Samsung Internet"),
            ("curl", "curl"),
            ("Unknown browser", "알 수 없는 브라우저"),
        ] {
            assert_eq!(agent_text(&korean, agent), text);
        }
    }
}
