//! Second factors of accounts.

use munjigi_domain::accounts::{Id, TokenHash};
use munjigi_domain::audit::Action;
use munjigi_domain::email::Email;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

use super::audit::{self, Actor, Author, Entry};
use super::{DatabaseError, Unit, mails};

/// Stores the key of an authenticator app that the account may confirm soon.
#[derive(Debug)]
pub struct Offer<'a> {
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    /// The key, sealed.
    pub sealed: &'a [u8],
    /// The key that was shown before and has expired.
    pub replaces: Option<&'a [u8]>,
    /// Tells the address about it.
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for Offer<'_> {
    /// Whether this key was stored; false if another tab was first.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        let offered = sqlx::query!(
            "UPDATE accounts SET totp_key = $2, totp_offered_at = $3
            WHERE id = $1 AND totp_confirmed_at IS NULL
                AND (totp_offered_at IS NULL OR totp_key = $4)",
            self.actor.account.as_str(),
            self.sealed,
            to_timestamp(self.now),
            self.replaces
        )
        .execute(&mut *connection)
        .await?;
        if offered.rows_affected() == 0 {
            return Ok(false);
        }
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: None,
            action: Action::AuthenticatorOffer,
            subject: &self.actor.email,
            before: None,
            after: None,
        };
        audit::write(connection, &entry, self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(true)
    }
}

/// Spends the time step of a code: `false` if it or a later one was used
/// before.
pub async fn take_step(
    executor: impl PgExecutor<'_>,
    account: &Id,
    step: u64,
) -> Result<bool, DatabaseError> {
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    let taken = sqlx::query!(
        "UPDATE accounts SET totp_last_step = $2
        WHERE id = $1 AND totp_confirmed_at IS NOT NULL
            AND (totp_last_step IS NULL OR totp_last_step < $2)",
        account.as_str(),
        step
    )
    .execute(executor)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Spends a recovery code: `false` if it does not exist or was used.
pub async fn take_recovery_code(
    executor: impl PgExecutor<'_>,
    account: &Id,
    code: TokenHash,
    now: UnixMillis,
) -> Result<bool, DatabaseError> {
    let taken = sqlx::query!(
        "UPDATE recovery_codes SET used_at = $3
        WHERE account = $1 AND hash = $2 AND used_at IS NULL",
        account.as_str(),
        code.as_bytes(),
        to_timestamp(now)
    )
    .execute(executor)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// How many recovery codes are left.
pub async fn recovery_codes_left(
    executor: impl PgExecutor<'_>,
    account: &Id,
) -> Result<i64, DatabaseError> {
    let left = sqlx::query_scalar!(
        r#"SELECT count(*) AS "left!" FROM recovery_codes WHERE account = $1 AND used_at IS NULL"#,
        account.as_str()
    )
    .fetch_one(executor)
    .await?;
    Ok(left)
}

/// Activates the app whose code was entered, with a new set of recovery codes.
#[derive(Debug)]
pub struct Confirm<'a> {
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    /// The offered key, sealed.
    pub sealed: &'a [u8],
    /// The time step of the code.
    pub step: u64,
    pub codes: &'a [TokenHash],
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for Confirm<'_> {
    /// Whether it is active now; false if another tab was first.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        let account = &self.actor.account;
        let confirmed = sqlx::query!(
            "UPDATE accounts SET
                totp_confirmed_at = $2, totp_last_step = $3, totp_offered_at = NULL
            WHERE id = $1 AND totp_key = $4 AND totp_confirmed_at IS NULL",
            account.as_str(),
            to_timestamp(self.now),
            i64::try_from(self.step).unwrap_or(i64::MAX),
            self.sealed
        )
        .execute(&mut *connection)
        .await?;
        if confirmed.rows_affected() == 0 {
            return Ok(false);
        }
        let before = Factor::of(connection, account, Authenticator::Out).await?;
        replace_codes(connection, account, self.codes).await?;
        let after = Factor::of(connection, account, Authenticator::InUse).await?;
        write(connection, self.actor, Action::AuthenticatorAdd, (before, after), self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(true)
    }
}

/// Removes the app, and the recovery codes with it if there is no passkey left
/// that they back up.
#[derive(Debug)]
pub struct Remove<'a> {
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    /// Tells the address about it.
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for Remove<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let account = &self.actor.account;
        let removed = sqlx::query!(
            "UPDATE accounts SET totp_confirmed_at = NULL, totp_last_step = NULL, totp_key = NULL
            WHERE id = $1 AND totp_confirmed_at IS NOT NULL",
            account.as_str()
        )
        .execute(&mut *connection)
        .await?;
        if removed.rows_affected() == 0 {
            // Another of their tabs was first, and has sent the email.
            return Ok(());
        }
        let before = Factor::of(connection, account, Authenticator::InUse).await?;
        drop_codes_without_factor(connection, account).await?;
        let after = Factor::of(connection, account, Authenticator::Out).await?;
        write(connection, self.actor, Action::AuthenticatorRemove, (before, after), self.now)
            .await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(())
    }
}

