//! Imports of other vendors' keys: requested, live once control of the host is
//! proven, and removed. Everything that becomes live or ends is published, with
//! the filter, and logged in the same transaction.

use munjigi_captcha::{Exemption, Hostname, MAX_IMPORTS, SecretHash, Site, Vendor};
use munjigi_domain::audit::Action;
use munjigi_domain::site_change::ChangeRefused;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::SiteConfig;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::change::raise_version;
use super::{SiteRecord, fetch};
use crate::audit::{self, Author, Entry};
use crate::vendor_keys::{self, Import};
use crate::{DatabaseError, Unit, publications};

/// Why nothing was imported or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefused {
    /// Because of the state of the site.
    #[error(transparent)]
    Site(#[from] ChangeRefused),
    /// A key can only be imported for a host of the site.
    #[error("the site does not allow this host")]
    Host,
    /// The site has twenty already.
    #[error("a site can have at most {MAX_IMPORTS} imports")]
    TooMany,
    /// The import is already live and needs no proof.
    #[error("this key is already active for this host at this site")]
    Live,
    /// Another site was first.
    #[error("this key is active for this host at another site")]
    Taken,
    /// The secret is in use: a secret identifies one site.
    #[error("this secret is active at another site; a secret can stand for one site only")]
    SecretTaken,
    /// It was never requested.
    #[error("the site has no import of this key for this host")]
    Unknown,
}

/// Requests an import. A repeated request stores the new secret and keeps the
/// token.
#[derive(Debug)]
pub struct AskImport<'a> {
    pub sitekey: &'a str,
    /// The vendor that issued the key.
    pub vendor: Vendor,
    pub key: &'a str,
    /// The host that it is for.
    pub host: &'a Hostname,
    /// The hash of the vendor's secret.
    pub secret: &'a SecretHash,
    /// The token to publish at the host, unless an earlier request set one.
    pub token: &'a str,
    pub now: UnixMillis,
}

impl Unit for AskImport<'_> {
    type Output = Result<Import, ImportRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let Some(site) = lock(connection, self.sitekey).await? else {
            return Ok(Err(ChangeRefused::Unknown.into()));
        };
        if let Err(refused) = allowed(&site, self.host) {
            return Ok(Err(refused));
        }
        let known = vendor_keys::of_site(&mut *connection, self.sitekey).await?;
        let host = self.host.as_str();
        match known.iter().find(|import| import.key == self.key && import.host == host) {
            Some(import) if import.live_at.is_some() => return Ok(Err(ImportRefused::Live)),
            None if known.len() >= MAX_IMPORTS => return Ok(Err(ImportRefused::TooMany)),
            Some(_) | None => {}
        }
        let wanted = Wanted { sitekey: self.sitekey, key: self.key, host };
        if let Err(refused) = wanted.free(connection, self.secret.as_str()).await? {
            return Ok(Err(refused));
        }
        let import = sqlx::query_as!(
            Import,
            "INSERT INTO site_imports (sitekey, vendor, key, host, secret_hash, token, asked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (sitekey, key, host) DO UPDATE SET
                vendor = EXCLUDED.vendor, secret_hash = EXCLUDED.secret_hash,
                asked_at = EXCLUDED.asked_at
            RETURNING vendor, key, host, secret_hash, token, asked_at, live_at",
            self.sitekey,
            self.vendor.as_str(),
            self.key,
            host,
            self.secret.as_str(),
            self.token,
            to_timestamp(self.now)
        )
        .fetch_one(connection)
        .await?;
        Ok(Ok(import))
    }
}

/// Activates an import whose host publishes its token.
#[derive(Debug)]
pub struct MakeLive<'a> {
    pub sitekey: &'a str,
    /// The import as it was when its token was checked.
    pub import: &'a Import,
    pub now: UnixMillis,
}

impl Unit for MakeLive<'_> {
    type Output = Result<SiteConfig, ImportRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let Some(site) = lock(connection, self.sitekey).await? else {
            return Ok(Err(ChangeRefused::Unknown.into()));
        };
        let Import { key, host, token, .. } = self.import;
        let host_name = Hostname::parse(host).map_err(|_| inconsistent(&self.import.name()))?;
        if let Err(refused) = allowed(&site, &host_name) {
            return Ok(Err(refused));
        }
        // Anyone else who proves the same key waits here, and then sees this
        // import.
        let version = vendor_keys::lock(connection).await?;
        let known = vendor_keys::of_site(&mut *connection, self.sitekey).await?;
        let same = |it: &&Import| it.key == *key && it.host == *host && it.token == *token;
        let Some(import) = known.iter().find(same) else {
            return Ok(Err(ImportRefused::Unknown));
        };
        if import.live_at.is_some() {
            return Ok(Err(ImportRefused::Live));
        }
        let wanted = Wanted { sitekey: self.sitekey, key, host };
        if let Err(refused) = wanted.free(connection, &import.secret_hash).await? {
            return Ok(Err(refused));
        }
        sqlx::query!(
            "UPDATE site_imports SET live_at = $4 WHERE sitekey = $1 AND key = $2 AND host = $3",
            self.sitekey,
            key,
            host,
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "UPDATE sites SET aliases = array_append(aliases, $2) WHERE sitekey = $1",
            self.sitekey,
            import.name()
        )
        .execute(&mut *connection)
        .await?;
        let change = Changed { site: &site, version, now: self.now, action: Action::SiteImport };
        change.follow(connection, None, Some(told(import))).await.map(Ok)
    }
}

