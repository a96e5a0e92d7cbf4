//! Pages about an organisation's sites.

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

use super::person::Asking;
use super::trouble::Trouble;

/// A site of the organisation; others' are not there.
async fn find(asking: &Asking, sitekey: &str) -> Result<SiteRecord, Trouble> {
    let site = asking.app.cache.sites.find(sitekey, asking.app.clock.now()).await?;
    let organisation = Some(asking.organisation().as_str());
    let site = site.filter(|site| site.organisation.as_deref() == organisation);
    site.ok_or(Trouble::nothing_here())
}

/// Carries out a change of a site. Whoever looks at the site next sees it as
/// it is, also where the change was refused because of another's.
async fn write<U: Unit + Sync>(
    asking: &Asking,
    sitekey: &str,
    unit: &U,
) -> Result<U::Output, Trouble> {
    let output = transact(&asking.app.pool, unit).await?;
    // Untold, copies end within seconds by themselves; here they are not
    // looked at meanwhile.
    let _ = asking.app.cache.sites.changed(sitekey).await;
    Ok(output)
}

/// Host names as people type them: one on a line, or whatever between.
fn host_lines(typed: &str) -> Vec<String> {
    let hosts = typed.split(['\n', ',', ' ', '\r', '\t']).filter(|host| !host.is_empty());
    hosts.map(str::to_owned).collect()
}
