//! Console sessions.

use munjigi_domain::accounts::session::{self, Stage};
use munjigi_domain::accounts::{Id, TokenHash};
use munjigi_domain::audit::Action;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::audit::{self, Actor, Author, Entry};
use super::{DatabaseError, Unit};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id used in lists and forms.
    pub id: Id,
    pub account: Id,
    /// How far the log-in has got.
    pub stage: Stage,
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    pub seen_at: OffsetDateTime,
    /// When a password or second factor was last entered.
    pub proved_at: OffsetDateTime,
    /// Browser and system in words.
    pub agent: String,
    /// Network prefix of the last request.
    pub prefix: String,
}

struct Row {
    id: String,
    account: String,
    stage: String,
    created_at: OffsetDateTime,
    seen_at: OffsetDateTime,
    proved_at: OffsetDateTime,
    agent: String,
    prefix: String,
}

impl Row {
    /// `None` if the session has expired.
    fn session(self, now: UnixMillis) -> Result<Option<Session>, DatabaseError> {
        let Row { id, account, stage, created_at, seen_at, proved_at, agent, prefix } = self;
        let inconsistent =
            || DatabaseError::Inconsistent { table: "sessions", column: "stage", row: id.clone() };
        let stage = Stage::parse(&stage).ok_or_else(inconsistent)?;
        let (created, seen) = (from_timestamp(created_at), from_timestamp(seen_at));
        let (id, account) = (id.into(), account.into());
        let session = Session { id, account, stage, created_at, seen_at, proved_at, agent, prefix };
        Ok(session::stands(stage, created, seen, now).then_some(session))
    }
}

#[derive(Debug)]
pub struct NewSession<'a> {
    /// The hash of its cookie.
    pub cookie: TokenHash,
    pub id: &'a Id,
    pub account: &'a Id,
    pub stage: Stage,
    /// Browser and system in words.
    pub agent: &'a str,
    /// Network prefix of the request.
    pub prefix: &'a str,
    pub now: UnixMillis,
}

/// Starts a session.
pub async fn begin(
    executor: impl PgExecutor<'_>,
    session: &NewSession<'_>,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "INSERT INTO sessions
            (hash, id, account, stage, created_at, seen_at, proved_at, agent, prefix)
        VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7)",
        session.cookie.as_bytes(),
        session.id.as_str(),
        session.account.as_str(),
        session.stage.as_str(),
        to_timestamp(session.now),
        session.agent,
        session.prefix
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// The session of a cookie, if it has not ended.
pub async fn find(
    pool: &PgPool,
    cookie: TokenHash,
    now: UnixMillis,
) -> Result<Option<Session>, DatabaseError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, account, stage, created_at, seen_at, proved_at, agent, prefix
        FROM sessions WHERE hash = $1 AND kind = 'browser'",
        cookie.as_bytes()
    )
    .fetch_optional(pool)
    .await?;
    row.map_or(Ok(None), |row| row.session(now))
}

/// Whether a use was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    Now,
    /// Another use was recorded within the last minute.
    Recently,
}

/// Records that a session is used, at most once a minute.
pub async fn note(
    pool: &PgPool,
    session: &Session,
    prefix: &str,
    now: UnixMillis,
) -> Result<Touched, DatabaseError> {
    let seen = from_timestamp(session.seen_at);
    if now.0.saturating_sub(seen.0) < session::NOTE_MILLIS && session.prefix == prefix {
        return Ok(Touched::Recently);
    }
    sqlx::query!(
        "UPDATE sessions SET seen_at = GREATEST(seen_at, $2), prefix = $3 WHERE id = $1",
        session.id.as_str(),
        to_timestamp(now),
        prefix
    )
    .execute(pool)
    .await?;
    Ok(Touched::Now)
}

