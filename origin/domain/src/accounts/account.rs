//! An account and how far its authenticator app has come.

use munjigi_keys::UnixMillis;
use time::OffsetDateTime;

use super::{EmailAddress, Id};
use crate::locale::Locale;

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name in addresses.
    pub id: Id,
    /// Where letters go.
    pub email: EmailAddress,
    /// What it is called.
    pub name: String,
    /// Of letters.
    pub locale: Locale,
    /// Argon2id, in the PHC format.
    pub password: String,
    /// The authenticator app.
    pub totp: Totp,
    /// Whether there are passkeys.
    pub has_passkey: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// How far an authenticator app has come. Keys are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Totp {
    /// There is none.
    None,
    /// A key was shown, and no code of it was given yet: it proves nothing.
    Offered {
        /// The key.
        sealed: Vec<u8>,
        /// When it was shown.
        at: UnixMillis,
    },
    /// It is the second factor.
    InUse {
        /// The key.
        sealed: Vec<u8>,
    },
}

impl Account {
    /// Whether an authenticator app is in use.
    pub const fn has_totp(&self) -> bool {
        matches!(self.totp, Totp::InUse { .. })
    }

    /// Whether the password alone does not open it.
    pub const fn has_factor(&self) -> bool {
        self.has_totp() || self.has_passkey
    }
}