/// Replaces the recovery codes; earlier ones become invalid.
#[derive(Debug)]
pub struct ReplaceCodes<'a> {
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    pub codes: &'a [TokenHash],
    /// Tells the address about it.
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for ReplaceCodes<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let account = &self.actor.account;
        let before = recovery_codes_left(&mut *connection, account).await?;
        replace_codes(connection, account, self.codes).await?;
        let after = recovery_codes_left(&mut *connection, account).await?;
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: None,
            action: Action::CodesReplace,
            subject: &self.actor.email,
            before: Some(json!({ "recovery_codes": before })),
            after: Some(json!({ "recovery_codes": after })),
        };
        audit::write(&mut *connection, &entry, self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(())
    }
}

/// What the audit log says about a second factor: whether there is an app, and
/// how many recovery codes; no key and no code.
struct Factor {
    authenticator: Authenticator,
    recovery_codes: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Authenticator {
    InUse,
    Out,
}

impl Factor {
    async fn of(
        connection: &mut PgConnection,
        account: &Id,
        authenticator: Authenticator,
    ) -> Result<Self, DatabaseError> {
        let recovery_codes = recovery_codes_left(connection, account).await?;
        Ok(Self { authenticator, recovery_codes })
    }

    fn told(&self) -> serde_json::Value {
        json!({
            "authenticator": self.authenticator == Authenticator::InUse,
            "recovery_codes": self.recovery_codes,
        })
    }
}

async fn write(
    connection: &mut PgConnection,
    actor: &Actor,
    action: Action,
    (before, after): (Factor, Factor),
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let (before, after) = (Some(before.told()), Some(after.told()));
    let subject = &actor.email;
    let entry =
        Entry { by: Author::Account(actor), organisation: None, action, subject, before, after };
    audit::write(connection, &entry, now).await
}

/// Deletes the recovery codes of an account that has no factor left for them to
/// back up.
pub(super) async fn drop_codes_without_factor(
    connection: &mut PgConnection,
    account: &Id,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "DELETE FROM recovery_codes WHERE account = $1
            AND NOT EXISTS(SELECT FROM passkeys WHERE passkeys.account = $1)
            AND NOT EXISTS(
                SELECT FROM accounts WHERE accounts.id = $1 AND totp_confirmed_at IS NOT NULL
            )",
        account.as_str()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces the recovery codes of an account.
pub(super) async fn replace_codes(
    connection: &mut PgConnection,
    account: &Id,
    codes: &[TokenHash],
) -> Result<(), DatabaseError> {
    sqlx::query!("DELETE FROM recovery_codes WHERE account = $1", account.as_str())
        .execute(&mut *connection)
        .await?;
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code.as_bytes().to_vec()).collect();
    sqlx::query!(
        "INSERT INTO recovery_codes (account, hash) SELECT $1, unnest($2::bytea[])",
        account.as_str(),
        &hashes
    )
    .execute(connection)
    .await?;
    Ok(())
}
