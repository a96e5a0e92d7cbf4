//! Lists that rules name: those of organisations, and the published ones. What
//! the edge should have of them is queued in `deliveries`; fetching and calling
//! the edge are elsewhere.

mod own;
mod published;
mod save;

use std::collections::{BTreeMap, BTreeSet};

use munjigi_captcha::{Entry, List, ListId};
use munjigi_domain::accounts::Id;
use munjigi_keys::UnixMillis;
use munjigi_protocol::Rule;
use sqlx::{PgConnection, PgPool};

use super::DatabaseError;
use super::deliveries::{self, Topic, Wanted};

pub use own::{ListRecord, find, names, of_organisation};
pub use published::{
    Fetch, FetchOutcome, ForgetSources, PublishedRecord, SourceRecord, published, sources,
};
pub use save::{CreateList, DeleteList, ListRefused, ReplaceList};

/// Queues a version for the edge, which gets what the list contains by then.
async fn queue(
    connection: &mut PgConnection,
    id: &str,
    version: u64,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let wanted = Wanted { topic: Topic::Lists, key: id, version, payload: None };
    deliveries::queue(connection, wanted, now).await
}

/// What the edge should have of a list now; `None` if the list is gone.
pub async fn wanted(pool: &PgPool, id: &str) -> Result<Option<List>, DatabaseError> {
    let Ok(id) = id.parse::<ListId>() else { return Ok(None) };
    set(pool, &id, None).await
}

/// The set of a list; of an own one, only if it is this organisation's, where
/// one is given.
async fn set(
    pool: &PgPool,
    id: &ListId,
    organisation: Option<&str>,
) -> Result<Option<List>, DatabaseError> {
    match id.own() {
        Some(digits) => own_set(pool, digits, organisation).await,
        None => published_set(pool, id.as_str()).await,
    }
}

async fn own_set(
    pool: &PgPool,
    digits: &str,
    organisation: Option<&str>,
) -> Result<Option<List>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT entries, version FROM lists
        WHERE id = $1 AND ($2::text IS NULL OR organisation = $2)",
        digits,
        organisation
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| List::of(row.version.unsigned_abs(), parsed(&row.entries))))
}

async fn published_set(pool: &PgPool, name: &str) -> Result<Option<List>, DatabaseError> {
    let row = sqlx::query!("SELECT bytes, version FROM published_lists WHERE name = $1", name)
        .fetch_optional(pool)
        .await?;
    let set =
        row.and_then(|row| Some(List::read(&row.bytes)?.with_version(row.version.unsigned_abs())));
    Ok(set)
}

/// The ids of the lists that rules name, each once.
pub fn ids<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> BTreeSet<ListId> {
    rules.into_iter().filter_map(|rule| rule.when.list.as_deref()?.parse().ok()).collect()
}

/// These lists' sets, as far as they exist for sites of an organisation.
pub async fn named(
    pool: &PgPool,
    organisation: Option<&Id>,
    ids: BTreeSet<ListId>,
) -> Result<BTreeMap<ListId, List>, DatabaseError> {
    // A site without an organisation names published lists alone.
    let organisation = organisation.map_or("", Id::as_str);
    let mut named = BTreeMap::new();
    for id in ids {
        if let Some(list) = set(pool, &id, Some(organisation)).await? {
            named.insert(id, list);
        }
    }
    Ok(named)
}

/// The first rule that names an own list which is not this organisation's. The
/// others stay until the caller's transaction ends.
pub(crate) async fn foreign(
    connection: &mut PgConnection,
    organisation: Option<&str>,
    rules: &[Rule],
) -> Result<Option<(usize, String)>, DatabaseError> {
    let names = rules.iter().enumerate().filter_map(|(rule, given)| {
        let id: ListId = given.when.list.as_deref()?.parse().ok()?;
        let digits = id.own()?.to_owned();
        Some((rule, id, digits))
    });
    let names: Vec<(usize, ListId, String)> = names.collect();
    if names.is_empty() {
        return Ok(None);
    }
    let digits: Vec<String> = names.iter().map(|(_, _, digits)| digits.clone()).collect();
    let known = sqlx::query_scalar!(
        "SELECT id FROM lists WHERE organisation = $1 AND id = ANY ($2) ORDER BY id FOR KEY SHARE",
        organisation,
        &digits
    )
    .fetch_all(connection)
    .await?;
    let foreign = names.into_iter().find(|(_, _, digits)| !known.contains(digits));
    Ok(foreign.map(|(rule, id, _)| (rule, id.to_string())))
}

/// Records that the edge has what was wanted. Of a list that is gone, nothing
/// stays.
pub async fn delivered(
    connection: &mut PgConnection,
    id: &str,
    version: u64,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "DELETE FROM deliveries WHERE topic = 'lists' AND key = $1 AND version = $2
            AND NOT EXISTS (SELECT FROM lists WHERE 'list_' || id = $1)
            AND NOT EXISTS (SELECT FROM published_lists WHERE name = $1)",
        id,
        bigint(version)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Raises a list's version, unless it has changed in the meantime.
pub async fn raised(
    connection: &mut PgConnection,
    id: &str,
    from: u64,
    to: u64,
) -> Result<(), DatabaseError> {
    let (from, to) = (bigint(from), bigint(to));
    sqlx::query!(
        "UPDATE lists SET version = $3 WHERE 'list_' || id = $1 AND version = $2",
        id,
        from,
        to
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE published_lists SET version = $3 WHERE name = $1 AND version = $2",
        id,
        from,
        to
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Entries of rows, which were entries when they were written.
fn parsed(entries: &[String]) -> Vec<Entry> {
    entries.iter().filter_map(|entry| entry.parse().ok()).collect()
}

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
