//! Changes to a site: each raises its version, queues its publication and is
//! written into the audit log, in one transaction. What is allowed is decided
//! in `munjigi_domain::site_change`.

use munjigi_domain::accounts::Id;
use munjigi_domain::site_change::{Change, ChangeRefused, Standing, Step};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{SiteConfig, SiteState};
use serde_json::json;
use sqlx::PgConnection;

use super::room::has_room;
use super::{fetch, row};
use crate::audit::{self, Author, Entry};
use crate::secrets::LiveSecret;
use crate::{DatabaseError, Unit, publications, secrets};

/// Changes one site.
#[derive(Debug)]
pub struct ChangeSite<'a> {
    pub sitekey: &'a str,
    /// Only a site of this organisation: others do not exist for its members.
    pub within: Option<&'a Id>,
    pub change: &'a Change,
    pub by: Author<'a>,
    pub now: UnixMillis,
}

impl Unit for ChangeSite<'_> {
    type Output = Result<SiteConfig, ChangeRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let Self { sitekey, change, now, .. } = *self;
        let Some(site) = lock(connection, sitekey, self.within).await? else {
            return Ok(Err(ChangeRefused::Unknown));
        };
        let live = secrets::live(connection, sitekey).await?;
        let standing = site.standing(connection, change, &live).await?;
        let step = match change.step(&standing) {
            Ok(step) => step,
            Err(refused) => return Ok(Err(refused)),
        };
        self.apply(connection, step, &live).await?;
        let config = raise_version(connection, sitekey, now).await?;
        let payload = (step != Step::Delete).then_some(&config);
        publications::queue(connection, sitekey, config.version, payload, now).await?;
        let entry = Entry {
            by: self.by,
            organisation: site.organisation.as_deref(),
            action: change.action(standing.deleted),
            subject: sitekey,
            before: None,
            after: match step {
                Step::SetState(state) if standing.deleted => Some(json!({ "state": state })),
                _ => None,
            },
        };
        audit::write(connection, &entry, now).await?;
        Ok(Ok(config))
    }
}

impl ChangeSite<'_> {
    async fn apply(
        &self,
        connection: &mut PgConnection,
        step: Step,
        live: &[LiveSecret],
    ) -> Result<(), DatabaseError> {
        let (sitekey, now) = (self.sitekey, self.now);
        match step {
            Step::Delete => {
                let now = to_timestamp(now);
                sqlx::query!("UPDATE sites SET deleted_at = $2 WHERE sitekey = $1", sitekey, now)
                    .execute(connection)
                    .await?;
            }
            Step::Restore => {
                sqlx::query!("UPDATE sites SET deleted_at = NULL WHERE sitekey = $1", sitekey)
                    .execute(connection)
                    .await?;
            }
            Step::SetState(state) => {
                sqlx::query!(
                    "UPDATE sites SET state = $2, deleted_at = NULL WHERE sitekey = $1",
                    sitekey,
                    row::state(state)
                )
                .execute(connection)
                .await?;
            }
            Step::FillSlot(slot) => {
                if let Change::AddSecret(hash) = self.change {
                    secrets::insert(connection, sitekey, hash, slot, now).await?;
                }
            }
            Step::ClearSlot(slot) => {
                if let Some(revoked) = live.iter().find(|secret| secret.slot == slot) {
                    secrets::revoke(connection, &revoked.hash, now).await?;
                }
            }
        }
        Ok(())
    }
}

/// Gives a site the next version, for what its row says now.
pub(super) async fn raise_version(
    connection: &mut PgConnection,
    sitekey: &str,
    now: UnixMillis,
) -> Result<SiteConfig, DatabaseError> {
    sqlx::query!(
        "UPDATE sites SET version = GREATEST(version + 1, $2), changed_at = $3
            WHERE sitekey = $1",
        sitekey,
        row::bigint(now.0),
        to_timestamp(now)
    )
    .execute(&mut *connection)
    .await?;
    let site = fetch(connection, sitekey).await?.ok_or(sqlx::Error::RowNotFound)?;
    Ok(site.config)
}

struct Locked {
    organisation: Option<String>,
    state: String,
    deleted: bool,
}

impl Locked {
    async fn standing(
        &self,
        connection: &mut PgConnection,
        change: &Change,
        live: &[LiveSecret],
    ) -> Result<Standing, DatabaseError> {
        // Asked only where it matters: it locks the organisation.
        let has_room = match (change.restores(), &self.organisation) {
            (Some(most), Some(organisation)) if self.deleted => {
                has_room(connection, organisation, most).await?
            }
            _ => true,
        };
        let is_paused = self.state == row::state(SiteState::Paused);
        Ok(Standing {
            state: if is_paused { SiteState::Paused } else { SiteState::Live },
            deleted: self.deleted,
            has_room,
            secret_slots: live.iter().map(|secret| secret.slot).collect(),
        })
    }
}

async fn lock(
    connection: &mut PgConnection,
    sitekey: &str,
    within: Option<&Id>,
) -> Result<Option<Locked>, DatabaseError> {
    let site = sqlx::query_as!(
        Locked,
        r#"SELECT organisation, state, deleted_at IS NOT NULL AS "deleted!" FROM sites
        WHERE sitekey = $1 AND ($2::text IS NULL OR organisation = $2) FOR UPDATE"#,
        sitekey,
        within.map(Id::as_str)
    )
    .fetch_optional(connection)
    .await?;
    Ok(site)
}
