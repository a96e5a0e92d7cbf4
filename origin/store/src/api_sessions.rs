//! API sessions. A session's row has the hash of the current refresh token;
//! earlier ones are kept as spent, so that a reused token is recognised as a
//! copy.

use munjigi_domain::accounts::session::{self, Stage};
use munjigi_domain::accounts::{Id, TokenHash};
use munjigi_domain::audit::Action;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::audit::{self, Actor, Author, Entry};
use super::{DatabaseError, Unit};

#[derive(Debug)]
pub struct NewApiSession<'a> {
    /// The hash of its first refresh token.
    pub refresh: TokenHash,
    /// The id used in lists.
    pub id: &'a Id,
    pub account: &'a Id,
    pub agent: &'a str,
    /// Network prefix of the request.
    pub prefix: &'a str,
    pub now: UnixMillis,
}

/// Starts a session.
pub async fn begin(pool: &PgPool, new: &NewApiSession<'_>) -> Result<(), DatabaseError> {
    sqlx::query!(
        "INSERT INTO sessions
            (hash, id, account, stage, created_at, seen_at, proved_at, agent, prefix, kind)
        VALUES ($1, $2, $3, 'complete', $4, $4, $4, $5, $6, 'api')",
        new.refresh.as_bytes(),
        new.id.as_str(),
        new.account.as_str(),
        to_timestamp(new.now),
        new.agent,
        new.prefix
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// When the session's holder logged in; `None` if the session has ended.
pub async fn stands(
    pool: &PgPool,
    id: &Id,
    account: &Id,
    now: UnixMillis,
) -> Result<Option<UnixMillis>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT created_at, seen_at, proved_at FROM sessions
        WHERE id = $1 AND account = $2 AND kind = 'api'",
        id.as_str(),
        account.as_str()
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|row| {
        let (created, seen) = (from_timestamp(row.created_at), from_timestamp(row.seen_at));
        let stands = session::stands(Stage::Complete, created, seen, now);
        stands.then(|| from_timestamp(row.proved_at))
    }))
}

/// Exchanges a refresh token for a new one.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The token that was sent.
    pub sent: TokenHash,
    /// The token that is valid from now on.
    pub next: TokenHash,
    /// Network prefix of the request.
    pub prefix: &'a str,
    /// The request id, for the audit log.
    pub request_id: &'a str,
    pub now: UnixMillis,
}

/// The outcome of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchanged {
    /// The new token is valid.
    Next { account: Id, session: Id },
    /// It was exchanged before, so someone has a copy. The session ends, for
    /// its owner and for the holder of the copy.
    Reused { account: Id },
    /// There is no such session, or it has ended.
    Unknown,
}

impl Unit for Exchange<'_> {
    type Output = Exchanged;

    async fn run(&self, connection: &mut PgConnection) -> Result<Exchanged, DatabaseError> {
        let row = sqlx::query!(
            "SELECT id, account, created_at, seen_at FROM sessions
            WHERE hash = $1 AND kind = 'api' FOR UPDATE",
            self.sent.as_bytes()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return self.reused(connection).await };
        let (created, seen) = (from_timestamp(row.created_at), from_timestamp(row.seen_at));
        if !session::stands(Stage::Complete, created, seen, self.now) {
            return Ok(Exchanged::Unknown);
        }
        let now = to_timestamp(self.now);
        sqlx::query!(
            "UPDATE sessions SET hash = $2, seen_at = GREATEST(seen_at, $3), prefix = $4
            WHERE id = $1",
            row.id,
            self.next.as_bytes(),
            now,
            self.prefix
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "INSERT INTO spent_refresh_tokens (hash, session, spent_at) VALUES ($1, $2, $3)",
            self.sent.as_bytes(),
            row.id,
            now
        )
        .execute(connection)
        .await?;
        Ok(Exchanged::Next { account: row.account.into(), session: row.id.into() })
    }
}

impl Exchange<'_> {
    /// Ends the session that a spent token belonged to.
    async fn reused(&self, connection: &mut PgConnection) -> Result<Exchanged, DatabaseError> {
        let ended = sqlx::query!(
            "DELETE FROM sessions USING spent_refresh_tokens, accounts
            WHERE spent_refresh_tokens.hash = $1 AND sessions.id = spent_refresh_tokens.session
                AND accounts.id = sessions.account
            RETURNING sessions.id, sessions.account, email",
            self.sent.as_bytes()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(ended) = ended else { return Ok(Exchanged::Unknown) };
        let account = Id::from(ended.account);
        let actor = Actor {
            account: account.clone(),
            email: ended.email,
            prefix: self.prefix.to_owned(),
            request_id: self.request_id.to_owned(),
        };
        let entry = Entry {
            by: Author::Account(&actor),
            organisation: None,
            action: Action::SessionRefreshTokenReused,
            subject: &ended.id,
            before: None,
            after: Some(json!({ "session": "ended" })),
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(Exchanged::Reused { account })
    }
}
