//! Accounts, sign-ups and password recovery.

use munjigi_domain::accounts::session::{RECOVERY_MILLIS, SIGN_UP_MILLIS};
use munjigi_domain::accounts::{Account, EmailAddress, Id, TokenHash, Totp};
use munjigi_domain::audit::Action;
use munjigi_domain::email::Email;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_i18n::Locale;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::api_keys::{Because, revoke_all};
use super::audit::{self, Actor, Author, Entry};
use super::sessions::{self, Ended};
use super::{DatabaseError, Unit, columns, mails, organisations};

struct Row {
    id: String,
    email: String,
    name: String,
    locale: String,
    locale_chosen: bool,
    password: String,
    totp_key: Option<Vec<u8>>,
    totp_offered_at: Option<OffsetDateTime>,
    totp_confirmed_at: Option<OffsetDateTime>,
    has_passkey: bool,
    created_at: OffsetDateTime,
}

impl Row {
    fn account(self) -> Result<Account, DatabaseError> {
        let email = columns::address("accounts", &self.id, &self.email)?;
        let locale = columns::locale(&self.locale);
        let totp = match (self.totp_key, self.totp_confirmed_at, self.totp_offered_at) {
            (Some(sealed), Some(_), _) => Totp::InUse { sealed },
            (Some(sealed), None, Some(at)) => Totp::Offered { sealed, at: from_timestamp(at) },
            (Some(_), None, None) | (None, _, _) => Totp::None,
        };
        Ok(Account {
            id: self.id.into(),
            email,
            name: self.name,
            locale,
            locale_chosen: self.locale_chosen,
            password: self.password,
            totp,
            has_passkey: self.has_passkey,
            created_at: self.created_at,
        })
    }
}

/// The account with an email address.
pub async fn by_email(
    executor: impl PgExecutor<'_>,
    email: &EmailAddress,
) -> Result<Option<Account>, DatabaseError> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, email, name, locale, locale_chosen, password, totp_key,
            totp_offered_at, totp_confirmed_at,
            EXISTS(SELECT FROM passkeys WHERE passkeys.account = accounts.id) AS "has_passkey!",
            created_at
        FROM accounts WHERE email = $1"#,
        email.as_str()
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::account).transpose()
}

pub async fn find(
    executor: impl PgExecutor<'_>,
    id: &Id,
) -> Result<Option<Account>, DatabaseError> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, email, name, locale, locale_chosen, password, totp_key,
            totp_offered_at, totp_confirmed_at,
            EXISTS(SELECT FROM passkeys WHERE passkeys.account = accounts.id) AS "has_passkey!",
            created_at
        FROM accounts WHERE id = $1"#,
        id.as_str()
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::account).transpose()
}

/// Changes the language of an account's emails and, if its owner chose it, of its
/// pages; otherwise these are in the language of the browser.
pub async fn set_locale(
    pool: &PgPool,
    id: &Id,
    locale: Locale,
    chosen: bool,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE accounts SET locale = $2, locale_chosen = $3 WHERE id = $1",
        id.as_str(),
        locale.as_str(),
        chosen
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// A sign-up before its link is followed.
#[derive(Debug, Clone)]
pub struct SignUp {
    pub email: EmailAddress,
    pub name: String,
    pub locale: Locale,
    /// Argon2id, in the PHC format.
    pub password: String,
}

/// Stores a sign-up and queues the email with its link. The caller decides
/// whether the address already has an account; a sign-up for one that has is
/// never confirmed.
#[derive(Debug)]
pub struct BeginSignUp<'a> {
    pub sign_up: &'a SignUp,
    /// The hash of the link's token.
    pub link: TokenHash,
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for BeginSignUp<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let SignUp { email, name, locale, password } = self.sign_up;
        sqlx::query!(
            "INSERT INTO sign_ups (hash, email, name, locale, password, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
            self.link.as_bytes(),
            email.as_str(),
            name,
            locale.as_str(),
            password,
            to_timestamp(self.now),
            to_timestamp(UnixMillis(self.now.0 + SIGN_UP_MILLIS))
        )
        .execute(&mut *connection)
        .await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(())
    }
}

/// The sign-up of a link that has not expired.
pub async fn sign_up(
    pool: &PgPool,
    link: TokenHash,
    now: UnixMillis,
) -> Result<Option<SignUp>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT email, name, locale, password FROM sign_ups WHERE hash = $1 AND expires_at > $2",
        link.as_bytes(),
        to_timestamp(now)
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let email = columns::address("sign_ups", "of a link", &row.email)?;
        let locale = columns::locale(&row.locale);
        let (name, password) = (row.name, row.password);
        Ok(SignUp { email, name, locale, password })
    })
    .transpose()
}

/// Creates the account of a sign-up whose link was followed and whose password
/// was entered, and an organisation that it owns.
#[derive(Debug)]
pub struct ConfirmSignUp<'a> {
    /// The hash of the link's token.
    pub link: TokenHash,
    /// The id of the new account.
    pub account: &'a Id,
    /// The id of the new organisation.
    pub organisation: &'a Id,
    pub now: UnixMillis,
}

/// The outcome of a sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    New,
    /// The address already has an account.
    Taken,
    /// The link has been used or has expired.
    Gone,
}

