//! Pages of an organisation's sites.

pub mod change;
pub mod create;
pub mod list;
pub mod rules;
pub mod scores;
pub mod secrets;
pub mod settings;
pub mod site;
mod snippets;

use munjigi_app::sites;
use munjigi_store::sites::SiteRecord;

use super::page_error::PageError;
use super::requester::Asking;

/// A site of the organisation; for others' sites the page does not exist.
async fn find(asking: &Asking, sitekey: &str) -> Result<SiteRecord, PageError> {
    let site = sites::find(&asking.app, asking.organisation(), sitekey).await?;
    site.ok_or(PageError::nothing_here())
}

/// Host names as people type them: separated by lines, spaces or commas.
fn host_lines(typed: &str) -> Vec<String> {
    let hosts = typed.split(['\n', ',', ' ', '\r', '\t']).filter(|host| !host.is_empty());
    hosts.map(str::to_owned).collect()
}
