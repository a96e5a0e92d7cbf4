//! An account and the state of its authenticator app.

use munjigi_i18n::Locale;
use munjigi_keys::UnixMillis;
use time::OffsetDateTime;

use super::{EmailAddress, Id};

#[derive(Debug, Clone)]
pub struct Account {
    /// The id used in addresses.
    pub id: Id,
    pub email: EmailAddress,
    pub name: String,
    pub locale: Locale,
    /// Whether its owner chose it: pages are in it too then, and otherwise in the
    /// language of the browser.
    pub locale_chosen: bool,
    /// Argon2id, in the PHC format.
    pub password: String,
    pub totp: Totp,
    /// Whether the account has passkeys.
    pub has_passkey: bool,
    pub created_at: OffsetDateTime,
}

/// The state of an authenticator app. Keys are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Totp {
    None,
    /// A key was shown, but no code of it was entered yet: it proves nothing.
    Offered {
        sealed: Vec<u8>,
        /// When it was shown.
        at: UnixMillis,
    },
    /// The app is the second factor.
    InUse {
        sealed: Vec<u8>,
    },
}

impl Account {
    /// Whether an authenticator app is active.
    pub const fn has_totp(&self) -> bool {
        matches!(self.totp, Totp::InUse { .. })
    }

    /// Whether a log-in takes more than the password.
    pub const fn has_factor(&self) -> bool {
        self.has_totp() || self.has_passkey
    }
}
