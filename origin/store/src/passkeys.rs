//! Passkeys of accounts, and the ceremonies that create and use them.

use munjigi_domain::accounts::passkey::{
    CEREMONY_MILLIS, Kept, Known, MOST, PasskeyState, Purpose, Registered,
};
use munjigi_domain::accounts::{Id, TokenHash};
use munjigi_domain::audit::Action;
use munjigi_domain::email::Email;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::audit::{self, Actor, Author, Entry};
use super::{DatabaseError, Unit, factors, mails};

/// A passkey as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: Id,
    pub name: String,
    pub created_at: OffsetDateTime,
    pub used_at: Option<OffsetDateTime>,
    /// When its counter went backwards, which suggests a copy; `None` if it
    /// never did.
    pub copied_at: Option<OffsetDateTime>,
}

/// The passkey that a log-in claims to use.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The id used in addresses and forms.
    pub id: Id,
    /// The name that its owner chose.
    pub name: String,
    /// What the answer is checked against.
    pub kept: Kept,
    /// Whether its counter ever went backwards.
    pub is_copied: bool,
}

/// Records the start of a ceremony.
pub async fn begin(
    pool: &PgPool,
    (challenge, state): (TokenHash, &[u8]),
    purpose: Purpose,
    holder: TokenHash,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "INSERT INTO passkey_ceremonies (hash, purpose, holder, state, expires_at)
        VALUES ($1, $2, $3, $4, $5)",
        challenge.as_bytes(),
        purpose.as_str(),
        holder.as_bytes(),
        state,
        to_timestamp(UnixMillis(now.0.saturating_add(CEREMONY_MILLIS)))
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Spends a ceremony on its one answer: `None` if another browser started it,
/// if it is for something else, has expired, or was answered before.
pub async fn take(
    pool: &PgPool,
    challenge: TokenHash,
    purpose: Purpose,
    holder: TokenHash,
    now: UnixMillis,
) -> Result<Option<Vec<u8>>, DatabaseError> {
    let state = sqlx::query_scalar!(
        "DELETE FROM passkey_ceremonies
        WHERE hash = $1 AND purpose = $2 AND holder = $3 AND expires_at > $4
        RETURNING state",
        challenge.as_bytes(),
        purpose.as_str(),
        holder.as_bytes(),
        to_timestamp(now)
    )
    .fetch_optional(pool)
    .await?;
    Ok(state)
}

/// The passkeys of an account, oldest first.
pub async fn of_account(pool: &PgPool, account: &Id) -> Result<Vec<Passkey>, DatabaseError> {
    let passkeys = sqlx::query_as!(
        Passkey,
        "SELECT id, name, created_at, used_at, copied_at
        FROM passkeys WHERE account = $1 ORDER BY created_at, id",
        account.as_str()
    )
    .fetch_all(pool)
    .await?;
    Ok(passkeys)
}

/// The passkeys of an account as devices know them.
pub async fn known(pool: &PgPool, account: &Id) -> Result<Vec<Known>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT credential, transports FROM passkeys WHERE account = $1",
        account.as_str()
    )
    .fetch_all(pool)
    .await?;
    let known = |credential, transports| Known {
        credential,
        transports: u8::try_from(transports).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(|row| known(row.credential, row.transports)).collect())
}

/// The passkey with a credential id.
pub async fn claimed(pool: &PgPool, credential: &[u8]) -> Result<Option<Claimed>, DatabaseError> {
    let row = sqlx::query!(
        r#"SELECT id, account, name, key, state, copied_at IS NOT NULL AS "is_copied!"
        FROM passkeys WHERE credential = $1"#,
        credential
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let state: Result<PasskeyState, _> = row.state.try_into();
        let state = state.map_err(|_| DatabaseError::Inconsistent {
            table: "passkeys",
            column: "state",
            row: row.id.clone(),
        })?;
        let kept = Kept {
            credential: credential.to_vec(),
            account: row.account.into(),
            key: row.key,
            state,
        };
        Ok(Claimed { id: row.id.into(), name: row.name, kept, is_copied: row.is_copied })
    })
    .transpose()
}

/// Stores what a use changed; `false` if another use came in between, so that
/// this one was checked against outdated values.
pub async fn used(
    executor: impl PgExecutor<'_>,
    claimed: &Claimed,
    state: &PasskeyState,
    now: UnixMillis,
) -> Result<bool, DatabaseError> {
    let used = sqlx::query!(
        "UPDATE passkeys SET state = $3, used_at = GREATEST(used_at, $4)
        WHERE id = $1 AND state = $2 AND copied_at IS NULL",
        claimed.id.as_str(),
        claimed.kept.state.as_slice(),
        state.as_slice(),
        to_timestamp(now)
    )
    .execute(executor)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// The outcome of adding a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    Yes,
    /// An account has it already, or this one has the maximum.
    No,
}

