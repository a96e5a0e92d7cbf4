//! Sessions, which every page reads.

use std::time::Duration;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use munjigi_domain::accounts::TokenHash;
use munjigi_domain::accounts::session::{self, Stage};
use munjigi_domain::timestamp::from_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_store::DatabaseError;
use munjigi_store::sessions::{self, Session};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;

use super::recent::{Lingering, Recent};
use super::{from_micros, to_micros};

/// How long a copy of a session can be used.
pub const LIFETIME: Duration = Duration::from_secs(30);

#[async_trait]
pub trait Sessions: std::fmt::Debug + Send + Sync {
    /// The session of a cookie, while it is active.
    async fn find(
        &self,
        cookie: TokenHash,
        now: UnixMillis,
    ) -> Result<Option<Session>, DatabaseError>;

    /// Call it after the commit with the cookies of sessions that ended or
    /// changed. Once it returns `Ok`, no one finds them as they were.
    async fn changed(&self, cookies: &[TokenHash]) -> Result<(), Lingering>;

    /// Call it when a session's last use was recorded, which changes no one's
    /// access.
    async fn noted(&self, cookie: TokenHash);
}

/// Asks Postgres each time.
#[derive(Debug, Clone)]
pub struct Stored(pub PgPool);

#[async_trait]
impl Sessions for Stored {
    async fn find(
        &self,
        cookie: TokenHash,
        now: UnixMillis,
    ) -> Result<Option<Session>, DatabaseError> {
        sessions::find(&self.0, cookie, now).await
    }

    async fn changed(&self, _: &[TokenHash]) -> Result<(), Lingering> {
        Ok(())
    }

    async fn noted(&self, _: TokenHash) {}
}

/// Asks Redis first.
#[derive(Debug)]
pub struct Copied {
    pub recent: Recent,
    pub stored: Stored,
}

#[async_trait]
impl Sessions for Copied {
    async fn find(
        &self,
        cookie: TokenHash,
        now: UnixMillis,
    ) -> Result<Option<Session>, DatabaseError> {
        let key = key(cookie);
        let copied = self.recent.get::<Row>(&key, now).await.and_then(Row::session);
        if let Some(session) = copied.filter(|session| stands(session, now)) {
            return Ok(Some(session));
        }
        let found = self.stored.find(cookie, now).await?;
        // An incomplete session is read only once or twice.
        if let Some(session) = found.as_ref().filter(|it| it.stage == Stage::Complete) {
            self.recent.put(&key, &Row::of(session), now).await;
        }
        Ok(found)
    }

    async fn changed(&self, cookies: &[TokenHash]) -> Result<(), Lingering> {
        self.recent.mark(cookies.iter().copied().map(key)).await
    }

    async fn noted(&self, cookie: TokenHash) {
        self.recent.drop_copy(&key(cookie)).await;
    }
}

fn key(cookie: TokenHash) -> String {
    BASE64URL_NOPAD.encode(cookie.as_bytes())
}

fn stands(session: &Session, now: UnixMillis) -> bool {
    let (created, seen) = (from_timestamp(session.created_at), from_timestamp(session.seen_at));
    session::stands(session.stage, created, seen, now)
}

#[derive(Serialize, Deserialize)]
struct Row {
    id: String,
    account: String,
    created_at: i64,
    seen_at: i64,
    proved_at: i64,
    agent: String,
    prefix: String,
}

impl Row {
    fn of(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            account: session.account.to_string(),
            created_at: to_micros(session.created_at),
            seen_at: to_micros(session.seen_at),
            proved_at: to_micros(session.proved_at),
            agent: session.agent.clone(),
            prefix: session.prefix.clone(),
        }
    }

    fn session(self) -> Option<Session> {
        let at: fn(i64) -> Option<OffsetDateTime> = from_micros;
        Some(Session {
            id: self.id.into(),
            account: self.account.into(),
            stage: Stage::Complete,
            created_at: at(self.created_at)?,
            seen_at: at(self.seen_at)?,
            proved_at: at(self.proved_at)?,
            agent: self.agent,
            prefix: self.prefix,
        })
    }
}
