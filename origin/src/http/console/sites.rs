//! Pages about an organisation's sites.

pub mod change;
pub mod create;
pub mod list;
pub mod rules;
pub mod secrets;
pub mod settings;
pub mod site;
mod snippets;

use crate::http::App;
use crate::store::sites::{self, SiteRecord};

use super::frame::{Entry, Frame};
use super::person::{Browser, Member, Person};
use super::trouble::Trouble;

/// A site of the organisation; others' are not there.
async fn find(app: &App, member: &Member, sitekey: &str) -> Result<SiteRecord, Trouble> {
    let site = sites::owned(&app.pool, &member.membership.organisation, sitekey).await?;
    site.ok_or(Trouble::nothing_here())
}

/// Who asks, for pages with a form that is shown again.
struct Asking<'a> {
    app: &'a App,
    browser: &'a Browser,
    person: &'a Person,
    member: &'a Member,
}

impl Asking<'_> {
    /// Around a page about one site.
    fn frame(&self, title: String) -> Frame {
        let Self { app, browser, person, member } = self;
        let frame = Frame::of_member(app, browser, person, member, "", Entry::Sites);
        Frame { title, ..frame }
    }
}

/// Host names as people type them: one on a line, or whatever between.
fn host_lines(typed: &str) -> Vec<String> {
    let hosts = typed.split(['\n', ',', ' ', '\r', '\t']).filter(|host| !host.is_empty());
    hosts.map(str::to_owned).collect()
}
