//! API keys.

use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::{ApiKey, Id, Permission, TokenHash};
use munjigi_domain::audit::Action;
use munjigi_domain::email::Email;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::audit::{self, Actor, Author, Entry};
use super::{DatabaseError, Unit, columns, mails, transact};

/// Active keys per organisation.
const MOST: i64 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The id used in addresses; it grants no access.
    pub id: Id,
    pub organisation: Id,
    /// The creator: the key never exceeds their permissions.
    pub account: Id,
    pub email: String,
    pub name: String,
    /// The last characters of the key.
    pub hint: String,
    /// The permissions that it was created with.
    pub scopes: Vec<String>,
    /// Requests per minute.
    pub per_minute: i32,
    /// Requests per day (UTC); `None` if unlimited.
    pub per_day: Option<i64>,
    pub created_at: OffsetDateTime,
    /// When it expires; `None` if never.
    pub expires_at: Option<OffsetDateTime>,
    pub revoked_at: Option<OffsetDateTime>,
    pub used_at: Option<OffsetDateTime>,
}

/// Whether a key grants access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    Live,
    Expired,
    /// A member revoked it, or a password reset or removal did.
    Revoked,
}

impl KeyState {
    /// The spelling in the API and the console.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl KeyRecord {
    /// The state at a given time.
    pub fn state(&self, now: UnixMillis) -> KeyState {
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= to_timestamp(now)) {
            KeyState::Expired
        } else {
            KeyState::Live
        }
    }

    /// The permissions of its scopes; unknown scopes are skipped.
    pub fn permissions(&self) -> Vec<Permission> {
        self.scopes.iter().filter_map(|scope| Permission::of_scope(scope)).collect()
    }

    /// Whether its scopes include a permission.
    pub fn may(&self, permission: Permission) -> bool {
        permission.scope().is_some_and(|scope| self.scopes.iter().any(|own| own == scope))
    }
}

/// The key with this hash, whatever its state.
pub async fn find(pool: &PgPool, hash: TokenHash) -> Result<Option<KeyRecord>, DatabaseError> {
    let key = sqlx::query_as!(
        KeyRecord,
        "SELECT api_keys.id, organisation, account, email, api_keys.name, hint, scopes,
            per_minute, per_day, api_keys.created_at, expires_at, revoked_at, used_at
        FROM api_keys JOIN accounts ON accounts.id = account WHERE hash = $1",
        hash.as_bytes()
    )
    .fetch_optional(pool)
    .await?;
    Ok(key)
}

/// Counts a request of a key; returns today's count, this one included.
pub async fn count(pool: &PgPool, id: &Id, now: UnixMillis) -> Result<i64, DatabaseError> {
    let at = to_timestamp(now);
    let count = sqlx::query_scalar!(
        "UPDATE api_keys SET used_at = $2, used_on = $3,
            used_count = CASE WHEN used_on = $3 THEN used_count + 1 ELSE 1 END
        WHERE id = $1 RETURNING used_count",
        id.as_str(),
        at,
        at.date()
    )
    .fetch_optional(pool)
    .await?;
    Ok(count.unwrap_or(0))
}

/// An organisation's keys, newest first, revoked ones last.
pub async fn of_organisation(
    pool: &PgPool,
    organisation: &Id,
) -> Result<Vec<KeyRecord>, DatabaseError> {
    let keys = sqlx::query_as!(
        KeyRecord,
        "SELECT api_keys.id, organisation, account, email, api_keys.name, hint, scopes,
            per_minute, per_day, api_keys.created_at, expires_at, revoked_at, used_at
        FROM api_keys JOIN accounts ON accounts.id = account
        WHERE organisation = $1
        ORDER BY revoked_at IS NOT NULL, api_keys.created_at DESC, api_keys.id LIMIT 300",
        organisation.as_str()
    )
    .fetch_all(pool)
    .await?;
    Ok(keys)
}

/// Creates a key.
#[derive(Debug)]
pub struct MakeKey<'a> {
    pub organisation: &'a Id,
    pub wanted: &'a WantedKey,
    /// The creator, as the request was authenticated.
    pub by: &'a Account,
    /// The creator, for the audit log.
    pub actor: &'a Actor,
    /// Tells the creator's address about the key.
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl MakeKey<'_> {
    /// Draws the key and commits its hash. Only the return value contains the
    /// key, next to its id.
    pub async fn make(
        &self,
        pool: &PgPool,
        entropy: &Entropy,
    ) -> Result<Result<(Id, ApiKey), KeyRefused>, DatabaseError> {
        let (id, key) = (Id::draw(entropy), ApiKey::draw(entropy));
        let unit = Keep { id: &id, hash: key.hash(), hint: &key.hint(), key: self };
        Ok(transact(pool, &unit).await?.map(|()| (id, key)))
    }
}

struct Keep<'a> {
    id: &'a Id,
    hash: TokenHash,
    hint: &'a str,
    key: &'a MakeKey<'a>,
}

/// The choices for a new key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedKey {
    pub name: String,
    /// The permissions that it is to have.
    pub scopes: Vec<Permission>,
    /// Requests per minute.
    pub per_minute: i32,
    /// Requests per day (UTC); `None` if unlimited.
    pub per_day: Option<i64>,
    /// When it expires; `None` if never.
    pub expires_at: Option<OffsetDateTime>,
}