/// Adds a passkey. The first factor of an account comes with recovery codes.
#[derive(Debug)]
pub struct Add<'a> {
    pub id: &'a Id,
    pub name: &'a str,
    pub registered: &'a Registered,
    /// The recovery codes that come with a first factor.
    pub codes: Option<&'a [TokenHash]>,
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    /// Tells the address about it.
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for Add<'_> {
    type Output = Added;

    async fn run(&self, connection: &mut PgConnection) -> Result<Added, DatabaseError> {
        let Registered { credential, transports, key, state } = self.registered;
        // The account's row is locked, so that two at once are both counted.
        let held = sqlx::query_scalar!(
            r#"WITH account AS (SELECT id FROM accounts WHERE id = $1 FOR UPDATE)
            SELECT count(passkeys.id) AS "held!" FROM account
            LEFT JOIN passkeys ON passkeys.account = account.id"#,
            self.actor.account.as_str()
        )
        .fetch_one(&mut *connection)
        .await?;
        if usize::try_from(held).unwrap_or(usize::MAX) >= MOST {
            return Ok(Added::No);
        }
        let added = sqlx::query!(
            "INSERT INTO passkeys (id, account, credential, name, transports, key, state, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (credential) DO NOTHING",
            self.id.as_str(),
            self.actor.account.as_str(),
            credential,
            self.name,
            i16::from(*transports),
            key,
            state.as_slice(),
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        if added.rows_affected() == 0 {
            return Ok(Added::No);
        }
        if let Some(codes) = self.codes {
            factors::replace_codes(connection, &self.actor.account, codes).await?;
        }
        let after = Some(json!({ "name": self.name }));
        write(connection, self.actor, Action::PasskeyAdd, self.id, (None, after), self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(Added::Yes)
    }
}

/// Renames a passkey.
#[derive(Debug)]
pub struct Rename<'a> {
    pub id: &'a Id,
    pub name: &'a str,
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for Rename<'_> {
    /// Whether there is such a passkey.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        let before = sqlx::query_scalar!(
            "SELECT name FROM passkeys WHERE id = $1 AND account = $2 FOR UPDATE",
            self.id.as_str(),
            self.actor.account.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(before) = before else { return Ok(false) };
        if before == self.name {
            return Ok(true);
        }
        sqlx::query!("UPDATE passkeys SET name = $2 WHERE id = $1", self.id.as_str(), self.name)
            .execute(&mut *connection)
            .await?;
        let (before, after) = (json!({ "name": before }), json!({ "name": self.name }));
        let change = (Some(before), Some(after));
        write(connection, self.actor, Action::PasskeyRename, self.id, change, self.now).await?;
        Ok(true)
    }
}

/// Removes a passkey; the recovery codes go with the last factor.
#[derive(Debug)]
pub struct Remove<'a> {
    pub id: &'a Id,
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    /// Tells the address about it.
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for Remove<'_> {
    /// Whether there was such a passkey.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        let account = &self.actor.account;
        let name = sqlx::query_scalar!(
            "DELETE FROM passkeys WHERE id = $1 AND account = $2 RETURNING name",
            self.id.as_str(),
            account.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(name) = name else { return Ok(false) };
        factors::drop_codes_without_factor(connection, account).await?;
        let change = (Some(json!({ "name": name })), None);
        write(connection, self.actor, Action::PasskeyRemove, self.id, change, self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(true)
    }
}

/// Marks a passkey whose counter went backwards: it grants no access any more.
#[derive(Debug)]
pub struct MarkCopied<'a> {
    pub claimed: &'a Claimed,
    /// The owner, and where the passkey was used from.
    pub actor: &'a Actor,
    /// Tells the address about it.
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for MarkCopied<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let marked = sqlx::query!(
            "UPDATE passkeys SET copied_at = $2 WHERE id = $1 AND copied_at IS NULL",
            self.claimed.id.as_str(),
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        if marked.rows_affected() == 0 {
            return Ok(());
        }
        let after = Some(json!({ "name": self.claimed.name }));
        let (id, now) = (&self.claimed.id, self.now);
        write(connection, self.actor, Action::PasskeyCopied, id, (None, after), now).await?;
        mails::queue(connection, self.message, now).await?;
        Ok(())
    }
}

async fn write(
    connection: &mut PgConnection,
    actor: &Actor,
    action: Action,
    id: &Id,
    (before, after): (Option<serde_json::Value>, Option<serde_json::Value>),
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let entry = Entry {
        by: Author::Account(actor),
        organisation: None,
        action,
        subject: id.as_str(),
        before,
        after,
    };
    audit::write(connection, &entry, now).await
}
