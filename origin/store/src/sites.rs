//! Sites: reads them, and writes them together with their publication.

mod change;
mod command;
mod edit;
mod import;
mod owned;
mod room;
mod row;

use munjigi_captcha::SecretHash;
use munjigi_domain::settings::Settings;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::SiteConfig;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::{StoreError, Unit, publications, secrets};

pub use change::{Change, ChangeRefused, ChangeSite};
pub use command::{ChangeByCommand, CreateByCommand, EditByCommand, GiveRefused, GiveSite, Given};
pub use edit::{EditRefused, EditSite, Edited, Intent};
pub use import::{AskImport, ImportRefused, MakeLive, RemoveImport};
pub use owned::{
    ChangeOwned, CreateOwned, Created, EditOwned, EditOwnedRefused, Seen, of_organisation, part_of,
    seen,
};

use row::SiteRow;

/// A site with what only the origin knows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteRecord {
    /// The display name.
    pub name: String,
    /// The owner; `None` for sites that operators created with the command.
    pub organisation: Option<String>,
    /// What the edge knows.
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
pub async fn find(pool: &PgPool, sitekey: &str) -> Result<Option<SiteRecord>, StoreError> {
    fetch(pool, sitekey).await
}

async fn fetch(
    executor: impl PgExecutor<'_>,
    sitekey: &str,
) -> Result<Option<SiteRecord>, StoreError> {
    let row = sqlx::query_as!(
        SiteRow,
        r#"SELECT sites.*, published_version, last_error,
            ARRAY(
                SELECT hash FROM secrets WHERE secrets.sitekey = sites.sitekey
                    AND revoked_at IS NULL ORDER BY created_at, slot
            ) || ARRAY(
                SELECT DISTINCT secret_hash FROM site_imports
                WHERE site_imports.sitekey = sites.sitekey AND live_at IS NOT NULL ORDER BY 1
            ) AS "secrets!"
        FROM sites LEFT JOIN site_publications USING (sitekey) WHERE sites.sitekey = $1"#,
        sitekey
    )
    .fetch_optional(executor)
    .await?;
    row.map(SiteRow::record).transpose()
}

/// The sites with this alias, deleted or not. An imported alias ends in `@` and
/// the host that it is valid for; several sites may have the same imported name,
/// each for its own host.
pub async fn find_by_alias(pool: &PgPool, alias: &str) -> Result<Vec<SiteRecord>, StoreError> {
    let rows = sqlx::query_as!(
        SiteRow,
        r#"SELECT sites.*, published_version, last_error,
            ARRAY(
                SELECT hash FROM secrets WHERE secrets.sitekey = sites.sitekey
                    AND revoked_at IS NULL ORDER BY created_at, slot
            ) || ARRAY(
                SELECT DISTINCT secret_hash FROM site_imports
                WHERE site_imports.sitekey = sites.sitekey AND live_at IS NOT NULL ORDER BY 1
            ) AS "secrets!"
        FROM sites LEFT JOIN site_publications USING (sitekey)
        WHERE EXISTS (
            SELECT FROM unnest(aliases) AS alias WHERE split_part(alias, '@', 1) = $1
        ) ORDER BY sites.sitekey"#,
        alias
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(SiteRow::record).collect()
}

/// Every site that is not deleted, by name.
pub async fn list(pool: &PgPool) -> Result<Vec<SiteRecord>, StoreError> {
    let rows = sqlx::query_as!(
        SiteRow,
        r#"SELECT sites.*, published_version, last_error,
            ARRAY(
                SELECT hash FROM secrets WHERE secrets.sitekey = sites.sitekey
                    AND revoked_at IS NULL ORDER BY created_at, slot
            ) || ARRAY(
                SELECT DISTINCT secret_hash FROM site_imports
                WHERE site_imports.sitekey = sites.sitekey AND live_at IS NOT NULL ORDER BY 1
            ) AS "secrets!"
        FROM sites LEFT JOIN site_publications USING (sitekey)
        WHERE deleted_at IS NULL ORDER BY name, sites.sitekey"#
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(SiteRow::record).collect()
}

/// Creates a site with its first secret and queues its publication.
#[derive(Debug)]
pub struct CreateSite<'a> {
    /// The display name.
    pub name: &'a str,
    /// Everything else; version and secrets are set here.
    pub config: &'a SiteConfig,
    /// The hash of the first secret.
    pub secret: &'a SecretHash,
    pub now: UnixMillis,
}

impl Unit for CreateSite<'_> {
    type Output = SiteConfig;

    async fn run(&self, connection: &mut PgConnection) -> Result<SiteConfig, StoreError> {
        let config = SiteConfig {
            version: self.now.0.max(1),
            secrets: vec![self.secret.as_str().to_owned()],
            ..self.config.clone()
        };
        insert(connection, self.name, &config, self.now).await?;
        secrets::insert(connection, &config.sitekey, self.secret, 1, self.now).await?;
        publications::queue(connection, &config.sitekey, config.version, Some(&config), self.now)
            .await?;
        Ok(config)
    }
}

async fn insert(
    connection: &mut PgConnection,
    name: &str,
    config: &SiteConfig,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (pictures, rules) = (row::pictures(&config.pictures), row::rules(&config.rules));
    sqlx::query!(
        "INSERT INTO sites (
            sitekey, name, version, state, hosts, allow_loopback, mode, work_floor, work_ceiling,
            puzzle_count, token_lifetime_seconds, fallback_allowed, pictures, rules, aliases,
            exempt, created_at, changed_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)",
        config.sitekey,
        name,
        row::bigint(config.version),
        row::state(config.state),
        &config.hosts,
        config.allow_loopback,
        config.mode.as_str(),
        row::bigint(config.work.floor),
        row::bigint(config.work.ceiling),
        row::integer(config.count),
        row::integer(config.token_lifetime_seconds),
        config.fallback_allowed,
        &pictures,
        rules,
        &config.aliases,
        config.exempt,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}