/// Why no key was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// The organisation has the maximum number of keys.
    #[error("The organisation already has 100 keys. Revoke one that is no longer used.")]
    TooMany,
    /// The creator's role or password changed after the request was
    /// authenticated.
    #[error("Your role or password has just changed. Log in and try again.")]
    Changed,
}

impl Keep<'_> {
    /// Whether the creator may still have this key. A concurrent password reset
    /// or end of membership either finds the key and revokes it, or is seen
    /// here: both wait for the locks that this unit takes.
    async fn is_allowed(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        let MakeKey { organisation, by, .. } = *self.key;
        let role = sqlx::query_scalar!(
            "SELECT role FROM members JOIN accounts ON accounts.id = account
            WHERE organisation = $1 AND account = $2 AND password = $3
            FOR SHARE OF accounts",
            organisation.as_str(),
            by.id.as_str(),
            by.password
        )
        .fetch_optional(connection)
        .await?;
        let Some(role) = role else { return Ok(false) };
        let role = columns::role("members", by.id.as_str(), &role)?;
        Ok(self.key.wanted.scopes.iter().all(|scope| role.may(*scope)))
    }
}

impl Unit for Keep<'_> {
    type Output = Result<(), KeyRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let MakeKey { organisation, wanted, actor, message, now, .. } = *self.key;
        sqlx::query!(
            "SELECT id FROM organisations WHERE id = $1 FOR UPDATE",
            organisation.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        if !self.is_allowed(&mut *connection).await? {
            return Ok(Err(KeyRefused::Changed));
        }
        let live = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM api_keys
            WHERE organisation = $1 AND revoked_at IS NULL"#,
            organisation.as_str()
        )
        .fetch_one(&mut *connection)
        .await?;
        if live >= MOST {
            return Ok(Err(KeyRefused::TooMany));
        }
        let WantedKey { name, scopes, per_minute, per_day, expires_at } = wanted;
        let scopes: Vec<String> =
            scopes.iter().filter_map(|scope| scope.scope()).map(str::to_owned).collect();
        sqlx::query!(
            "INSERT INTO api_keys (id, hash, organisation, account, name, hint, scopes,
                per_minute, per_day, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            self.id.as_str(),
            self.hash.as_bytes(),
            organisation.as_str(),
            actor.account.as_str(),
            name,
            self.hint,
            &scopes,
            per_minute,
            *per_day,
            to_timestamp(now),
            *expires_at
        )
        .execute(&mut *connection)
        .await?;
        let entry = Entry {
            by: Author::Account(actor),
            organisation: Some(organisation.as_str()),
            action: Action::KeyCreate,
            subject: self.id.as_str(),
            before: None,
            after: Some(json!({ "name": name, "scopes": scopes })),
        };
        audit::write(&mut *connection, &entry, now).await?;
        mails::queue(connection, message, now).await?;
        Ok(Ok(()))
    }
}

/// Why keys are revoked together, without anyone choosing each one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The creator set another password without knowing the previous one.
    PasswordReset,
    /// The creator is no longer a member.
    Removal,
}

impl Because {
    /// The spelling in the audit log.
    const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password-reset",
            Self::Removal => "removal",
        }
    }
}

/// Revokes the keys that an account created, for one organisation or for all;
/// returns how many.
pub(super) async fn revoke_all(
    connection: &mut PgConnection,
    maker: &Id,
    organisation: Option<&Id>,
    (because, actor): (Because, &Actor),
    now: UnixMillis,
) -> Result<usize, DatabaseError> {
    let revoked = sqlx::query!(
        "UPDATE api_keys SET revoked_at = $3
        WHERE account = $1 AND ($2::text IS NULL OR organisation = $2) AND revoked_at IS NULL
        RETURNING id, organisation, name",
        maker.as_str(),
        organisation.map(Id::as_str),
        to_timestamp(now)
    )
    .fetch_all(&mut *connection)
    .await?;
    for key in &revoked {
        let organisation = Id::from(key.organisation.clone());
        let entry = Entry {
            by: Author::Account(actor),
            organisation: Some(organisation.as_str()),
            action: Action::KeyRevoke,
            subject: &key.id,
            before: Some(json!({ "name": key.name })),
            after: Some(json!({ "because": because.as_str() })),
        };
        audit::write(&mut *connection, &entry, now).await?;
    }
    Ok(revoked.len())
}

/// Revokes a key, immediately and permanently.
#[derive(Debug)]
pub struct RevokeKey<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

/// The outcome of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It was active and no longer grants access.
    Now,
    /// It granted no access before either.
    Before,
    /// The organisation has no such key.
    Unknown,
}

impl Unit for RevokeKey<'_> {
    type Output = Revoked;

    async fn run(&self, connection: &mut PgConnection) -> Result<Revoked, DatabaseError> {
        let key = sqlx::query!(
            "SELECT name, revoked_at FROM api_keys WHERE id = $1 AND organisation = $2 FOR UPDATE",
            self.id.as_str(),
            self.organisation.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(key) = key else { return Ok(Revoked::Unknown) };
        if key.revoked_at.is_some() {
            return Ok(Revoked::Before);
        }
        sqlx::query!(
            "UPDATE api_keys SET revoked_at = $2 WHERE id = $1",
            self.id.as_str(),
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(self.organisation.as_str()),
            action: Action::KeyRevoke,
            subject: self.id.as_str(),
            before: Some(json!({ "name": key.name })),
            after: None,
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(Revoked::Now)
    }
}
