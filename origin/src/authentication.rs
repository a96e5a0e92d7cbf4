//! Whether somebody is who they say they are: passwords and second factors.
//! Every attempt is counted before anything expensive is done about it. The
//! console and the API both ask here.

mod attempt;
mod passwords;

use munjigi_domain::accounts::factor::{RecoveryCode, TotpKey};
use munjigi_domain::accounts::visit::Visit;
use munjigi_domain::accounts::{Account, EmailAddress, Limit, Password, Totp, Vault, limits};
use munjigi_keys::UnixMillis;
use munjigi_store::limits::Taken;
use munjigi_store::{StoreError, factors};
use sqlx::PgPool;

use crate::cache::Limits;

pub use attempt::Attempt;
pub use passwords::Passwords;

/// What it takes to check who somebody is, at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Authentication<'a> {
    /// Postgres.
    pub pool: &'a PgPool,
    /// Counts attempts.
    pub limits: &'a dyn Limits,
    /// Opens keys of authenticator apps.
    pub vault: &'a Vault,
    /// Where passwords are hashed.
    pub passwords: &'a Passwords,
    /// Now.
    pub now: UnixMillis,
}

/// Why nobody looked whether somebody is who they say they are.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// Too many attempts, or too many passwords are being hashed.
    #[error("too many attempts; try again in {seconds} s")]
    TooOften {
        /// Until another attempt is taken.
        seconds: u32,
    },
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hashing a password panicked.
    #[error("a password could not be hashed")]
    NotHashed,
}

impl<'a> Authentication<'a> {
    /// Counts an attempt to log in from a network, to an address.
    pub async fn attempt(
        self,
        prefix: &str,
        email: &EmailAddress,
        visit: Visit,
    ) -> Result<Attempt<'a>, Denied> {
        let (by_prefix, by_account) = visit.log_in();
        let whom = email.to_string();
        self.take(&[(by_prefix, prefix), (by_account, &whom)]).await?;
        Ok(Attempt::new(self.limits, by_account, whom))
    }

    /// The same at the API, which anybody may ask without a widget: counted
    /// for itself. One network that tries one account again and again uses up
    /// what those two have with each other, and nothing of others.
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
        Ok(Attempt::new(self.limits, by_both, whom))
    }

    /// Whether somebody who is logged in also knows their password and, where
    /// one is asked for, a code of their second factor: asked again before
    /// what an open browser must not be enough for.
    pub async fn is_owner(
        self,
        prefix: &str,
        account: &Account,
        password: Password,
        code: Option<&str>,
    ) -> Result<bool, Denied> {
        let attempt = self.attempt(prefix, &account.email, Visit::Unasked).await?;
        let is_owner = self.passwords.is(password, Some(account.password.clone())).await?
            && match code {
                Some(code) => self.is_second_factor(account, code).await?,
                None => true,
            };
        if is_owner {
            attempt.succeeded().await?;
        }
        Ok(is_owner)
    }

    /// Whether a code of somebody's app, or a recovery code, was given. Each
    /// attempt is counted; each code is good once.
    pub async fn is_second_factor(self, account: &Account, code: &str) -> Result<bool, Denied> {
        self.is_second_factor_within(&limits::SECOND_FACTOR, account, code).await
    }

    /// The same, where attempts are counted by another limit.
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

    /// The key of somebody's app. One that can no longer be opened is as good
    /// as none: recovery codes go on working.
    pub fn totp_key(self, account: &Account, sealed: &[u8]) -> Option<TotpKey> {
        match self.vault.open(account.id.as_str(), sealed) {
            Ok(opened) => TotpKey::from_bytes(&opened),
            Err(error) => {
                tracing::error!(%error, account = %account.id, "the key of an authenticator app is lost");
                None
            }
        }
    }

    /// The key of the app that somebody uses. One that was only shown proves
    /// nothing: anybody who saw the page has it.
    fn key_in_use(self, account: &Account) -> Option<TotpKey> {
        match &account.totp {
            Totp::InUse { sealed } => self.totp_key(account, sealed),
            Totp::None | Totp::Offered { .. } => None,
        }
    }

    /// Takes one of each, until there is none.
    async fn take(self, attempts: &[(&Limit, &str)]) -> Result<(), Denied> {
        for (limit, whom) in attempts {
            if let Taken::Wait { seconds } = self.limits.take(limit, whom, self.now).await? {
                return Err(Denied::TooOften { seconds });
            }
        }
        Ok(())
    }
}
