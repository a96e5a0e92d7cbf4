//! Changes to a site: each raises its version and queues its publication in the
//! same transaction.

use munjigi_captcha::SecretHash;
use munjigi_domain::accounts::MostSites;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{SiteConfig, SiteState};
use sqlx::PgConnection;

use super::room::has_room;
use super::{fetch, row};
use crate::{StoreError, Unit, publications, secrets};

/// The kinds of change.
#[derive(Debug, Clone)]
pub enum Change {
    /// The edge refuses the site's visitors with `site-paused`.
    Pause,
    /// The edge serves the site again.
    Resume,
    /// Removes the site from the edge.
    Delete,
    /// Back on the edge as it was, if its organisation has room for it.
    Restore(MostSites),
    /// Sets live or paused, restoring the site first if necessary: in one step,
    /// so that nobody is served in between.
    SetState(SiteState, MostSites),
    /// Adds a second live secret.
    AddSecret(SecretHash),
    /// Only the newest secret stays live: a rotation is completed.
    KeepNewestSecret,
    /// Only the oldest secret stays live: a rotation is cancelled.
    KeepOldestSecret,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// No such site.
    #[error("no site has this sitekey")]
    Unknown,
    /// The site is deleted; only a restore can change it.
    #[error("the site is deleted")]
    Deleted,
    /// The site is already in this state.
    #[error("there is nothing to change")]
    Unchanged,
    /// Two secrets are live, which is the maximum.
    #[error("two secrets are already active")]
    TwoSecrets,
    /// Its organisation has the maximum number of sites.
    #[error("the organisation has reached the limit of MUNJIGI_SITES_PER_ORGANISATION")]
    TooManySites,
}

/// Changes one site.
#[derive(Debug)]
pub struct ChangeSite<'a> {
    pub sitekey: &'a str,
    pub change: &'a Change,
    pub now: UnixMillis,
}

impl Unit for ChangeSite<'_> {
    type Output = Result<SiteConfig, ChangeRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, StoreError> {
        let Some(site) = lock(connection, self.sitekey).await? else {
            return Ok(Err(ChangeRefused::Unknown));
        };
        if let Err(refused) = self.apply(connection, &site).await? {
            return Ok(Err(refused));
        }
        let config = raise_version(connection, self.sitekey, self.now).await?;
        let payload = (!matches!(self.change, Change::Delete)).then_some(&config);
        publications::queue(connection, self.sitekey, config.version, payload, self.now).await?;
        Ok(Ok(config))
    }
}

impl ChangeSite<'_> {
    async fn apply(
        &self,
        connection: &mut PgConnection,
        site: &Locked,
    ) -> Result<Result<(), ChangeRefused>, StoreError> {
        match self.change {
            Change::Restore(most) | Change::SetState(_, most) if site.deleted => {
                if let Some(organisation) = &site.organisation
                    && !has_room(connection, organisation, *most).await?
                {
                    return Ok(Err(ChangeRefused::TooManySites));
                }
            }
            _ if site.deleted => return Ok(Err(ChangeRefused::Deleted)),
            _ => {}
        }
        match self.change {
            Change::Pause => return self.set_state(connection, site, SiteState::Paused).await,
            Change::Resume => return self.set_state(connection, site, SiteState::Live).await,
            Change::SetState(state, _) => return self.set_state(connection, site, *state).await,
            Change::Delete => {
                sqlx::query!(
                    "UPDATE sites SET deleted_at = $2 WHERE sitekey = $1",
                    self.sitekey,
                    to_timestamp(self.now)
                )
                .execute(connection)
                .await?;
            }
            Change::Restore(_) if !site.deleted => return Ok(Err(ChangeRefused::Unchanged)),
            Change::Restore(_) => {
                sqlx::query!("UPDATE sites SET deleted_at = NULL WHERE sitekey = $1", self.sitekey)
                    .execute(connection)
                    .await?;
            }
            Change::AddSecret(hash) => {
                let live = secrets::live(connection, self.sitekey).await?;
                let free = [1, 2].into_iter().find(|slot| live.iter().all(|s| s.slot != *slot));
                let Some(slot) = free else { return Ok(Err(ChangeRefused::TwoSecrets)) };
                secrets::insert(connection, self.sitekey, hash, slot, self.now).await?;
            }
            Change::KeepNewestSecret | Change::KeepOldestSecret => {
                let live = secrets::live(connection, self.sitekey).await?;
                let [oldest, newest] = live.as_slice() else {
                    return Ok(Err(ChangeRefused::Unchanged));
                };
                let keep_newest = matches!(self.change, Change::KeepNewestSecret);
                let revoked = if keep_newest { oldest } else { newest };
                secrets::revoke(connection, &revoked.hash, self.now).await?;
            }
        }
        Ok(Ok(()))
    }

    async fn set_state(
        &self,
        connection: &mut PgConnection,
        site: &Locked,
        state: SiteState,
    ) -> Result<Result<(), ChangeRefused>, StoreError> {
        let state = row::state(state);
        if site.state == state && !site.deleted {
            return Ok(Err(ChangeRefused::Unchanged));
        }
        sqlx::query!(
            "UPDATE sites SET state = $2, deleted_at = NULL WHERE sitekey = $1",
            self.sitekey,
            state
        )
        .execute(connection)
        .await?;
        Ok(Ok(()))
    }
}

/// Gives a site the next version, for what its row says now.
pub(super) async fn raise_version(
    connection: &mut PgConnection,
    sitekey: &str,
    now: UnixMillis,
) -> Result<SiteConfig, StoreError> {
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

async fn lock(connection: &mut PgConnection, sitekey: &str) -> Result<Option<Locked>, StoreError> {
    let site = sqlx::query_as!(
        Locked,
        r#"SELECT organisation, state, deleted_at IS NOT NULL AS "deleted!" FROM sites
        WHERE sitekey = $1 FOR UPDATE"#,
        sitekey
    )
    .fetch_optional(connection)
    .await?;
    Ok(site)
}