/// Completes a session after the second factor; it continues under a new
/// cookie.
pub async fn complete(
    executor: impl PgExecutor<'_>,
    id: &Id,
    cookie: TokenHash,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE sessions SET hash = $2, stage = 'complete', created_at = $3, seen_at = $3,
            proved_at = $3
        WHERE id = $1",
        id.as_str(),
        cookie.as_bytes(),
        to_timestamp(now)
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Records that the password was entered again.
pub async fn prove(pool: &PgPool, id: &Id, now: UnixMillis) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE sessions SET proved_at = $2 WHERE id = $1",
        id.as_str(),
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The current sessions of an account, last used first.
pub async fn of_account(
    pool: &PgPool,
    account: &Id,
    now: UnixMillis,
) -> Result<Vec<Session>, DatabaseError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, account, stage, created_at, seen_at, proved_at, agent, prefix
        FROM sessions WHERE account = $1 AND stage = 'complete' ORDER BY seen_at DESC, id",
        account.as_str()
    )
    .fetch_all(pool)
    .await?;
    let mut sessions = Vec::new();
    for row in rows {
        sessions.extend(row.session(now)?);
    }
    Ok(sessions)
}

/// Cookie hashes of sessions that have ended. Caches of sessions must be told
/// once this is committed: `Sessions::changed`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Ended(pub Vec<TokenHash>);

impl Ended {
    fn of(hashes: Vec<Vec<u8>>) -> Self {
        // The table checks their length.
        let hashes = hashes.into_iter().filter_map(|hash| hash.try_into().ok());
        Self(hashes.map(TokenHash::of_digest).collect())
    }
}

/// Which of their sessions a person ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    One(&'a Id),
    /// All except this one.
    AllBut(&'a Id),
}

/// Ends sessions that their owner chose from the list, and logs which.
#[derive(Debug)]
pub struct End<'a> {
    pub which: Which<'a>,
    /// The owner, who is also the actor.
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for End<'_> {
    /// The sessions that ended; those that no longer existed count as ended.
    type Output = Ended;

    async fn run(&self, connection: &mut PgConnection) -> Result<Ended, DatabaseError> {
        let (one, kept) = match self.which {
            Which::One(id) => (Some(id.as_str()), None),
            Which::AllBut(id) => (None, Some(id.as_str())),
        };
        let rows = sqlx::query!(
            "DELETE FROM sessions
            WHERE account = $1 AND ($2::text IS NULL OR id = $2) AND id IS DISTINCT FROM $3
            RETURNING hash, id, agent",
            self.actor.account.as_str(),
            one,
            kept
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut hashes = Vec::new();
        for row in rows {
            let entry = Entry {
                by: Author::Account(self.actor),
                organisation: None,
                action: Action::SessionEnd,
                subject: &row.id,
                before: Some(json!({ "browser": row.agent })),
                after: None,
            };
            audit::write(&mut *connection, &entry, self.now).await?;
            hashes.push(row.hash);
        }
        Ok(Ended::of(hashes))
    }
}

/// Ends one session of an account, if it exists: a log-out, which the audit log
/// does not record.
pub async fn end(
    executor: impl PgExecutor<'_>,
    account: &Id,
    id: &Id,
) -> Result<Ended, DatabaseError> {
    let hashes = sqlx::query_scalar!(
        "DELETE FROM sessions WHERE account = $1 AND id = $2 RETURNING hash",
        account.as_str(),
        id.as_str()
    )
    .fetch_all(executor)
    .await?;
    Ok(Ended::of(hashes))
}

/// Ends every session of an account except one.
pub async fn end_all(
    connection: &mut PgConnection,
    account: &Id,
    kept: Option<&Id>,
) -> Result<Ended, DatabaseError> {
    let hashes = sqlx::query_scalar!(
        "DELETE FROM sessions WHERE account = $1 AND id IS DISTINCT FROM $2 RETURNING hash",
        account.as_str(),
        kept.map(Id::as_str)
    )
    .fetch_all(connection)
    .await?;
    Ok(Ended::of(hashes))
}
