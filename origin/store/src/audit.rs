//! The audit log: each entry is written in the transaction that makes the
//! change, and read by the organisation that it concerns.
//!
//! **audit log**: who changed what, append-only.

use munjigi_domain::accounts::Id;
use munjigi_domain::audit::Action;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::DatabaseError;

/// Who makes a change, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    pub account: Id,
    /// Their address at the time.
    pub email: String,
    /// Network prefix.
    pub prefix: String,
    pub request_id: String,
}

/// The author of a change.
#[derive(Debug, Clone, Copy)]
pub enum Author<'a> {
    /// A person with an account, in the console or by the API.
    Account(&'a Actor),
    /// A user of the `munjigi` command. Which operator that is, the machine
    /// knows and this program does not.
    Command,
    Housekeeping,
}

impl<'a> Author<'a> {
    const fn actor(self) -> Option<&'a Actor> {
        match self {
            Self::Account(actor) => Some(actor),
            Self::Command | Self::Housekeeping => None,
        }
    }

    /// As the audit log names the author.
    fn name(self) -> &'a str {
        match self {
            Self::Account(actor) => &actor.email,
            Self::Command => "command",
            Self::Housekeeping => "housekeeping",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub by: Author<'a>,
    /// The organisation it concerns, if any.
    pub organisation: Option<&'a str>,
    pub action: Action,
    /// The thing that was changed.
    pub subject: &'a str,
    /// The earlier state, where that is informative. Never a secret.
    pub before: Option<Value>,
    /// The new state. Never a secret.
    pub after: Option<Value>,
}

/// Appends an entry.
pub async fn write(
    connection: &mut PgConnection,
    entry: &Entry<'_>,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let actor = entry.by.actor();
    sqlx::query!(
        "INSERT INTO audit (at, organisation, account, actor, prefix, action, subject, before,
            after, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        to_timestamp(now),
        entry.organisation,
        actor.map(|actor| actor.account.as_str()),
        entry.by.name(),
        actor.map_or("", |actor| actor.prefix.as_str()),
        entry.action.as_str(),
        entry.subject,
        entry.before.as_ref(),
        entry.after.as_ref(),
        actor.map_or("", |actor| actor.request_id.as_str())
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Increases with every entry.
    pub id: i64,
    pub at: OffsetDateTime,
    /// The actor's address at the time.
    pub actor: String,
    /// Network prefix of the actor.
    pub prefix: String,
    pub action: String,
    pub subject: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// The id of the request that made the change.
    pub request_id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only entries older than this one.
    pub before: Option<i64>,
    /// Only this action.
    pub action: Option<String>,
    /// Only entries that match.
    pub search: Option<Search>,
}

/// Search words in Postgres' syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(String);

impl Search {
    /// Matches entries that contain every blank-separated piece of a text. The
    /// last word of a piece matches as a prefix, so that `kim@sh` finds
    /// `kim@shop.example` and `203.0.113` a network. A piece without letters
    /// and digits matches nothing.
    pub fn new(text: &str) -> Self {
        let pieces = text.split_whitespace().filter_map(|piece| {
            // `audit_words` splits words at the same characters; others are
            // split by the parser, after the x.
            let marked = piece.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric());
            let marked = marked.filter(|word| !word.is_empty()).map(|word| format!("x{word}"));
            let marked: Vec<String> = marked.collect();
            let words = marked.iter().flat_map(|it| it.split(|c: char| !c.is_alphanumeric()));
            let words = words.filter(|word| !word.is_empty()).map(|word| format!("'{word}'"));
            let words: Vec<String> = words.collect();
            (!words.is_empty()).then(|| format!("{}:*", words.join(" <-> ")))
        });
        let pieces: Vec<String> = pieces.map(|piece| format!("({piece})")).collect();
        Self(pieces.join(" & "))
    }
}

/// An organisation's audit log, newest first.
pub async fn of_organisation(
    pool: &PgPool,
    organisation: &Id,
    part: &AuditFilter,
    limit: i64,
) -> Result<Vec<Recorded>, DatabaseError> {
    if let Some(search) = &part.search {
        return found(pool, organisation, part, search, limit).await;
    }
    let recorded = sqlx::query_as!(
        Recorded,
        "SELECT id, at, actor, prefix, action, subject, before, after, request_id
        FROM audit
        WHERE organisation = $1
            AND ($2::bigint IS NULL OR id < $2)
            AND ($3::text IS NULL OR action = $3)
        ORDER BY id DESC LIMIT $4",
        organisation.as_str(),
        part.before,
        part.action,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(recorded)
}

/// A separate query, so that the index of words is used wherever it helps.
async fn found(
    pool: &PgPool,
    organisation: &Id,
    part: &AuditFilter,
    search: &Search,
    limit: i64,
) -> Result<Vec<Recorded>, DatabaseError> {
    let recorded = sqlx::query_as!(
        Recorded,
        "SELECT id, at, actor, prefix, action, subject, before, after, request_id
        FROM audit
        WHERE organisation = $1
            AND ($2::bigint IS NULL OR id < $2)
            AND ($3::text IS NULL OR action = $3)
            AND search @@ lower($4::text)::tsquery
        ORDER BY id DESC LIMIT $5",
        organisation.as_str(),
        part.before,
        part.action,
        search.0,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(recorded)
}

/// The distinct actions in an organisation's audit log: one index step for
/// each, however long the log is.
pub async fn actions(pool: &PgPool, organisation: &Id) -> Result<Vec<String>, DatabaseError> {
    let actions = sqlx::query_scalar!(
        r#"WITH RECURSIVE steps AS (
            SELECT min(action) AS action FROM audit WHERE organisation = $1
            UNION ALL
            SELECT (SELECT min(action) FROM audit
                WHERE organisation = $1 AND audit.action > steps.action)
            FROM steps WHERE steps.action IS NOT NULL
        )
        SELECT action AS "action!" FROM steps WHERE action IS NOT NULL"#,
        organisation.as_str()
    )
    .fetch_all(pool)
    .await?;
    Ok(actions)
}

/// The newest entry of an action on a subject.
pub async fn newest(
    pool: &PgPool,
    organisation: &Id,
    action: Action,
    subject: &str,
) -> Result<Option<Recorded>, DatabaseError> {
    let recorded = sqlx::query_as!(
        Recorded,
        "SELECT id, at, actor, prefix, action, subject, before, after, request_id
        FROM audit WHERE organisation = $1 AND action = $2 AND subject = $3
        ORDER BY id DESC LIMIT 1",
        organisation.as_str(),
        action.as_str(),
        subject
    )
    .fetch_optional(pool)
    .await?;
    Ok(recorded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_text_is_never_read_as_a_query() {
        for (typed, query) in [
            ("kim", "('xkim':*)"),
            ("kim@shop.ex pause", "('xkim' <-> 'xshop' <-> 'xex':*) & ('xpause':*)"),
            ("203.0.113.0/24", "('x203' <-> 'x0' <-> 'x113' <-> 'x0' <-> 'x24':*)"),
            ("mj_7e3n", "('xmj' <-> 'x7e3n':*)"),
            ("김민서", "('x김민서':*)"),
            ("가게·본점", "('x가게' <-> '본점':*)"),
            ("' | !a:* \\", "('xa':*)"),
            ("%", ""),
        ] {
            assert_eq!(Search::new(typed).0, query, "{typed}");
        }
    }
}
