//! Sites of an organisation, as its members and API keys read and change them.

use munjigi_domain::accounts::Id;
use munjigi_domain::site_change::{Change, ChangeRefused};
use munjigi_store::audit::{Actor, Author};
use munjigi_store::sites::{ChangeSite, SiteRecord};
use munjigi_store::{DatabaseError, Unit, transact};

use crate::App;

/// A site of the organisation; others' sites do not exist here.
pub async fn find(
    app: &App,
    organisation: &Id,
    sitekey: &str,
) -> Result<Option<SiteRecord>, DatabaseError> {
    let site = app.cache.sites.find(sitekey, app.clock.now()).await?;
    Ok(site.filter(|site| site.organisation.as_deref() == Some(organisation.as_str())))
}

/// Writes to a site. The next read shows its current state, also after a write
/// that was refused because of a concurrent one.
pub async fn write<U: Unit + Sync>(
    app: &App,
    sitekey: &str,
    unit: &U,
) -> Result<U::Output, DatabaseError> {
    let output = transact(&app.pool, unit).await?;
    // If Redis was not told, copies elsewhere expire within seconds; this
    // process ignores them until then.
    let _ = app.cache.sites.changed(sitekey).await;
    Ok(output)
}

/// Changes a site of the organisation as a whole.
pub async fn change(
    app: &App,
    organisation: &Id,
    sitekey: &str,
    change: &Change,
    actor: &Actor,
) -> Result<Result<(), ChangeRefused>, DatabaseError> {
    let unit = ChangeSite {
        sitekey,
        within: Some(organisation),
        change,
        by: Author::Account(actor),
        now: app.clock.now(),
    };
    Ok(write(app, sitekey, &unit).await?.map(|_| ()))
}
