//! Test secrets: those that vendors publish, and our own. They accept the
//! tokens of their own test sitekeys and nothing else, and no other secret
//! accepts those tokens, so that a test key left in production lets no one
//! through.

use munjigi_keys::UnixMillis;
use munjigi_protocol::{Algorithm, Signs};

use super::verdict::{Passed, Reason};
use crate::credentials::Vendor;
use crate::test_sitekeys::{DUMMY_TOKEN, HCAPTCHA_TOKENS, TEST_RECEIPT};

/// A test secret, by its behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestSecret {
    /// Accepts the tokens of its test sitekeys.
    Passes(Option<Vendor>),
    /// Refuses every token.
    Fails(Option<Vendor>),
    /// Reports every token as already spent.
    Spent(Option<Vendor>),
}

/// What a test secret states about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Host name of the page.
    pub hostname: &'static str,
    /// 0 = bot, 100 = person.
    pub score: u8,
}

impl Said {
    /// The same, in the form of a real token's claims.
    pub(super) fn passed(self, now: UnixMillis) -> Passed {
        Passed {
            id: TEST_RECEIPT.to_owned(),
            solved_at: now,
            hostname: self.hostname.to_owned(),
            action: String::new(),
            cdata: String::new(),
            score: self.score,
            signs: Signs::NONE,
            interactive: false,
            algorithm: Algorithm::HashWx,
            country: String::new(),
            asn: 0,
        }
    }
}

const SECRETS: [(&str, TestSecret); 8] = [
    ("1x0000000000000000000000000000000AA", TestSecret::Passes(Some(Vendor::Turnstile))),
    ("2x0000000000000000000000000000000AA", TestSecret::Fails(Some(Vendor::Turnstile))),
    ("3x0000000000000000000000000000000AA", TestSecret::Spent(Some(Vendor::Turnstile))),
    ("0x0000000000000000000000000000000000000000", TestSecret::Passes(Some(Vendor::Hcaptcha))),
    ("6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe", TestSecret::Passes(Some(Vendor::Recaptcha))),
    ("mjs_test_passes", TestSecret::Passes(None)),
    ("mjs_test_fails", TestSecret::Fails(None)),
    ("mjs_test_spent", TestSecret::Spent(None)),
];

impl TestSecret {
    /// Finds the test secret with this text.
    pub fn find(text: &str) -> Option<Self> {
        SECRETS.iter().find(|(secret, _)| *secret == text).map(|(_, test)| *test)
    }

    /// The vendor that publishes it; `None` for ours.
    pub const fn vendor(self) -> Option<Vendor> {
        let (Self::Passes(vendor) | Self::Fails(vendor) | Self::Spent(vendor)) = self;
        vendor
    }

    /// The verdict on a token.
    pub fn judge(self, response: &str) -> Result<Said, Reason> {
        let vendor = self.vendor();
        let said = match vendor {
            // The vendor's own test secret passes every token.
            Some(Vendor::Recaptcha) => Said { hostname: "testkey.google.com", score: 90 },
            Some(Vendor::Hcaptcha) => {
                let place = HCAPTCHA_TOKENS.iter().position(|token| *token == response);
                // The third token is that of a bot.
                let score = if place.ok_or(Reason::OtherSite)? == 2 { 20 } else { 90 };
                Said { hostname: "dummy-key-pass", score }
            }
            Some(Vendor::Turnstile) if response != DUMMY_TOKEN => {
                return Err(Reason::InvalidSecret);
            }
            None if response != DUMMY_TOKEN => return Err(Reason::InvalidResponse),
            Some(Vendor::Turnstile) | None => Said { hostname: "example.com", score: 90 },
        };
        match self {
            Self::Passes(_) => Ok(said),
            Self::Fails(_) => Err(Reason::InvalidResponse),
            Self::Spent(_) => Err(Reason::Spent),
        }
    }
}
