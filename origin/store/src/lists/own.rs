//! An organisation's own lists, read.

use munjigi_captcha::ListId;
use munjigi_domain::accounts::Id;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::DatabaseError;

/// A list as its organisation sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRecord {
    pub id: ListId,
    pub name: String,
    /// As they were typed.
    pub entries: Vec<String>,
    /// Increases with every change.
    pub version: u64,
    pub changed_at: OffsetDateTime,
    /// Whether the edge is known to have this version.
    pub is_delivered: bool,
    /// Names of the sites whose rules name it.
    pub sites: Vec<String>,
}

struct Row {
    id: String,
    name: String,
    entries: Vec<String>,
    version: i64,
    changed_at: OffsetDateTime,
    is_delivered: bool,
    sites: Vec<String>,
}

impl Row {
    fn record(self) -> Option<ListRecord> {
        Some(ListRecord {
            id: ListId::of_own(&self.id).ok()?,
            name: self.name,
            entries: self.entries,
            version: self.version.unsigned_abs(),
            changed_at: self.changed_at,
            is_delivered: self.is_delivered,
            sites: self.sites,
        })
    }
}

/// An organisation's lists by name.
pub async fn of_organisation(
    pool: &PgPool,
    organisation: &Id,
) -> Result<Vec<ListRecord>, DatabaseError> {
    read(pool, organisation, None).await
}

/// What an organisation calls its lists, by name.
pub async fn names(
    pool: &PgPool,
    organisation: &Id,
) -> Result<Vec<(ListId, String)>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT id, name FROM lists WHERE organisation = $1 ORDER BY name",
        organisation.as_str()
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((ListId::of_own(&row.id).ok()?, row.name))).collect())
}

/// One list of an organisation.
pub async fn find(
    pool: &PgPool,
    organisation: &Id,
    list: &ListId,
) -> Result<Option<ListRecord>, DatabaseError> {
    let Some(digits) = list.own() else { return Ok(None) };
    Ok(read(pool, organisation, Some(digits)).await?.pop())
}

async fn read(
    pool: &PgPool,
    organisation: &Id,
    list: Option<&str>,
) -> Result<Vec<ListRecord>, DatabaseError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT lists.id, lists.name, entries, lists.version, lists.changed_at,
            coalesce(deliveries.version = lists.version AND next_try_at IS NULL, false)
                AS "is_delivered!",
            ARRAY(
                SELECT sites.name FROM sites WHERE sites.organisation = lists.organisation
                    AND rules @> jsonb_build_array(
                        jsonb_build_object('match', jsonb_build_object('list', 'list_' || lists.id))
                    )
                ORDER BY sites.name
            ) AS "sites!"
        FROM lists LEFT JOIN deliveries ON topic = 'lists' AND key = 'list_' || lists.id
        WHERE organisation = $1 AND ($2::text IS NULL OR id = $2) ORDER BY lists.name"#,
        organisation.as_str(),
        list
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().filter_map(Row::record).collect())
}
