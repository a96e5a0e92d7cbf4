//! Published lists: the last valid copy of their sources, and what of them the
//! edge gets.

use munjigi_captcha::{Entry, List};
use munjigi_domain::lists::{Published, STALE_AFTER, Source};
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::{bigint, queue};
use crate::{DatabaseError, Unit};

/// What is known about a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRecord {
    pub list: String,
    pub url: String,
    /// What its server called the last good file.
    pub etag: Option<String>,
    /// Entries of the last good file.
    pub entries: Option<i32>,
    pub next_try_at: OffsetDateTime,
}

/// Every source that was ever tried.
pub async fn sources(pool: &PgPool) -> Result<Vec<SourceRecord>, DatabaseError> {
    let sources = sqlx::query_as!(
        SourceRecord,
        "SELECT list, url, etag, entries, next_try_at FROM list_sources ORDER BY list, url"
    )
    .fetch_all(pool)
    .await?;
    Ok(sources)
}

/// A published list as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRecord {
    pub name: String,
    /// When the source fetched longest ago was fetched; `None` if one never was.
    pub fetched_at: Option<OffsetDateTime>,
    /// When the list last became another one; `None` before the first fetch.
    pub changed_at: Option<OffsetDateTime>,
    /// Entries of all its sources.
    pub entries: i64,
    /// Why the last fetch of a source failed, if one did.
    pub error: Option<String>,
}

impl PublishedRecord {
    /// Whether it could not be fetched for too long.
    pub fn is_stale(&self, now: UnixMillis) -> bool {
        let is_old = |at: OffsetDateTime| {
            u128::from(now.0.saturating_sub(from_timestamp(at).0)) > STALE_AFTER.as_millis()
        };
        self.fetched_at.is_none_or(is_old)
    }
}

/// The published lists that are fetched, by name.
pub async fn published(pool: &PgPool) -> Result<Vec<PublishedRecord>, DatabaseError> {
    let lists = sqlx::query_as!(
        PublishedRecord,
        r#"SELECT list AS name,
            CASE WHEN count(fetched_at) = count(*) THEN min(fetched_at) END AS fetched_at,
            max(published_lists.changed_at) AS changed_at,
            coalesce(sum(entries), 0) AS "entries!",
            min(error) AS error
        FROM list_sources LEFT JOIN published_lists ON published_lists.name = list
        GROUP BY list ORDER BY list"#
    )
    .fetch_all(pool)
    .await?;
    Ok(lists)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchOutcome {
    /// With a file that may replace the last one.
    New { entries: Vec<Entry>, etag: Option<String> },
    /// The last file is current.
    Unchanged,
    /// The last file stays.
    Failed { error: String },
}

/// Records a fetch, and publishes what follows.
#[derive(Debug)]
pub struct Fetch<'a> {
    pub source: &'a Source,
    pub outcome: &'a FetchOutcome,
    /// When to fetch it again.
    pub next_try_at: UnixMillis,
    pub now: UnixMillis,
}

