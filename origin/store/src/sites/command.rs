//! Changes to sites by the `munjigi` command: the same units as elsewhere, with
//! audit log entries for the organisation that owns the site.

use munjigi_domain::accounts::{Id, MostSites};
use munjigi_domain::audit::Action;
use munjigi_domain::settings::changes;
use munjigi_keys::UnixMillis;
use munjigi_protocol::SiteConfig;
use serde_json::json;
use sqlx::PgConnection;

use super::owned::{action, made, sides};
use super::room::has_room;
use super::{ChangeRefused, ChangeSite, CreateSite, EditRefused, EditSite, Edited, Intent};
use crate::audit::{self, Author, Entry};
use crate::{StoreError, Unit};

/// Creates a site that belongs to nobody yet.
#[derive(Debug)]
pub struct CreateByCommand<'a>(pub CreateSite<'a>);

impl Unit for CreateByCommand<'_> {
    type Output = SiteConfig;

    async fn run(&self, connection: &mut PgConnection) -> Result<SiteConfig, StoreError> {
        let config = self.0.run(&mut *connection).await?;
        let entry = Entry {
            by: Author::Command,
            organisation: None,
            action: Action::SiteCreate,
            subject: &config.sitekey,
            before: None,
            after: Some(made(self.0.name, &config)),
        };
        audit::write(connection, &entry, self.0.now).await?;
        Ok(config)
    }
}

/// Changes a site, regardless of its owner.
#[derive(Debug)]
pub struct ChangeByCommand<'a>(pub ChangeSite<'a>);

impl Unit for ChangeByCommand<'_> {
    type Output = Result<SiteConfig, ChangeRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, StoreError> {
        let ChangeSite { sitekey, change, now } = self.0;
        let changed = self.0.run(&mut *connection).await?;
        if changed.is_ok() {
            let organisation = owner(&mut *connection, sitekey).await?;
            let entry = Entry {
                by: Author::Command,
                organisation: organisation.as_deref(),
                action: action(change),
                subject: sitekey,
                before: None,
                after: None,
            };
            audit::write(connection, &entry, now).await?;
        }
        Ok(changed)
    }
}

/// Edits a site, regardless of its owner.
#[derive(Debug)]
pub struct EditByCommand<'a>(pub EditSite<'a>);

impl Unit for EditByCommand<'_> {
    type Output = Result<Edited, EditRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, StoreError> {
        let EditSite { sitekey, intent, now, .. } = self.0;
        let edited = match self.0.run(&mut *connection).await? {
            Ok(edited) => edited,
            Err(refused) => return Ok(Err(refused)),
        };
        let (before, after) = sides(changes(&edited.before, &edited.after));
        if !after.is_empty() && intent == Intent::Write {
            let organisation = owner(&mut *connection, sitekey).await?;
            let entry = Entry {
                by: Author::Command,
                organisation: organisation.as_deref(),
                action: Action::SiteEdit,
                subject: sitekey,
                before: Some(before.into()),
                after: Some(after.into()),
            };
            audit::write(connection, &entry, now).await?;
        }
        Ok(Ok(edited))
    }
}

/// Gives a site to an organisation, or to nobody.
#[derive(Debug)]
pub struct GiveSite<'a> {
    pub sitekey: &'a str,
    /// The new owner; with `None`, only operators see the site.
    pub organisation: Option<&'a Id>,
    /// Maximum number of sites per organisation.
    pub most: MostSites,
    pub now: UnixMillis,
}

/// The outcome of giving a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The previous owner.
    pub before: Option<String>,
    /// The name of the new owner.
    pub name: Option<String>,
}

/// Why a site was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GiveRefused {
    /// Because of the state of the site.
    #[error(transparent)]
    Site(#[from] ChangeRefused),
    /// No organisation with this id.
    #[error("no organisation has this id")]
    UnknownOrganisation,
}

impl Unit for GiveSite<'_> {
    type Output = Result<Given, GiveRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, StoreError> {
        let site = sqlx::query!(
            "SELECT organisation, deleted_at FROM sites WHERE sitekey = $1 FOR UPDATE",
            self.sitekey
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(site) = site else { return Ok(Err(ChangeRefused::Unknown.into())) };
        if site.deleted_at.is_some() {
            return Ok(Err(ChangeRefused::Deleted.into()));
        }
        let new = self.organisation.map(Id::as_str);
        if site.organisation.as_deref() == new {
            return Ok(Err(ChangeRefused::Unchanged.into()));
        }
        let name = match new {
            None => None,
            Some(id) => {
                // Held until the organisation owns the site, so that it cannot
                // be erased in the meantime.
                let name = sqlx::query_scalar!(
                    "SELECT name FROM organisations WHERE id = $1 FOR KEY SHARE",
                    id
                )
                .fetch_optional(&mut *connection)
                .await?;
                let Some(name) = name else { return Ok(Err(GiveRefused::UnknownOrganisation)) };
                if !has_room(connection, id, self.most).await? {
                    return Ok(Err(ChangeRefused::TooManySites.into()));
                }
                Some(name)
            }
        };
        sqlx::query!(
            "UPDATE sites SET organisation = $2, changed_at = $3 WHERE sitekey = $1",
            self.sitekey,
            new,
            munjigi_domain::timestamp::to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        let before = site.organisation;
        // Both organisations' audit logs mention the transfer.
        for organisation in [before.as_deref(), new].into_iter().flatten() {
            let entry = Entry {
                by: Author::Command,
                organisation: Some(organisation),
                action: Action::SiteGive,
                subject: self.sitekey,
                before: Some(json!({ "organisation": before })),
                after: Some(json!({ "organisation": new })),
            };
            audit::write(&mut *connection, &entry, self.now).await?;
        }
        Ok(Ok(Given { before, name }))
    }
}

pub(super) async fn owner(
    connection: &mut PgConnection,
    sitekey: &str,
) -> Result<Option<String>, StoreError> {
    let owner = sqlx::query_scalar!("SELECT organisation FROM sites WHERE sitekey = $1", sitekey)
        .fetch_one(connection)
        .await?;
    Ok(owner)
}
