//! Pages about an organisation's sites.

pub mod change;
pub mod create;
pub mod list;
pub mod rules;
pub mod secrets;
pub mod settings;
pub mod site;
mod snippets;

use super::person::Asking;
use super::trouble::Trouble;
use crate::store::sites::{self, SiteRecord};

/// A site of the organisation; others' are not there.
async fn find(asking: &Asking, sitekey: &str) -> Result<SiteRecord, Trouble> {
    let site = sites::owned(&asking.app.pool, asking.organisation(), sitekey).await?;
    site.ok_or(Trouble::nothing_here())
}

/// Host names as people type them: one on a line, or whatever between.
fn host_lines(typed: &str) -> Vec<String> {
    let hosts = typed.split(['\n', ',', ' ', '\r', '\t']).filter(|host| !host.is_empty());
    hosts.map(str::to_owned).collect()
}
