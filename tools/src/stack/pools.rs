//! The factory's progress, from the origin's records.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use sqlx::{Connection, PgConnection};

use crate::wait;

/// Every kind of picture.
pub const KINDS: [&str; 3] = ["area", "grid", "turn"];

/// Kinds for which the edge has pictures to deal.
pub async fn ready_kinds(database_url: &str) -> Result<BTreeSet<String>> {
    let mut connection = PgConnection::connect(database_url).await?;
    let kinds = "SELECT DISTINCT entry->>'kind' FROM pool_publication, deliveries, \
                 jsonb_array_elements(payload) AS entry \
                 WHERE topic = 'pools' AND published_version = version";
    let found: Vec<String> = sqlx::query_scalar(kinds).fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(found.into_iter().collect())
}

/// Waits until the edge has pictures of all these kinds.
pub async fn wait_for_kinds(database_url: &str, wanted: &[&str], within: Duration) -> Result<()> {
    let what = format!("pictures of the kinds {}", wanted.join(", "));
    let looked = wait::until(&what, within, async || {
        let ready = ready_kinds(database_url).await.unwrap_or_default();
        Ok(wanted.iter().all(|kind| ready.contains(*kind)).then_some(()))
    });
    looked
        .await
        .context("check that the factory works; see the logs of the origin and the gpu-backend")
}
