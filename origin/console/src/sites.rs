//! Pages of an organisation's sites.

pub mod change;
pub mod create;
pub mod list;
pub mod rules;
pub mod secrets;
pub mod settings;
pub mod site;
mod snippets;

use munjigi_store::sites::SiteRecord;
use munjigi_store::{Unit, transact};

use super::requester::Asking;
use super::trouble::Trouble;

/// A site of the organisation; for others' sites the page does not exist.
async fn find(asking: &Asking, sitekey: &str) -> Result<SiteRecord, Trouble> {
    let site = asking.app.cache.sites.find(sitekey, asking.app.clock.now()).await?;
    let organisation = Some(asking.organisation().as_str());
    let site = site.filter(|site| site.organisation.as_deref() == organisation);
    site.ok_or(Trouble::nothing_here())
}

/// Changes a site. The next read shows its current state, also after a change
/// that was refused because of a concurrent one.
async fn write<U: Unit + Sync>(
    asking: &Asking,
    sitekey: &str,
    unit: &U,
) -> Result<U::Output, Trouble> {
    let output = transact(&asking.app.pool, unit).await?;
    // If Redis was not told, copies elsewhere expire within seconds; this
    // process ignores them until then.
    let _ = asking.app.cache.sites.changed(sitekey).await;
    Ok(output)
}

/// Host names as people type them: separated by lines, spaces or commas.
fn host_lines(typed: &str) -> Vec<String> {
    let hosts = typed.split(['\n', ',', ' ', '\r', '\t']).filter(|host| !host.is_empty());
    hosts.map(str::to_owned).collect()
}
