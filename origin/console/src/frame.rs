//! The frame around every page: navigation, notices, footer.

use askama::Template;
use axum::response::Html;
use munjigi_app::components::ComponentName;
use munjigi_app::settings::SignUpPolicy;
use munjigi_app::{App, ConsoleApp};
use munjigi_domain::accounts::Permission;
use munjigi_i18n::{Text, Texts};
use munjigi_store::organisations::Membership;

use super::assets;
use super::csrf::CSRF_FIELD;
use super::language::{self, Switch};
use super::page_error::PageError;
use super::requester::{Asking, AskingUser, Browser, Member, User};

#[derive(Debug, Clone)]
pub struct Frame {
    pub title: String,
    /// Path of the style sheet.
    pub style: &'static str,
    /// Name of the field that carries the CSRF token.
    pub csrf_field: &'static str,
    pub csrf_token: String,
    /// Id of the request, for support.
    pub request_id: String,
    /// Email address of the user who is logged in.
    pub email: Option<String>,
    /// Whether that user runs the service.
    pub operates: bool,
    /// The organisation of the page, if it belongs to one.
    pub here: Option<Membership>,
    /// All organisations of the user, for the switcher.
    pub memberships: Vec<Membership>,
    /// The entry of the navigation that the page belongs to.
    pub entry: Entry,
    /// Whether everyone can sign up.
    pub sign_up: bool,
    /// Whether the page was made without reading the session.
    pub is_public: bool,
    /// Degraded components that can affect the page.
    pub unhealthy: Vec<ComponentName>,
    /// The texts in the page's language.
    pub t: Texts,
    /// Links to the same page in other languages, if it can be shown again.
    pub languages: Vec<Switch>,
}

impl Asking {
    pub fn frame(&self, title: impl Into<String>, entry: Entry) -> Frame {
        let Self { app, browser, user, member } = self;
        Frame::of_member(app, browser, user, member, title, entry)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The page has no entry.
    Elsewhere,
    Overview,
    Statistics,
    Defence,
    Sites,
    Lists,
    Anomalies,
    Notifications,
    Team,
    Keys,
    Audit,
    Account,
    Photos,
    Models,
}

impl Frame {
    /// For a page that everyone can see.
    pub fn bare(app: &ConsoleApp, browser: &Browser, title: impl Into<String>) -> Self {
        let open = app.console.config.sign_up == SignUpPolicy::Open;
        Self {
            title: title.into(),
            style: assets::STYLE.path.as_str(),
            csrf_field: CSRF_FIELD,
            csrf_token: browser.csrf_token(),
            request_id: browser.client.request_id.clone(),
            email: None,
            operates: false,
            here: None,
            memberships: Vec::new(),
            entry: Entry::Elsewhere,
            sign_up: open,
            is_public: false,
            unhealthy: unhealthy(app, &[ComponentName::Mail]),
            t: browser.t(),
            languages: language::switches(browser.query.as_deref(), browser.locale),
        }
    }

    /// For a page that is made without reading the session.
    pub fn public(app: &ConsoleApp, browser: &Browser, title: impl Into<String>) -> Self {
        let frame = Self::bare(app, browser, title);
        Self { is_public: true, unhealthy: Vec::new(), ..frame }
    }

    /// For a page that requires log-in.
    pub fn of_user(
        app: &ConsoleApp,
        browser: &Browser,
        user: &User,
        title: impl Into<String>,
    ) -> Self {
        Self {
            email: Some(user.account.email.to_string()),
            operates: user.operates(app),
            memberships: user.memberships.clone(),
            unhealthy: unhealthy(
                app,
                &[ComponentName::Edge, ComponentName::Mail, ComponentName::Cache],
            ),
            ..Self::bare(app, browser, title)
        }
    }

    /// For a page of those who run the service.
    pub fn operations(asking: &AskingUser, title: impl Into<String>, entry: Entry) -> Self {
        let AskingUser { app, browser, user } = asking;
        Self { entry, ..Self::of_user(app, browser, user, title) }
    }

    /// For a page about an organisation.
    pub fn of_member(
        app: &ConsoleApp,
        browser: &Browser,
        user: &User,
        member: &Member,
        title: impl Into<String>,
        entry: Entry,
    ) -> Self {
        Self {
            here: Some(member.membership.clone()),
            entry,
            ..Self::of_user(app, browser, user, title)
        }
    }

    /// What the degraded components mean for the reader.
    pub fn notices(&self) -> impl Iterator<Item = Text> {
        let t = self.t;
        self.unhealthy.iter().filter_map(move |part| match part {
            ComponentName::Edge => Some(t.get("frame-edge-away")),
            ComponentName::Mail => Some(t.get("frame-mail-away")),
            ComponentName::Cache => Some(t.get("frame-cache-away")),
            // Without Postgres there are no pages; pictures are drawn ahead.
            ComponentName::Postgres | ComponentName::GpuBackend => None,
        })
    }

    pub fn may_change_sites(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ChangeSites))
    }

    /// Whether the user can create and revoke secrets.
    pub fn may_change_secrets(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ChangeSecrets))
    }

    pub fn may_change_notifications(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ChangeNotifications))
    }

    pub fn may_change_keys(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ChangeKeys))
    }

    pub fn may_read_audit(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.role.may(Permission::ReadAudit))
    }

    /// Base path of the organisation's pages.
    pub fn base(&self) -> String {
        self.here
            .as_ref()
            .map_or_else(String::new, |here| format!("/console/{}", here.organisation))
    }

    /// Path of the style sheet of pages to read.
    pub fn pages_style(&self) -> &'static str {
        assets::PAGES.path.as_str()
    }

    /// Whether the title is the name of the service, which otherwise follows it.
    pub fn is_brand(&self) -> bool {
        self.title == self.t.get("brand").to_string()
    }

    /// Whether the page belongs to this entry of the navigation.
    pub fn is(&self, entry: &str) -> bool {
        match self.entry {
            Entry::Elsewhere => false,
            Entry::Overview => entry == "overview",
            Entry::Statistics => entry == "statistics",
            Entry::Defence => entry == "defence",
            Entry::Sites => entry == "sites",
            Entry::Lists => entry == "lists",
            Entry::Anomalies => entry == "anomalies",
            Entry::Notifications => entry == "notifications",
            Entry::Team => entry == "team",
            Entry::Keys => entry == "keys",
            Entry::Audit => entry == "audit",
            Entry::Account => entry == "account",
            Entry::Photos => entry == "photos",
            Entry::Models => entry == "models",
        }
    }
}

/// Those of these components that were degraded or down at the last check.
fn unhealthy(app: &App, components: &[ComponentName]) -> Vec<ComponentName> {
    let mut unhealthy = app.board.unhealthy();
    unhealthy.retain(|component| components.contains(component));
    unhealthy
}

pub fn render(page: &impl Template) -> Result<Html<String>, PageError> {
    page.render().map(Html).map_err(|error| {
        tracing::error!(%error, "a page cannot be rendered");
        PageError::away()
    })
}