impl Unit for ConfirmSignUp<'_> {
    type Output = Confirmed;

    async fn run(&self, connection: &mut PgConnection) -> Result<Confirmed, DatabaseError> {
        let now = to_timestamp(self.now);
        let sign_up = sqlx::query!(
            "DELETE FROM sign_ups WHERE hash = $1 AND expires_at > $2
            RETURNING email, name, locale, password",
            self.link.as_bytes(),
            now
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(sign_up) = sign_up else { return Ok(Confirmed::Gone) };
        let made = sqlx::query!(
            "INSERT INTO accounts (id, email, name, locale, password, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING",
            self.account.as_str(),
            sign_up.email,
            sign_up.name,
            sign_up.locale,
            sign_up.password,
            now
        )
        .execute(&mut *connection)
        .await?;
        if made.rows_affected() == 0 {
            return Ok(Confirmed::Taken);
        }
        // Other links to the same address have nothing left to create.
        sqlx::query!("DELETE FROM sign_ups WHERE email = $1", sign_up.email)
            .execute(&mut *connection)
            .await?;
        organisations::found(connection, self.organisation, &sign_up.name, self.account, self.now)
            .await?;
        Ok(Confirmed::New)
    }
}

/// Sets an account's password, either by a recovery link or after the old one
/// was entered. Every session ends except the one that is kept. An
/// authenticator key that was shown but not confirmed is discarded: someone
/// else may have seen it. With a link, API keys that the account created are
/// revoked as well.
#[derive(Debug)]
pub struct SetPassword<'a> {
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    /// Argon2id, in the PHC format.
    pub password: &'a str,
    /// The recovery link, if one was followed.
    pub link: Option<TokenHash>,
    /// The session that stays logged in.
    pub kept: Option<&'a Id>,
    /// Tells the address about the change.
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for SetPassword<'_> {
    /// The sessions that ended; `None` if the link was no longer valid.
    type Output = Option<Ended>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Option<Ended>, DatabaseError> {
        let account = &self.actor.account;
        if let Some(link) = self.link {
            let used = sqlx::query!(
                "DELETE FROM recoveries WHERE hash = $1 AND account = $2 AND expires_at > $3",
                link.as_bytes(),
                account.as_str(),
                to_timestamp(self.now)
            )
            .execute(&mut *connection)
            .await?;
            if used.rows_affected() == 0 {
                return Ok(None);
            }
        }
        sqlx::query!(
            "UPDATE accounts SET password = $2, totp_offered_at = NULL,
                totp_key = CASE WHEN totp_confirmed_at IS NOT NULL THEN totp_key END
            WHERE id = $1",
            account.as_str(),
            self.password
        )
        .execute(&mut *connection)
        .await?;
        let ended = sessions::end_all(&mut *connection, account, self.kept).await?;
        let sessions = ended.0.len();
        let after = if self.link.is_some() {
            // Someone who lost the account to an intruder gets it back without
            // the intruder's keys.
            let why = (Because::PasswordReset, self.actor);
            let keys = revoke_all(&mut *connection, account, None, why, self.now).await?;
            json!({ "proved_by": "link", "sessions_ended": sessions, "keys_revoked": keys })
        } else {
            json!({ "proved_by": "password", "sessions_ended": sessions })
        };
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: None,
            action: Action::PasswordChange,
            subject: &self.actor.email,
            before: None,
            after: Some(after),
        };
        audit::write(&mut *connection, &entry, self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(Some(ended))
    }
}

/// Stores a recovery link, replacing an earlier one, and queues its email.
#[derive(Debug)]
pub struct BeginRecovery<'a> {
    pub account: &'a Id,
    /// The hash of the link's token.
    pub link: TokenHash,
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for BeginRecovery<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        sqlx::query!(
            "INSERT INTO recoveries (hash, account, created_at, expires_at)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (account) DO UPDATE SET hash = EXCLUDED.hash,
                created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at",
            self.link.as_bytes(),
            self.account.as_str(),
            to_timestamp(self.now),
            to_timestamp(UnixMillis(self.now.0 + RECOVERY_MILLIS))
        )
        .execute(&mut *connection)
        .await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(())
    }
}

/// The account of a recovery link that has not expired.
pub async fn recovery(
    pool: &PgPool,
    link: TokenHash,
    now: UnixMillis,
) -> Result<Option<Account>, DatabaseError> {
    let account = sqlx::query_scalar!(
        "SELECT account FROM recoveries WHERE hash = $1 AND expires_at > $2",
        link.as_bytes(),
        to_timestamp(now)
    )
    .fetch_optional(pool)
    .await?;
    match account {
        Some(account) => find(pool, &account.into()).await,
        None => Ok(None),
    }
}

/// Creates an account for a person who followed an invitation, and adds it to
/// the organisation.
#[derive(Debug)]
pub struct JoinNew<'a> {
    /// The invitation, with the new account as the one that accepts it.
    pub join: organisations::Join<'a>,
    pub name: &'a str,
    pub locale: Locale,
    /// Argon2id, in the PHC format.
    pub password: &'a str,
}

impl Unit for JoinNew<'_> {
    /// The organisation joined; `None` if the link is no longer valid or the
    /// address has an account.
    type Output = Option<Id>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Option<Id>, DatabaseError> {
        let organisations::Join { actor, now, .. } = self.join;
        let made = sqlx::query!(
            "INSERT INTO accounts (id, email, name, locale, password, created_at)
            SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS(
                SELECT FROM invitations WHERE hash = $7 AND email = $2 AND expires_at > $6
            )
            ON CONFLICT (email) DO NOTHING",
            actor.account.as_str(),
            actor.email,
            self.name,
            self.locale.as_str(),
            self.password,
            to_timestamp(now),
            self.join.link.as_bytes()
        )
        .execute(&mut *connection)
        .await?;
        if made.rows_affected() == 0 {
            return Ok(None);
        }
        self.join.run(connection).await
    }
}
