//! What stands around every page.

use askama::Template;
use axum::response::Html;
use munjigi_domain::accounts::Permission;
use munjigi_domain::locale::Locale;
use munjigi_store::organisations::Membership;

use super::assets;
use super::gate::FORM_KEY;
use super::language::{self, Switch};
use super::person::{Asking, Browser, Member, Person};
use super::trouble::Trouble;
use crate::config::SignUpPolicy;
use crate::http::{App, PartName};
use crate::words::{self, Words};

/// Around a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Of the page.
    pub title: String,
    /// Path of the style.
    pub style: &'static str,
    /// Name of the field that forms carry.
    pub form_field: &'static str,
    /// What it says.
    pub form_key: String,
    /// The request's id, for whoever asks for help.
    pub request_id: String,
    /// Who is logged in.
    pub email: Option<String>,
    /// Where they are now, if in an organisation.
    pub here: Option<Membership>,
    /// Where else they could be.
    pub memberships: Vec<Membership>,
    /// Which entry of the navigation the page belongs to.
    pub entry: Entry,
    /// Whether everybody may make an account.
    pub sign_up: bool,
    /// Whether nobody has looked who reads it.
    pub is_public: bool,
    /// Parts that are not well, which the page may have to do with.
    pub unwell: Vec<PartName>,
    /// The page's language.
    pub locale: Locale,
    /// What stands around it, in that language.
    pub words: &'static Words,
    /// The same page in the other languages, where it is there in them.
    pub languages: Vec<Switch>,
}

impl Asking {
    /// Around the page.
    pub fn frame(&self, title: impl Into<String>, entry: Entry) -> Frame {
        let Self { app, browser, person, member } = self;
        Frame::of_member(app, browser, person, member, title, entry)
    }
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// None.
    Elsewhere,
    /// The overview.
    Overview,
    /// The statistics.
    Statistics,
    /// Sites.
    Sites,
    /// What is unusual.
    Anomalies,
    /// Who is told of it.
    Notifications,
    /// Who belongs to the organisation.
    Team,
    /// Keys of the API.
    Keys,
    /// The record of changes.
    Record,
    /// One's own account.
    Account,
}

impl Frame {
    /// Of a page that everybody may see.
    pub fn bare(app: &App, browser: &Browser, title: impl Into<String>) -> Self {
        let open = app.console().config.sign_up == SignUpPolicy::Open;
        Self {
            title: title.into(),
            style: assets::STYLE.path.as_str(),
            form_field: FORM_KEY,
            form_key: browser.form_key(),
            request_id: browser.client.request_id.clone(),
            email: None,
            here: None,
            memberships: Vec::new(),
            entry: Entry::Elsewhere,
            sign_up: open,
            is_public: false,
            unwell: unwell(app, &[PartName::Mail]),
            locale: Locale::En,
            words: words::of(Locale::En),
            languages: Vec::new(),
        }
    }

    /// Of a page for whose sake nobody looks who reads it.
    pub fn public(app: &App, browser: &Browser, title: impl Into<String>) -> Self {
        let frame = Self::bare(app, browser, title);
        Self { is_public: true, unwell: Vec::new(), ..frame }.in_language_of(browser)
    }

    /// Of a page that there is in every language.
    pub fn in_language_of(self, browser: &Browser) -> Self {
        let locale = browser.locale;
        let languages = language::switches(browser.query.as_deref(), locale);
        Self { locale, words: words::of(locale), languages, ..self }
    }

    /// Of a page for who is logged in.
    pub fn of_person(
        app: &App,
        browser: &Browser,
        person: &Person,
        title: impl Into<String>,
    ) -> Self {
        Self {
            email: Some(person.account.email.to_string()),
            memberships: person.memberships.clone(),
            unwell: unwell(app, &[PartName::Edge, PartName::Mail, PartName::Cache]),
            ..Self::bare(app, browser, title)
        }
    }

    /// Of a page about an organisation.
    pub fn of_member(
        app: &App,
        browser: &Browser,
        person: &Person,
        member: &Member,
        title: impl Into<String>,
        entry: Entry,
    ) -> Self {
        Self {
            here: Some(member.membership.clone()),
            entry,
            ..Self::of_person(app, browser, person, title)
        }
    }

    /// What the parts that are not well mean for who is here.
    pub fn notices(&self) -> impl Iterator<Item = &'static str> {
        let words = &self.words.around.unwell;
        self.unwell.iter().filter_map(|part| match part {
            PartName::Edge => Some(words.edge),
            PartName::Mail => Some(words.mail),
            PartName::Cache => Some(words.cache),
            // Without Postgres there are no pages; pictures are drawn ahead.
            PartName::Postgres | PartName::GpuBackend => None,
        })
    }

    /// Whether who is here may change sites.
    pub fn may_change_sites(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ChangeSites))
    }

    /// Whether who is here may make and revoke secrets.
    pub fn may_change_secrets(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ChangeSecrets))
    }

    /// Whether who is here may choose who is told of what.
    pub fn may_change_notifications(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ChangeNotifications))
    }

    /// Whether who is here may make keys of the API.
    pub fn may_change_keys(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ChangeKeys))
    }

    /// Whether who is here may read the record of changes.
    pub fn may_read_record(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ReadAudit))
    }

    /// Where the organisation's pages are.
    pub fn base(&self) -> String {
        self.here
            .as_ref()
            .map_or_else(String::new, |here| format!("/console/{}", here.organisation))
    }

    /// Path of the style of pages to read.
    #[expect(clippy::unused_self, reason = "templates see the frame alone")]
    pub fn pages_style(&self) -> &'static str {
        assets::PAGES.path.as_str()
    }

    /// Whether an entry of the navigation is this page's.
    pub fn is(&self, entry: &str) -> bool {
        match self.entry {
            Entry::Elsewhere => false,
            Entry::Overview => entry == "overview",
            Entry::Statistics => entry == "statistics",
            Entry::Sites => entry == "sites",
            Entry::Anomalies => entry == "anomalies",
            Entry::Notifications => entry == "notifications",
            Entry::Team => entry == "team",
            Entry::Keys => entry == "keys",
            Entry::Record => entry == "record",
            Entry::Account => entry == "account",
        }
    }
}

/// Those of these parts that were not well at the last look.
fn unwell(app: &App, parts: &[PartName]) -> Vec<PartName> {
    let mut unwell = app.board.unwell();
    unwell.retain(|part| parts.contains(part));
    unwell
}

/// A page as HTML.
pub fn render(page: &impl Template) -> Result<Html<String>, Trouble> {
    page.render().map(Html).map_err(|error| {
        tracing::error!(%error, "a page cannot be rendered");
        Trouble::away()
    })
}
