//! Pages about an organisation's sites.

pub mod change;
pub mod create;
pub mod list;
pub mod secrets;
pub mod site;
mod snippets;

use crate::http::App;
use crate::store::sites::{self, SiteRecord};

use super::person::Member;
use super::trouble::Trouble;

/// A site of the organisation; others' are not there.
async fn find(app: &App, member: &Member, sitekey: &str) -> Result<SiteRecord, Trouble> {
    let site = sites::owned(&app.pool, &member.membership.organisation, sitekey).await?;
    site.ok_or(Trouble::nothing_here())
}
