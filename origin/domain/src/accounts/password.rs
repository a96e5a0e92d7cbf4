//! Passwords: which are strong enough, and how they are stored.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use zeroize::Zeroizing;
pub use zxcvbn::feedback::Warning as Weakness;

use super::EmailAddress;

/// Minimum number of characters. With the strength estimate below, this exceeds
/// what NIST SP 800-63B-4 (3.1.1.2) requires of a password that a second factor
/// may follow.
pub const FEWEST: usize = 10;
/// Maximum in bytes: Argon2 would accept more, but no one types them.
pub const MOST_BYTES: usize = 256;
/// Of `zxcvbn`'s five scores, 3 is out of reach of online guessing and, hashed
/// as here, of cheap offline guessing.
const LEAST_SCORE: zxcvbn::Score = zxcvbn::Score::Three;
/// Bytes that are estimated, because `zxcvbn`'s time grows with the square of
/// the length.
const LOOKED_AT: usize = 64;

/// Memory in KiB, passes and lanes: the first choice of OWASP's password
/// storage cheat sheet for Argon2id with 19 MiB.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A password as typed. `Debug` prints the type's name only; wiped on drop.
#[derive(Clone, serde::Deserialize)]
#[serde(from = "String")]
pub struct Password(Zeroizing<String>);

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PasswordError {
    #[error("The password must be at least {FEWEST} characters long.")]
    TooShort,
    /// More than anyone types.
    #[error("The password must be at most {MOST_BYTES} bytes long.")]
    TooLong,
    /// Easy to guess, for this reason.
    #[error("This password is easy to guess. A few unrelated words make a good password.")]
    Weak(Option<Weakness>),
}

impl Password {
    /// As it was typed.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether a new password is strong enough. Its owner's address and name
    /// count as easy guesses.
    pub fn check(&self, email: &EmailAddress, name: &str) -> Result<(), PasswordError> {
        if self.0.chars().count() < FEWEST {
            return Err(PasswordError::TooShort);
        }
        if self.is_too_long() {
            return Err(PasswordError::TooLong);
        }
        let start: String = self.0.chars().take(LOOKED_AT).collect();
        let known = [email.as_str(), email.local_part(), name, "munjigi"];
        let guess = zxcvbn::zxcvbn(&start, &known);
        if guess.score() >= LEAST_SCORE {
            return Ok(());
        }
        Err(PasswordError::Weak(guess.feedback().and_then(zxcvbn::feedback::Feedback::warning)))
    }

    /// The hash to store, in the PHC string format. Takes tens of milliseconds:
    /// do not call this on a thread that others wait for.
    #[expect(clippy::missing_panics_doc, reason = "costs and salt are of allowed sizes")]
    pub fn hash(&self, salt: &[u8; 16]) -> String {
        let hash: PasswordHash = hasher()
            .hash_password_with_salt(self.0.as_bytes(), salt)
            .expect("the costs and the salt's length are allowed");
        hash.to_string()
    }

    /// Whether it is longer than any stored password.
    pub fn is_too_long(&self) -> bool {
        self.0.len() > MOST_BYTES
    }

    /// Whether it is the stored password. As slow as `hash`.
    pub fn is(&self, kept: &str) -> bool {
        hasher().verify_password(self.0.as_bytes(), kept).is_ok()
    }

    /// Takes as long as `is`, for accounts that do not exist, so that timing
    /// does not reveal which do.
    pub fn take_as_long(&self) {
        let mut out = [0; 32];
        let _ = hasher().hash_password_into(self.0.as_bytes(), &[0; 16], &mut out);
    }
}

fn hasher() -> Argon2<'static> {
    let costs = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("costs within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, costs)
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), PasswordError> {
        let email = "kim.minseo@shop.example".parse().unwrap();
        Password::new(text.to_owned()).check(&email, "Kim Minseo")
    }

    #[test]
    fn unrelated_words_are_a_good_password() {
        for text in
            ["lantern orbit velvet", "correct-horse-battery-staple", "물고기 자전거 구름 열쇠"]
        {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_weak_password_is_refused_with_its_reason() {
        assert_eq!(check("short"), Err(PasswordError::TooShort));
        assert_eq!(check(&"long ".repeat(60)), Err(PasswordError::TooLong));
        for text in [
            "password123",
            "1234567890",
            "qwertyuiop",
            "kim.minseo@shop.example",
            "aaaaaaaaaaaa",
            "munjigi2026",
        ] {
            assert!(
                matches!(check(text), Err(PasswordError::Weak(_))),
                "{text}: {:?}",
                check(text)
            );
        }
        let told = check("password123").unwrap_err();
        assert!(matches!(told, PasswordError::Weak(Some(_))), "{told:?}");
    }

    #[test]
    fn only_the_stored_password_matches() {
        let password = Password::new("lantern orbit velvet".to_owned());
        let kept = password.hash(&[7; 16]);
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(password.is(&kept));
        assert!(!Password::new("lantern orbit velve".to_owned()).is(&kept));
        assert!(!password.is("not a hash"));
        assert_ne!(kept, password.hash(&[8; 16]));
        assert_eq!(format!("{password:?}"), "Password");
    }
}
