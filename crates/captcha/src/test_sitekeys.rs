//! Test sitekeys: those that vendors publish, and our own. A visit with one is
//! answered at once and without work, on any host, with a token that only test
//! secrets accept.

use munjigi_protocol::{Code, Mode, SolutionReply};

use crate::issue::MAX_TOKEN_LIFETIME_SECONDS;
use crate::refusal::Refusal;

/// The token of Turnstile's test sitekeys, of reCAPTCHA's, and of ours.
pub const DUMMY_TOKEN: &str = "XXXX.DUMMY.TOKEN.XXXX";

/// The `metadata.id` of a test token.
pub const TEST_RECEIPT: &str = "XXXX.DUMMY.ID.XXXX";

/// The tokens of hCaptcha's test sitekeys: of a publisher, and of an
/// enterprise's person and bot.
pub const HCAPTCHA_TOKENS: [&str; 3] = [
    "10000000-aaaa-bbbb-cccc-000000000001",
    "20000000-aaaa-bbbb-cccc-000000000002",
    "30000000-aaaa-bbbb-cccc-000000000003",
];

/// A test sitekey, by its behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestSitekey {
    /// How the widget behaves.
    pub mode: Mode,
    /// The visitor's token; `None` blocks the visitor.
    token: Option<&'static str>,
}

/// The sitekey, the widget's mode, and the token.
const SITEKEYS: [(&str, Mode, Option<&str>); 12] = [
    ("1x00000000000000000000AA", Mode::Managed, Some(DUMMY_TOKEN)),
    ("2x00000000000000000000AB", Mode::Managed, None),
    ("1x00000000000000000000BB", Mode::Invisible, Some(DUMMY_TOKEN)),
    ("2x00000000000000000000BB", Mode::Invisible, None),
    ("3x00000000000000000000FF", Mode::Interactive, Some(DUMMY_TOKEN)),
    ("10000000-ffff-ffff-ffff-000000000001", Mode::Managed, Some(HCAPTCHA_TOKENS[0])),
    ("20000000-ffff-ffff-ffff-000000000002", Mode::Managed, Some(HCAPTCHA_TOKENS[1])),
    ("30000000-ffff-ffff-ffff-000000000003", Mode::Managed, Some(HCAPTCHA_TOKENS[2])),
    ("6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI", Mode::Managed, Some(DUMMY_TOKEN)),
    ("mj_test_passes", Mode::Managed, Some(DUMMY_TOKEN)),
    ("mj_test_fails", Mode::Managed, None),
    ("mj_test_interactive", Mode::Interactive, Some(DUMMY_TOKEN)),
];

impl TestSitekey {
    /// Finds the test sitekey with this text.
    pub fn find(text: &str) -> Option<Self> {
        let (_, mode, token) = SITEKEYS.iter().find(|(sitekey, ..)| *sitekey == text)?;
        Some(Self { mode: *mode, token: *token })
    }

    /// The answer to its visitors.
    ///
    /// # Errors
    ///
    /// `blocked`, for a sitekey that blocks its visitors.
    pub fn visit(self) -> Result<SolutionReply, Refusal> {
        let blocked = || Refusal::new(Code::Blocked, "this test sitekey blocks everybody");
        let token = self.token.ok_or_else(blocked)?.to_owned();
        let expires_in = u32::try_from(MAX_TOKEN_LIFETIME_SECONDS).unwrap_or(u32::MAX);
        Ok(SolutionReply::Passed { token, expires_in })
    }
}

/// Whether a token is that of a test sitekey.
pub fn is_test_token(response: &str) -> bool {
    response == DUMMY_TOKEN || HCAPTCHA_TOKENS.contains(&response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_sitekey_gives_a_test_token_or_blocks() {
        for (sitekey, mode, token) in SITEKEYS {
            let test = TestSitekey::find(sitekey).unwrap();
            assert_eq!(test.mode, mode, "{sitekey}");
            match (test.visit(), token) {
                (Ok(SolutionReply::Passed { token, .. }), Some(wanted)) => {
                    assert_eq!(token, wanted, "{sitekey}");
                    assert!(is_test_token(&token), "{sitekey}");
                }
                (Err(refusal), None) => assert_eq!(refusal.code, Code::Blocked, "{sitekey}"),
                (answer, _) => panic!("{sitekey}: {answer:?}"),
            }
        }
        assert_eq!(TestSitekey::find("1x00000000000000000000AC"), None);
        assert_eq!(TestSitekey::find(""), None);
    }
}
