//! The second factor: codes of an authenticator app (TOTP, RFC 6238: SHA-1, six
//! digits, thirty seconds, which every app supports), and recovery codes for
//! the day the phone is lost.
//!
//! **second factor**: an authenticator app or a passkey after the password.

use std::fmt;

use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};
use zeroize::{Zeroize, Zeroizing};

use munjigi_keys::UnixMillis;

use super::id::words;
use super::{EmailAddress, TokenHash};
use crate::entropy::Entropy;

/// The output size of HMAC-SHA-1 (RFC 4226, section 4).
pub const KEY_BYTES: usize = 20;
/// Number of recovery codes in a set.
pub const RECOVERY_CODES: usize = 10;
/// 80 bits: storing them needs no slow hash.
const RECOVERY_BYTES: usize = 10;
const ISSUER: &str = "Munjigi";

/// The secret shared with the app. `Debug` prints the type's name only; wiped
/// on drop.
#[derive(Clone)]
pub struct TotpKey([u8; KEY_BYTES]);

impl TotpKey {
    /// Draws a new key.
    pub fn draw(entropy: &Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// Reads a stored key; `None` if its length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For typing into an app.
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(Secret::from(self.0.as_slice()).to_base32())
    }

    /// For an app on the same device, and for a QR code: `otpauth://…`.
    #[expect(clippy::missing_panics_doc, reason = "no address has a colon")]
    pub fn url(&self, email: &EmailAddress) -> Zeroizing<String> {
        let url = self.totp(email.as_str()).to_url();
        Zeroizing::new(url.expect("issuer and address have no colon"))
    }

    /// The time step whose code this is: the current one, or the one before or
    /// after it, to tolerate clock skew. Spaces are ignored.
    pub fn step(&self, code: &str, now: UnixMillis) -> Option<u64> {
        let digits: String = code.chars().filter(|digit| !digit.is_whitespace()).collect();
        self.totp("").check(&digits, now.0 / 1_000)
    }

    fn totp(&self, account: &str) -> Totp {
        Builder::new()
            .with_secret(Secret::from(self.0.as_slice()))
            .with_issuer(Some(ISSUER))
            .with_account_name(account)
            .build()
            .expect("a key of 20 bytes, and no colon in the names")
    }
}

impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpKey")
    }
}

impl Drop for TotpKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A code that replaces the app once.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// Draws a new set.
    pub fn draw_all(entropy: &Entropy) -> Vec<Self> {
        (0..RECOVERY_CODES)
            .map(|_| Self(Zeroizing::new(words(&entropy.bytes::<RECOVERY_BYTES>()))))
            .collect()
    }

    /// The text, to be shown to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash to store.
    pub fn hash(&self) -> TokenHash {
        Self::hash_of(&self.0)
    }

    /// The hash of a code as typed, whatever its case, hyphens and spaces.
    pub fn hash_of(typed: &str) -> TokenHash {
        let digits: Zeroizing<String> = Zeroizing::new(
            typed
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| match c.to_ascii_lowercase() {
                    'i' | 'l' => '1',
                    'o' => '0',
                    digit => digit,
                })
                .collect(),
        );
        TokenHash::of_digest(Sha256::digest(digits.as_bytes()).into())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the key of its SHA-1 rows.
    const RFC: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc() {
        let key = TotpKey::from_bytes(RFC).unwrap();
        // The last six digits of the appendix's eight.
        for (seconds, code, step) in [
            (59, "287082", 1),
            (1_111_111_109, "081804", 37_037_036),
            (20_000_000_000, "353130", 666_666_666),
        ] {
            assert_eq!(key.step(code, UnixMillis(seconds * 1_000)), Some(step), "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_off_by_half_a_minute_at_most() {
        let key = TotpKey::from_bytes(RFC).unwrap();
        let at = |seconds: u64| UnixMillis(seconds * 1_000);
        assert_eq!(key.step("081 804", at(1_111_111_109 - 59)), Some(37_037_036));
        assert_eq!(key.step(" 081804 ", at(1_111_111_109 + 30)), Some(37_037_036));
        assert_eq!(key.step("081804", at(1_111_111_109 + 31)), None);
        for other in ["", "81804", "0818040", "08180a", "+81804", "０８１８０４"] {
            assert_eq!(key.step(other, at(1_111_111_109)), None, "{other}");
        }
    }

    #[test]
    fn an_app_reads_the_address() {
        let key = TotpKey::from_bytes(RFC).unwrap();
        assert_eq!(*key.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let url = key.url(&"kim+shop@shop.example".parse().unwrap());
        insta::assert_snapshot!(*url, @"otpauth://totp/Munjigi:kim%2Bshop%40shop.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Munjigi");
        assert_eq!(format!("{key:?}"), "TotpKey");
    }

    #[test]
    fn a_recovery_code_is_recognised_however_it_is_typed() {
        let codes = RecoveryCode::draw_all(&Entropy::from_seed(1));
        assert_eq!(codes.len(), RECOVERY_CODES);
        let text = codes[0].reveal();
        assert_eq!(text.len(), 19, "{text}");
        for typed in [
            text.to_owned(),
            text.to_uppercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            format!(" {text}\n"),
            text.replace('0', "O").replace('1', "l"),
        ] {
            assert_eq!(RecoveryCode::hash_of(&typed), codes[0].hash(), "{typed}");
        }
        assert_ne!(codes[0].hash(), codes[1].hash());
        assert_eq!(format!("{:?}", codes[0]), "RecoveryCode");
    }
}