impl Unit for Fetch<'_> {
    /// Whether the list has changed.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        let (list, url) = (self.source.list, self.source.url.as_str());
        let (now, next) = (to_timestamp(self.now), to_timestamp(self.next_try_at));
        match self.outcome {
            FetchOutcome::New { entries, etag } => {
                let bytes = List::of(0, entries.iter().copied()).write();
                sqlx::query!(
                    "INSERT INTO list_sources (list, url, bytes, entries, etag, fetched_at,
                        changed_at, checked_at, next_try_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7)
                    ON CONFLICT (list, url) DO UPDATE SET
                        changed_at = CASE WHEN list_sources.bytes = EXCLUDED.bytes
                            THEN list_sources.changed_at ELSE EXCLUDED.changed_at END,
                        bytes = EXCLUDED.bytes, entries = EXCLUDED.entries, etag = EXCLUDED.etag,
                        fetched_at = EXCLUDED.fetched_at, checked_at = EXCLUDED.checked_at,
                        next_try_at = EXCLUDED.next_try_at, error = NULL",
                    list.as_str(),
                    url,
                    bytes,
                    i32::try_from(entries.len()).unwrap_or(i32::MAX),
                    etag.as_deref(),
                    now,
                    next
                )
                .execute(&mut *connection)
                .await?;
                publish(connection, list, self.now).await
            }
            FetchOutcome::Unchanged => {
                sqlx::query!(
                    "UPDATE list_sources SET fetched_at = $3, checked_at = $3, next_try_at = $4,
                        error = NULL
                    WHERE list = $1 AND url = $2 AND bytes IS NOT NULL",
                    list.as_str(),
                    url,
                    now,
                    next
                )
                .execute(&mut *connection)
                .await?;
                Ok(false)
            }
            FetchOutcome::Failed { error } => {
                sqlx::query!(
                    "INSERT INTO list_sources (list, url, checked_at, next_try_at, error)
                    VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (list, url) DO UPDATE SET
                        checked_at = EXCLUDED.checked_at, next_try_at = EXCLUDED.next_try_at,
                        error = EXCLUDED.error",
                    list.as_str(),
                    url,
                    now,
                    next,
                    error
                )
                .execute(&mut *connection)
                .await?;
                Ok(false)
            }
        }
    }
}

/// Makes a list of all its sources, and queues it if it is another one.
async fn publish(
    connection: &mut PgConnection,
    list: Published,
    now: UnixMillis,
) -> Result<bool, DatabaseError> {
    let parts = sqlx::query_scalar!(
        r#"SELECT bytes AS "bytes!" FROM list_sources WHERE list = $1 AND bytes IS NOT NULL
        ORDER BY url FOR UPDATE"#,
        list.as_str()
    )
    .fetch_all(&mut *connection)
    .await?;
    let parts = parts.iter().filter_map(|bytes| List::read(bytes));
    let bytes = parts.fold(List::default(), List::joined).with_version(0).write();
    let version = sqlx::query_scalar!(
        "INSERT INTO published_lists AS old (name, bytes, version, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (name) DO UPDATE SET
            bytes = EXCLUDED.bytes, changed_at = EXCLUDED.changed_at,
            version = GREATEST(old.version + 1, EXCLUDED.version)
            WHERE old.bytes <> EXCLUDED.bytes
        RETURNING version",
        list.as_str(),
        bytes,
        bigint(now.0),
        to_timestamp(now)
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(version) = version else { return Ok(false) };
    queue(connection, list.as_str(), version.unsigned_abs(), now).await?;
    Ok(true)
}

/// Forgets sources that are no longer configured, and takes lists without any
/// off the edge.
#[derive(Debug)]
pub struct ForgetSources<'a> {
    pub kept: &'a [Source],
    pub now: UnixMillis,
}

impl Unit for ForgetSources<'_> {
    type Output = u64;

    async fn run(&self, connection: &mut PgConnection) -> Result<u64, DatabaseError> {
        let lists: Vec<String> =
            self.kept.iter().map(|source| source.list.as_str().to_owned()).collect();
        let urls: Vec<String> = self.kept.iter().map(|source| source.url.clone()).collect();
        let forgotten = sqlx::query_scalar!(
            "DELETE FROM list_sources WHERE (list, url) NOT IN (
                SELECT * FROM unnest($1::text[], $2::text[])
            ) RETURNING list",
            &lists,
            &urls
        )
        .fetch_all(&mut *connection)
        .await?;
        let gone = sqlx::query!(
            "DELETE FROM published_lists WHERE name <> ALL ($1) RETURNING name, version",
            &lists
        )
        .fetch_all(&mut *connection)
        .await?;
        for list in gone {
            let version = self.now.0.max(list.version.unsigned_abs() + 1);
            queue(&mut *connection, &list.name, version, self.now).await?;
        }
        for list in Published::ALL {
            let has_changed = forgotten.iter().any(|name| name == list.as_str());
            if has_changed && lists.iter().any(|name| name == list.as_str()) {
                publish(&mut *connection, list, self.now).await?;
            }
        }
        Ok(forgotten.len() as u64)
    }
}
