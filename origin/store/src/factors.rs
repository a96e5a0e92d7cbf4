//! Second factors of accounts.

use munjigi_domain::accounts::{Id, TokenHash};
use munjigi_domain::email::Letter;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

use super::audit::{self, Actor, Entry};
use super::{StoreError, Unit, mails};

/// Shows somebody the key of an app that they may take into use soon.
#[derive(Debug)]
pub struct Offer<'a> {
    /// Whose, and who does it.
    pub actor: &'a Actor,
    /// The key.
    pub sealed: &'a [u8],
    /// The one that was shown before and has expired.
    pub replaces: Option<&'a [u8]>,
    /// Says so to the address.
    pub letter: &'a Letter,
    /// Now.
    pub now: UnixMillis,
}

impl Unit for Offer<'_> {
    /// Whether it is the one; else another tab was first.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, StoreError> {
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
            actor: self.actor,
            organisation: None,
            action: "authenticator.offer",
            subject: &self.actor.email,
            before: None,
            after: None,
        };
        audit::write(connection, &entry, self.now).await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(true)
    }
}

/// Takes a code's step: `false` where this one or a later one was taken
/// before.
pub async fn take_step(
    executor: impl PgExecutor<'_>,
    account: &Id,
    step: u64,
) -> Result<bool, StoreError> {
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

/// Takes a recovery code: `false` where there is none such, or no more.
pub async fn take_recovery_code(
    executor: impl PgExecutor<'_>,
    account: &Id,
    code: TokenHash,
    now: UnixMillis,
) -> Result<bool, StoreError> {
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
) -> Result<i64, StoreError> {
    let left = sqlx::query_scalar!(
        r#"SELECT count(*) AS "left!" FROM recovery_codes WHERE account = $1 AND used_at IS NULL"#,
        account.as_str()
    )
    .fetch_one(executor)
    .await?;
    Ok(left)
}

/// Puts the app in use whose code was given, with a new set of recovery codes.
#[derive(Debug)]
pub struct Confirm<'a> {
    /// Whose, and who does it.
    pub actor: &'a Actor,
    /// The key that was offered, as it is kept.
    pub sealed: &'a [u8],
    /// Of the code.
    pub step: u64,
    /// The new set.
    pub codes: &'a [TokenHash],
    /// Says so to the address.
    pub letter: &'a Letter,
    /// Now.
    pub now: UnixMillis,
}

impl Unit for Confirm<'_> {
    /// Whether it is in use now; else another tab was first.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, StoreError> {
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
        write(connection, self.actor, "authenticator.add", (before, after), self.now).await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(true)
    }
}

/// Takes the app out of use, and the recovery codes with it where no passkey
/// is left that they stand for.
#[derive(Debug)]
pub struct Remove<'a> {
    /// Whose, and who does it.
    pub actor: &'a Actor,
    /// Says so to the address.
    pub letter: &'a Letter,
    /// Now.
    pub now: UnixMillis,
}

impl Unit for Remove<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let account = &self.actor.account;
        let removed = sqlx::query!(
            "UPDATE accounts SET totp_confirmed_at = NULL, totp_last_step = NULL, totp_key = NULL
            WHERE id = $1 AND totp_confirmed_at IS NOT NULL",
            account.as_str()
        )
        .execute(&mut *connection)
        .await?;
        if removed.rows_affected() == 0 {
            // Another of their tabs was first, and has said so.
            return Ok(());
        }
        let before = Factor::of(connection, account, Authenticator::InUse).await?;
        drop_codes_without_factor(connection, account).await?;
        let after = Factor::of(connection, account, Authenticator::Out).await?;
        write(connection, self.actor, "authenticator.remove", (before, after), self.now).await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(())
    }
}

/// Another set of recovery codes; the earlier ones are void.
#[derive(Debug)]
pub struct ReplaceCodes<'a> {
    /// Whose, and who does it.
    pub actor: &'a Actor,
    /// The new set.
    pub codes: &'a [TokenHash],
    /// Says so to the address.
    pub letter: &'a Letter,
    /// Now.
    pub now: UnixMillis,
}

impl Unit for ReplaceCodes<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let account = &self.actor.account;
        let before = recovery_codes_left(&mut *connection, account).await?;
        replace_codes(connection, account, self.codes).await?;
        let after = recovery_codes_left(&mut *connection, account).await?;
        let entry = Entry {
            actor: self.actor,
            organisation: None,
            action: "codes.replace",
            subject: &self.actor.email,
            before: Some(json!({ "recovery_codes": before })),
            after: Some(json!({ "recovery_codes": after })),
        };
        audit::write(&mut *connection, &entry, self.now).await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(())
    }
}

/// What the record says of a second factor: whether there is an app, and how
/// many codes stand in for it; no key and no code.
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
    ) -> Result<Self, StoreError> {
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
    action: &'static str,
    (before, after): (Factor, Factor),
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (before, after) = (Some(before.told()), Some(after.told()));
    let subject = &actor.email;
    let entry = Entry { actor, organisation: None, action, subject, before, after };
    audit::write(connection, &entry, now).await
}

/// Voids the recovery codes of an account that has nothing left for which
/// they stand.
pub(super) async fn drop_codes_without_factor(
    connection: &mut PgConnection,
    account: &Id,
) -> Result<(), StoreError> {
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

/// Another set of codes, in place of the earlier ones.
pub(super) async fn replace_codes(
    connection: &mut PgConnection,
    account: &Id,
    codes: &[TokenHash],
) -> Result<(), StoreError> {
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
