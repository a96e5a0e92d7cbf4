//! People who can log in, and those who are about to.

use munjigi_domain::accounts::{Account, EmailAddress, Id, TokenHash, Totp};
use munjigi_domain::email::Letter;
use munjigi_domain::locale::Locale;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::api_keys::{Because, revoke_all};
use super::audit::{self, Actor, Entry};
use super::sessions::{self, Ended};
use super::{StoreError, Unit, columns, mails, organisations};

struct Row {
    id: String,
    email: String,
    name: String,
    locale: String,
    password: String,
    totp_key: Option<Vec<u8>>,
    totp_offered_at: Option<OffsetDateTime>,
    totp_confirmed_at: Option<OffsetDateTime>,
    has_passkey: bool,
    created_at: OffsetDateTime,
}

impl Row {
    fn account(self) -> Result<Account, StoreError> {
        let email = columns::address("accounts", &self.id, &self.email)?;
        let locale = columns::locale("accounts", &self.id, &self.locale)?;
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
            password: self.password,
            totp,
            has_passkey: self.has_passkey,
            created_at: self.created_at,
        })
    }
}

/// The account of an address.
pub async fn by_email(
    executor: impl PgExecutor<'_>,
    email: &EmailAddress,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, email, name, locale, password, totp_key,
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

/// One account.
pub async fn find(executor: impl PgExecutor<'_>, id: &Id) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, email, name, locale, password, totp_key,
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

/// Who wants an account.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// Where letters go.
    pub email: EmailAddress,
    /// What it is called.
    pub name: String,
    /// Of letters.
    pub locale: Locale,
    /// Argon2id, in the PHC format.
    pub password: String,
}

/// Notes a sign-up, and queues the letter that carries its link. Whether the
/// address has an account is decided by the caller; a sign-up for one that
/// has is never confirmed.
#[derive(Debug)]
pub struct BeginSignUp<'a> {
    /// Who.
    pub sign_up: &'a SignUp,
    /// Of the link.
    pub link: TokenHash,
    /// What is sent.
    pub letter: &'a Letter,
    /// Until when the link works.
    pub expires: UnixMillis,
    /// Now.
    pub now: UnixMillis,
}

impl Unit for BeginSignUp<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
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
            to_timestamp(self.expires)
        )
        .execute(&mut *connection)
        .await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(())
    }
}

/// The sign-up that a link belongs to, while the link works.
pub async fn sign_up(
    pool: &PgPool,
    link: TokenHash,
    now: UnixMillis,
) -> Result<Option<SignUp>, StoreError> {
    let row = sqlx::query!(
        "SELECT email, name, locale, password FROM sign_ups WHERE hash = $1 AND expires_at > $2",
        link.as_bytes(),
        to_timestamp(now)
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let email = columns::address("sign_ups", "of a link", &row.email)?;
        let locale = columns::locale("sign_ups", "of a link", &row.locale)?;
        let (name, password) = (row.name, row.password);
        Ok(SignUp { email, name, locale, password })
    })
    .transpose()
}

/// Makes the account of a sign-up whose link and password were given, and an
/// organisation that it owns.
#[derive(Debug)]
pub struct ConfirmSignUp<'a> {
    /// Of the link.
    pub link: TokenHash,
    /// The account's new name in addresses.
    pub account: &'a Id,
    /// The organisation's.
    pub organisation: &'a Id,
    /// Now.
    pub now: UnixMillis,
}

/// What became of a sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// There is an account now.
    New,
    /// The address has had one for some time.
    Taken,
    /// The link has been used, or is too old.
    Gone,
}

impl Unit for ConfirmSignUp<'_> {
    type Output = Confirmed;

    async fn run(&self, connection: &mut PgConnection) -> Result<Confirmed, StoreError> {
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
        // Other links to the same address have nothing left to make.
        sqlx::query!("DELETE FROM sign_ups WHERE email = $1", sign_up.email)
            .execute(&mut *connection)
            .await?;
        organisations::found(connection, self.organisation, &sign_up.name, self.account, self.now)
            .await?;
        Ok(Confirmed::New)
    }
}

/// Gives an account another password: by the link of a recovery, or by who
/// knew the old one. Every session ends but the one that is kept, and an
/// authenticator key that was shown and not confirmed is void: somebody else
/// may have seen it. With a link, the keys of the API that the account made
/// end as well.
#[derive(Debug)]
pub struct SetPassword<'a> {
    /// Whose, and who does it.
    pub actor: &'a Actor,
    /// Argon2id, in the PHC format.
    pub password: &'a str,
    /// The link that was followed, if one was.
    pub link: Option<TokenHash>,
    /// The session that goes on.
    pub kept: Option<&'a Id>,
    /// Says so to the address.
    pub letter: &'a Letter,
    /// Now.
    pub now: UnixMillis,
}

impl Unit for SetPassword<'_> {
    /// What ended; none where the link no longer worked.
    type Output = Option<Ended>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Option<Ended>, StoreError> {
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
            // Whoever lost the account to somebody else gets it back whole.
            let why = (Because::PasswordReset, self.actor);
            let keys = revoke_all(&mut *connection, account, None, why, self.now).await?;
            json!({ "proved_by": "link", "sessions_ended": sessions, "keys_revoked": keys })
        } else {
            json!({ "proved_by": "password", "sessions_ended": sessions })
        };
        let entry = Entry {
            actor: self.actor,
            organisation: None,
            action: "password.change",
            subject: &self.actor.email,
            before: None,
            after: Some(after),
        };
        audit::write(&mut *connection, &entry, self.now).await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(Some(ended))
    }
}

/// Notes a link for a new password, in place of an earlier one, and queues
/// its letter.
#[derive(Debug)]
pub struct BeginRecovery<'a> {
    /// Whose.
    pub account: &'a Id,
    /// Of the link.
    pub link: TokenHash,
    /// What is sent.
    pub letter: &'a Letter,
    /// Until when the link works.
    pub expires: UnixMillis,
    /// Now.
    pub now: UnixMillis,
}

impl Unit for BeginRecovery<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO recoveries (hash, account, created_at, expires_at)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (account) DO UPDATE SET hash = EXCLUDED.hash,
                created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at",
            self.link.as_bytes(),
            self.account.as_str(),
            to_timestamp(self.now),
            to_timestamp(self.expires)
        )
        .execute(&mut *connection)
        .await?;
        mails::queue(connection, self.letter, self.now).await?;
        Ok(())
    }
}

/// The account that a recovery's link belongs to, while the link works.
pub async fn recovery(
    pool: &PgPool,
    link: TokenHash,
    now: UnixMillis,
) -> Result<Option<Account>, StoreError> {
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

/// Makes an account for who followed an invitation, and lets them in there.
#[derive(Debug)]
pub struct JoinNew<'a> {
    /// The invitation, and the new account as its follower.
    pub join: organisations::Join<'a>,
    /// What it is called.
    pub name: &'a str,
    /// Of letters.
    pub locale: Locale,
    /// Argon2id, in the PHC format.
    pub password: &'a str,
}

impl Unit for JoinNew<'_> {
    /// Where they belong now; none where the link is gone, or the address
    /// has an account.
    type Output = Option<Id>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Option<Id>, StoreError> {
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
