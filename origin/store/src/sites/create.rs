//! New sites: with their secrets, their publication and their entry in the audit
//! log.

use munjigi_captcha::SecretHash;
use munjigi_domain::accounts::{Id, MostSites};
use munjigi_domain::audit::Action;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::SiteConfig;
use serde_json::json;
use sqlx::PgConnection;

use super::room::has_room;
use super::row;
use crate::audit::{self, Author, Entry};
use crate::{DatabaseError, Unit, publications, secrets};

/// Creates a site.
#[derive(Debug)]
pub struct CreateSite<'a> {
    pub name: &'a str,
    /// What the edge gets, except for version and secrets.
    pub config: &'a SiteConfig,
    /// The hash of its first secret, or of two that are live, the older first.
    pub secrets: &'a [SecretHash],
    /// Who owns it; with `None`, only operators see it.
    pub owner: Option<Owner<'a>>,
    pub by: Author<'a>,
    pub now: UnixMillis,
}

/// The organisation that a new site belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub organisation: &'a Id,
    /// Maximum number of its sites.
    pub most: MostSites,
}

/// The outcome of creating a site.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    New(Box<SiteConfig>),
    /// The sitekey is in use: the same form was sent before.
    Before,
    /// The organisation has the maximum number of sites.
    TooMany,
}

impl Unit for CreateSite<'_> {
    type Output = Created;

    async fn run(&self, connection: &mut PgConnection) -> Result<Created, DatabaseError> {
        let Self { name, config, secrets, .. } = *self;
        let sitekey = config.sitekey.as_str();
        // Two requests with the same form wait for each other here.
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", sitekey)
            .execute(&mut *connection)
            .await?;
        let before =
            sqlx::query_scalar!(r#"SELECT 1 AS "one!" FROM sites WHERE sitekey = $1"#, sitekey)
                .fetch_optional(&mut *connection)
                .await?;
        if before.is_some() {
            return Ok(Created::Before);
        }
        let organisation = self.owner.map(|owner| owner.organisation.as_str());
        if let Some(Owner { organisation, most }) = self.owner
            && !has_room(connection, organisation.as_str(), most).await?
        {
            return Ok(Created::TooMany);
        }
        let config = SiteConfig {
            version: self.now.0.max(1),
            secrets: secrets.iter().map(|hash| hash.as_str().to_owned()).collect(),
            ..config.clone()
        };
        self.insert(connection, organisation, &config).await?;
        for (slot, hash) in (1..).zip(secrets) {
            secrets::insert(connection, sitekey, hash, slot, self.now).await?;
        }
        publications::queue(connection, sitekey, config.version, Some(&config), self.now).await?;
        let hosts = &config.hosts;
        let entry = Entry {
            by: self.by,
            organisation,
            action: Action::SiteCreate,
            subject: sitekey,
            before: None,
            after: Some(
                json!({ "name": name, "hosts": hosts, "allow_loopback": config.allow_loopback }),
            ),
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(Created::New(Box::new(config)))
    }
}

impl CreateSite<'_> {
    async fn insert(
        &self,
        connection: &mut PgConnection,
        organisation: Option<&str>,
        config: &SiteConfig,
    ) -> Result<(), DatabaseError> {
        let (pictures, rules) = (row::pictures(&config.pictures), row::rules(&config.rules));
        let expected: Vec<i32> =
            config.expected.iter().map(|number| row::integer(*number)).collect();
        sqlx::query!(
            "INSERT INTO sites (
                sitekey, name, version, state, hosts, allow_loopback, mode, work_floor,
                work_ceiling, puzzle_count, token_lifetime_seconds, fallback_allowed, pictures,
                rules, aliases, exempt, created_at, changed_at, organisation, under_attack, expected,
                protect
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $17, $18, $19, $20, $21)",
            config.sitekey,
            self.name,
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
            to_timestamp(self.now),
            organisation,
            config.under_attack.as_str(),
            &expected,
            row::protect(&config.protect)
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
