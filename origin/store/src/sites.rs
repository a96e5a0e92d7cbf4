//! Sites: reads them, and writes them together with their publication.

/// Reads sites as `SiteRow`s: what follows `FROM`, and its arguments. The
/// secrets are those that the edge accepts, imported ones included.
macro_rules! sites_where {
    ($tail:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            SiteRow,
            r#"SELECT sites.sitekey, sites.organisation, sites.name, sites.version, sites.state,
                sites.hosts, sites.allow_loopback, sites.mode, sites.work_floor,
                sites.work_ceiling, sites.puzzle_count, sites.token_lifetime_seconds,
                sites.fallback_allowed, sites.pictures, sites.rules, sites.protect,
                sites.under_attack,
                sites.expected, sites.score_weights, sites.aliases, sites.exempt,
                sites.created_at, sites.changed_at, sites.deleted_at,
                published_version, last_error,
                ARRAY(
                    SELECT hash FROM secrets WHERE secrets.sitekey = sites.sitekey
                        AND revoked_at IS NULL ORDER BY created_at, slot
                ) || ARRAY(
                    SELECT DISTINCT secret_hash FROM site_imports
                    WHERE site_imports.sitekey = sites.sitekey AND live_at IS NOT NULL ORDER BY 1
                ) AS "secrets!"
            FROM sites LEFT JOIN site_publications USING (sitekey)
            LEFT JOIN deliveries ON topic = 'sites' AND key = sites.sitekey
            "# + $tail
            $(, $argument)*
        )
    };
}

mod change;
mod create;
mod edit;
mod expect;
mod give;
mod import;
mod learn;
mod owned;
mod room;
mod row;

use munjigi_domain::settings::Settings;
use munjigi_protocol::SiteConfig;
use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;

use super::DatabaseError;

pub use change::ChangeSite;
pub use create::{CreateSite, Created, Owner};
pub use edit::{EditRefused, EditSite, Edited, Intent};
pub use expect::{ExpectNext, Expected};
pub use give::{GiveRefused, GiveSite, Given};
pub use import::{AskImport, ImportRefused, MakeLive, RemoveImport};
pub use learn::{LearnNext, Learned, ReadCourse, UndoLearning, Undone};
pub use owned::{Seen, of_organisation, part_of, seen};

use row::SiteRow;

/// A site with what only the origin knows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteRecord {
    pub name: String,
    /// The owner; `None` for sites that operators created with the command.
    pub organisation: Option<String>,
    pub config: SiteConfig,
    pub created_at: OffsetDateTime,
    pub changed_at: OffsetDateTime,
    /// When it was deleted; `None` if it is not.
    pub deleted_at: Option<OffsetDateTime>,
    /// The version that the edge is known to have.
    pub published_version: Option<u64>,
    /// Why the last attempt to publish failed, if it did.
    pub publish_error: Option<String>,
}

impl SiteRecord {
    /// The settings that its owner chose.
    pub fn settings(&self) -> Settings {
        Settings::of(&self.name, &self.config)
    }

    /// The hosts that may embed its widget, including `localhost`, without
    /// duplicates.
    pub fn hosts(&self) -> Vec<&str> {
        let mut hosts: Vec<&str> = self.config.hosts.iter().map(String::as_str).collect();
        if self.config.allow_loopback && !hosts.contains(&"localhost") {
            hosts.push("localhost");
        }
        hosts
    }
}

/// One site, deleted or not.
pub async fn find(pool: &PgPool, sitekey: &str) -> Result<Option<SiteRecord>, DatabaseError> {
    fetch(pool, sitekey).await
}

async fn fetch(
    executor: impl PgExecutor<'_>,
    sitekey: &str,
) -> Result<Option<SiteRecord>, DatabaseError> {
    let row = sites_where!("WHERE sites.sitekey = $1", sitekey).fetch_optional(executor).await?;
    row.map(SiteRow::record).transpose()
}

/// The sites with this alias, deleted or not. An imported alias ends in `@` and
/// the host that it is valid for; several sites may have the same imported name,
/// each for its own host.
pub async fn find_by_alias(pool: &PgPool, alias: &str) -> Result<Vec<SiteRecord>, DatabaseError> {
    let rows = sites_where!(
        "WHERE EXISTS (
            SELECT FROM unnest(aliases) AS alias WHERE split_part(alias, '@', 1) = $1
        ) ORDER BY sites.sitekey",
        alias
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(SiteRow::record).collect()
}

/// Every site that is not deleted, by name.
pub async fn list(pool: &PgPool) -> Result<Vec<SiteRecord>, DatabaseError> {
    let rows = sites_where!("WHERE deleted_at IS NULL ORDER BY name, sites.sitekey")
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(SiteRow::record).collect()
}