/// Removes an import, live or not.
#[derive(Debug)]
pub struct RemoveImport<'a> {
    /// The site; it may be deleted, so that another one can have the key.
    pub sitekey: &'a str,
    pub key: &'a str,
    /// The host that it was for.
    pub host: &'a str,
    pub now: UnixMillis,
}

impl Unit for RemoveImport<'_> {
    type Output = Result<Import, ImportRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let Some(site) = lock(connection, self.sitekey).await? else {
            return Ok(Err(ChangeRefused::Unknown.into()));
        };
        let version = vendor_keys::lock(connection).await?;
        let import = sqlx::query_as!(
            Import,
            "DELETE FROM site_imports WHERE sitekey = $1 AND key = $2 AND host = $3
            RETURNING vendor, key, host, secret_hash, token, asked_at, live_at",
            self.sitekey,
            self.key,
            self.host
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(import) = import else { return Ok(Err(ImportRefused::Unknown)) };
        if import.live_at.is_some() {
            sqlx::query!(
                "UPDATE sites SET aliases = array_remove(aliases, $2) WHERE sitekey = $1",
                self.sitekey,
                import.name()
            )
            .execute(&mut *connection)
            .await?;
            let action = Action::SiteImportRemove;
            let change = Changed { site: &site, version, now: self.now, action };
            change.follow(connection, Some(told(&import)), None).await?;
        }
        Ok(Ok(import))
    }
}

async fn lock(
    connection: &mut PgConnection,
    sitekey: &str,
) -> Result<Option<SiteRecord>, DatabaseError> {
    // A separate statement first: the next query then sees what another
    // transaction committed while this one waited for the row.
    sqlx::query_scalar!("SELECT version FROM sites WHERE sitekey = $1 FOR UPDATE", sitekey)
        .fetch_optional(&mut *connection)
        .await?;
    fetch(connection, sitekey).await
}

fn allowed(site: &SiteRecord, host: &Hostname) -> Result<(), ImportRefused> {
    if site.deleted_at.is_some() {
        return Err(ChangeRefused::Deleted.into());
    }
    let parsed = Site::parse(&site.config, Exemption::Ignored);
    if parsed.is_ok_and(|site| site.allows(host)) { Ok(()) } else { Err(ImportRefused::Host) }
}

struct Wanted<'a> {
    sitekey: &'a str,
    key: &'a str,
    host: &'a str,
}

impl Wanted<'_> {
    /// Whether no other site has it.
    async fn free(
        &self,
        connection: &mut PgConnection,
        secret_hash: &str,
    ) -> Result<Result<(), ImportRefused>, DatabaseError> {
        let taken = sqlx::query!(
            r#"SELECT
                EXISTS(
                    SELECT FROM site_imports WHERE live_at IS NOT NULL
                        AND key = $2 AND host = $3 AND sitekey <> $1
                ) AS "key!",
                EXISTS(
                    SELECT FROM site_imports WHERE live_at IS NOT NULL
                        AND secret_hash = $4 AND sitekey <> $1
                ) AS "secret!""#,
            self.sitekey,
            self.key,
            self.host,
            secret_hash
        )
        .fetch_one(connection)
        .await?;
        Ok(match (taken.key, taken.secret) {
            (true, _) => Err(ImportRefused::Taken),
            (_, true) => Err(ImportRefused::SecretTaken),
            (false, false) => Ok(()),
        })
    }
}

struct Changed<'a> {
    site: &'a SiteRecord,
    /// The filter's version, under lock.
    version: u64,
    now: UnixMillis,
    action: Action,
}

impl Changed<'_> {
    /// What follows a change: version, publications, audit log.
    async fn follow(
        &self,
        connection: &mut PgConnection,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<SiteConfig, DatabaseError> {
        let sitekey = self.site.config.sitekey.as_str();
        let config = raise_version(connection, sitekey, self.now).await?;
        let payload = self.site.deleted_at.is_none().then_some(&config);
        vendor_keys::queue(connection, self.version, self.now).await?;
        publications::queue(connection, sitekey, config.version, payload, self.now).await?;
        let entry = Entry {
            by: Author::Command,
            organisation: self.site.organisation.as_deref(),
            action: self.action,
            subject: sitekey,
            before,
            after,
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(config)
    }
}

/// An import as the audit log shows it.
fn told(import: &Import) -> Value {
    json!({ "vendor": import.vendor, "key": import.key, "host": import.host })
}

fn inconsistent(row: &str) -> DatabaseError {
    DatabaseError::Inconsistent { table: "site_imports", column: "host", row: row.to_owned() }
}
