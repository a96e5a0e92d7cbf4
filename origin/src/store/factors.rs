//! Second factors of accounts.

use munjigi_captcha::UnixMillis;
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::{StoreError, Unit, mails, to_timestamp};
use crate::accounts::{Id, TokenHash};
use crate::mail::Letter;

/// Keeps the key of an app that is offered; one in use stays what it is.
pub async fn offer(pool: &PgPool, account: &Id, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts SET totp_key = $2 WHERE id = $1 AND totp_confirmed_at IS NULL",
        account.as_str(),
        sealed
    )
    .execute(pool)
    .await?;
    Ok(())
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
        WHERE id = $1 AND totp_key IS NOT NULL
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
pub async fn recovery_codes_left(pool: &PgPool, account: &Id) -> Result<i64, StoreError> {
    let left = sqlx::query_scalar!(
        r#"SELECT count(*) AS "left!" FROM recovery_codes WHERE account = $1 AND used_at IS NULL"#,
        account.as_str()
    )
    .fetch_one(pool)
    .await?;
    Ok(left)
}

/// Puts the app in use whose code was given, with a new set of recovery codes.
#[derive(Debug)]
pub struct Confirm<'a> {
    /// Whose.
    pub account: &'a Id,
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
    /// Whether it was not in use already.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, StoreError> {
        let confirmed = sqlx::query!(
            "UPDATE accounts SET totp_confirmed_at = $2, totp_last_step = $3
            WHERE id = $1 AND totp_key IS NOT NULL AND totp_confirmed_at IS NULL",
            self.account.as_str(),
            to_timestamp(self.now),
            i64::try_from(self.step).unwrap_or(i64::MAX)
        )
        .execute(&mut *connection)
        .await?;
        if confirmed.rows_affected() == 0 {
            return Ok(false);
        }
        replace_codes(connection, self.account, self.codes).await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(true)
    }
}

/// Takes the app out of use, and the recovery codes with it where no passkey
/// is left that they stand for.
#[derive(Debug)]
pub struct Remove<'a> {
    /// Whose.
    pub account: &'a Id,
    /// Says so to the address.
    pub letter: &'a Letter,
    /// Now.
    pub now: UnixMillis,
}

impl Unit for Remove<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE accounts SET totp_confirmed_at = NULL, totp_last_step = NULL, totp_key = NULL
            WHERE id = $1",
            self.account.as_str()
        )
        .execute(&mut *connection)
        .await?;
        drop_codes_without_factor(connection, self.account).await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(())
    }
}

/// Another set of recovery codes; the earlier ones are void.
#[derive(Debug)]
pub struct ReplaceCodes<'a> {
    /// Whose.
    pub account: &'a Id,
    /// The new set.
    pub codes: &'a [TokenHash],
}

impl Unit for ReplaceCodes<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        replace_codes(connection, self.account, self.codes).await
    }
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
