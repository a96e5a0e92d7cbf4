//! Checks who a user is: passwords and second factors. Every attempt is counted
//! before any expensive work is done for it. Both the console and the API use
//! this.

mod attempt;
mod passwords;

use munjigi_domain::accounts::factor::{RecoveryCode, TotpKey};
use munjigi_domain::accounts::visit::Visit;
use munjigi_domain::accounts::{
    Account, EmailAddress, Id, KnownBrowser, Limit, Password, Totp, Vault, limits,
};
use munjigi_keys::UnixMillis;
use munjigi_store::limits::Taken;
use munjigi_store::{DatabaseError, factors};
use sqlx::PgPool;

use crate::cache::Limits;

pub use attempt::Attempt;
pub use passwords::Passwords;

/// Everything a check needs, at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Authentication<'a> {
    pub pool: &'a PgPool,
    pub limits: &'a dyn Limits,
    /// Decrypts the keys of authenticator apps.
    pub vault: &'a Vault,
    pub passwords: &'a Passwords,
    pub now: UnixMillis,
}

/// Why no check was made.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// Too many attempts, or too many passwords are being hashed.
    #[error("too many attempts; try again in {seconds} s")]
    TooOften {
        /// Seconds to wait before a retry.
        seconds: u32,
    },
    /// Postgres is unreachable.
    #[error(transparent)]
    Store(#[from] DatabaseError),
    /// Hashing a password panicked.
    #[error("a password could not be hashed")]
    NotHashed,
}

impl<'a> Authentication<'a> {
    /// Counts a log-in attempt. A network that keeps trying one account uses up
    /// only the limit of that pair: what is refused there counts nowhere else.
    pub async fn attempt(
        self,
        prefix: &str,
        email: &EmailAddress,
        visit: Visit,
    ) -> Result<Attempt<'a>, Denied> {
        let limits = visit.log_in();
        let by_both = limits.by_account_and_prefix;
        let whom = format!("{email} {prefix}");
        self.take(&[
            (by_both, &whom),
            (limits.by_prefix, prefix),
            (limits.by_account, email.as_str()),
        ])
        .await?;
        Ok(Attempt::forgotten(self.limits, by_both, whom))
    }

    /// Counts an attempt in a browser that knows the account: it is its own, whatever
    /// strangers try.
    pub async fn attempt_in(
        self,
        known: &KnownBrowser,
        prefix: &str,
    ) -> Result<Attempt<'a>, Denied> {
        self.take(&[
            (&limits::LOG_IN_BY_KNOWN_BROWSER, &known.whom()),
            (&limits::LOG_IN_BY_KNOWN_BROWSERS, known.account()),
            (&limits::LOG_IN_BY_KNOWN_BROWSERS_OF_PREFIX, prefix),
        ])
        .await?;
        Ok(Attempt::kept(self.limits))
    }

    /// Counts an attempt at the API, which needs no widget and therefore has counts of
    /// its own.
    pub async fn attempt_by_api(
        self,
        prefix: &str,
        email: &EmailAddress,
    ) -> Result<Attempt<'a>, Denied> {
        let by_both = &limits::API_LOG_IN_BY_ACCOUNT_AND_PREFIX;
        let whom = format!("{email} {prefix}");
        self.take(&[
            (by_both, &whom),
            (&limits::API_LOG_IN_BY_PREFIX, prefix),
            (&limits::API_LOG_IN_BY_ACCOUNT, email.as_str()),
        ])
        .await?;
        Ok(Attempt::forgotten(self.limits, by_both, whom))
    }

    /// Whether a logged-in user knows the password and, if required, a code of
    /// the second factor. Asked before actions that an unlocked browser alone
    /// must not allow. Counted by session: no one without it can use that up.
    pub async fn is_owner(
        self,
        session: &Id,
        account: &Account,
        password: Password,
        code: Option<&str>,
    ) -> Result<bool, Denied> {
        let (limit, whom) = (&limits::PROOF_BY_SESSION, session.as_str());
        self.take(&[(limit, whom)]).await?;
        let is_owner = self.passwords.is(password, Some(account.password.clone())).await?
            && match code {
                Some(code) => self.is_second_factor(account, code).await?,
                None => true,
            };
        if is_owner {
            self.limits.forget(limit, whom).await?;
        }
        Ok(is_owner)
    }

    /// Whether `code` is a code of the user's authenticator app or a recovery
    /// code. Each attempt is counted; each code works once.
    pub async fn is_second_factor(self, account: &Account, code: &str) -> Result<bool, Denied> {
        self.is_second_factor_within(&limits::SECOND_FACTOR, account, code).await
    }

    /// The same, counted against another limit.
    pub async fn is_second_factor_within(
        self,
        limit: &'static Limit,
        account: &Account,
        code: &str,
    ) -> Result<bool, Denied> {
        let whom = account.id.as_str();
        self.take(&[(limit, whom)]).await?;
        let step = self.key_in_use(account).and_then(|key| key.step(code, self.now));
        let is_right = if let Some(step) = step {
            factors::take_step(self.pool, &account.id, step).await?
        } else {
            let hash = RecoveryCode::hash_of(code);
            factors::take_recovery_code(self.pool, &account.id, hash, self.now).await?
        };
        if is_right {
            self.limits.forget(limit, whom).await?;
        }
        Ok(is_right)
    }

    /// The key of the user's authenticator app. A key that can no longer be
    /// decrypted counts as none; recovery codes keep working.
    pub fn totp_key(self, account: &Account, sealed: &[u8]) -> Option<TotpKey> {
        match self.vault.open(account.id.as_str(), sealed) {
            Ok(opened) => TotpKey::from_bytes(&opened),
            Err(error) => {
                tracing::error!(%error, account = %account.id, "the key of an authenticator app is lost");
                None
            }
        }
    }

    /// The key of the authenticator app in use. A key that was only shown
    /// proves nothing: everyone who saw the page has it.
    fn key_in_use(self, account: &Account) -> Option<TotpKey> {
        match &account.totp {
            Totp::InUse { sealed } => self.totp_key(account, sealed),
            Totp::None | Totp::Offered { .. } => None,
        }
    }

    /// Takes one attempt from each limit, and stops at the first that is
    /// exhausted.
    async fn take(self, attempts: &[(&Limit, &str)]) -> Result<(), Denied> {
        for (limit, whom) in attempts {
            if let Taken::Wait { seconds } = self.limits.take(limit, whom, self.now).await? {
                return Err(Denied::TooOften { seconds });
            }
        }
        Ok(())
    }
}
