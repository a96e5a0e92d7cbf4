//! Hands a site over, which only operators do.

use munjigi_domain::accounts::{Id, MostSites};
use munjigi_domain::audit::Action;
use munjigi_domain::site_change::ChangeRefused;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::PgConnection;

use super::room::has_room;
use crate::audit::{self, Author, Entry};
use crate::{DatabaseError, Unit};

/// Gives a site to an organisation, or takes it from its organisation.
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
    /// Its rules name lists of the organisation that it belongs to.
    #[error("its rules name lists of its organisation")]
    OwnLists,
    /// No organisation with this id.
    #[error("no organisation has this id")]
    UnknownOrganisation,
}

impl Unit for GiveSite<'_> {
    type Output = Result<Given, GiveRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let site = sqlx::query!(
            r#"SELECT organisation, deleted_at,
                jsonb_path_exists(rules, '$[*].match.list ? (@ starts with "list_")') AS "has_lists!"
            FROM sites WHERE sitekey = $1 FOR UPDATE"#,
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
        if site.has_lists {
            return Ok(Err(GiveRefused::OwnLists));
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
            to_timestamp(self.now)
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
