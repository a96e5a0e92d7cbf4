//! The sender of a request, as the access check has identified them.

use axum::extract::{FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use munjigi_app::ConsoleApp;
use munjigi_app::client::Client;
use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::session::Stage;
use munjigi_domain::accounts::{Id, KnownBrowser, Role, Token};
use munjigi_domain::entropy::Entropy;
use munjigi_i18n::{Locale, Texts};
use munjigi_store::DatabaseError;
use munjigi_store::audit::Actor;
use munjigi_store::organisations::Membership;
use munjigi_store::replica::Written;
use munjigi_store::sessions::Session;
use sqlx::PgPool;

use super::cookies;
use super::language;
use super::page_error::PageError;

/// A browser, before anything is known about its user.
#[derive(Debug, Clone)]
pub struct Browser {
    pub client: Client,
    /// The language of its pages.
    pub locale: Locale,
    /// The language that it asks for.
    pub wanted: Locale,
    /// The language that this request chooses.
    pub chosen: Option<Locale>,
    /// The query of a page that can be shown again in another language.
    /// Submitted forms have none, because the input would be lost.
    pub query: Option<String>,
    /// The session's cookie, whether or not the session exists.
    pub session: Option<Token>,
    /// Postgres's write position when this browser last changed something.
    pub written: Option<Written>,
    /// The account that was logged in to in it before.
    pub known: Option<KnownBrowser>,
    guest: Option<Token>,
    is_guest_new: bool,
    has_session: bool,
    has_language: bool,
}

impl Browser {
    pub fn meet(app: &ConsoleApp, request: Request) -> (Self, Request) {
        let console = &app.console;
        let headers = request.headers();
        let (session, guest) = cookies::read(&console.config, headers);
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
        let wanted = Locale::from_accept_language(wanted.unwrap_or_default());
        let chosen = language::chosen(request.uri());
        let kept = cookies::language(&console.config, headers);
        let browser = Self {
            client: Client::of(app, &request),
            locale: chosen.or(kept).unwrap_or(wanted),
            wanted,
            chosen,
            query: language::again(&request),
            session,
            written: cookies::written(&console.config, headers),
            known: cookies::known(console, headers),
            guest,
            is_guest_new: false,
            has_session: false,
            has_language: chosen.or(kept).is_some(),
        };
        (browser, request)
    }

    /// The texts in the language of its pages.
    pub const fn t(&self) -> Texts {
        Texts::of(self.locale)
    }

    /// Shows pages in the language that the user chose for the account, unless
    /// this browser has chosen one.
    pub const fn prefer(&mut self, locale: Locale) {
        if !self.has_language {
            self.locale = locale;
        }
    }

    /// Draws a guest's cookie if the CSRF token needs one.
    pub fn prepare_csrf_token(&mut self, has_session: bool, entropy: &Entropy) {
        self.has_session = has_session;
        if !has_session && self.guest.is_none() {
            self.guest = Some(Token::draw(entropy));
            self.is_guest_new = true;
        }
    }

    /// The cookie that forms are tied to: the session's, or a guest's.
    pub fn form_holder(&self) -> Option<&Token> {
        if self.has_session { self.session.as_ref() } else { self.guest.as_ref() }
    }

    pub fn csrf_token(&self) -> String {
        self.form_holder().map(Token::csrf_token).unwrap_or_default()
    }

    /// A guest's cookie that the browser does not have yet.
    pub fn new_guest(&self) -> Option<&Token> {
        self.guest.as_ref().filter(|_| self.is_guest_new)
    }
}

/// A user who is logged in, or has given only the password so far.
#[derive(Debug, Clone)]
pub struct User {
    pub account: Account,
    pub session: Session,
    pub memberships: Vec<Membership>,
}

impl User {
    /// Whether log-in is complete.
    pub fn is_complete(&self) -> bool {
        self.session.stage == Stage::Complete
    }

    /// Whether they run the service.
    pub fn operates(&self, app: &ConsoleApp) -> bool {
        app.console.config.operators.contains(&self.account.email)
    }

    /// For the audit log.
    pub fn actor(&self, browser: &Browser) -> Actor {
        browser.client.actor(&self.account)
    }
}

/// The user's membership in the organisation that the path names.
#[derive(Debug, Clone)]
pub struct Member {
    pub membership: Membership,
}

/// A request for an organisation's page: all that the access check found
/// out, as one argument of the page's code.
#[derive(Debug, Clone)]
pub struct Asking {
    pub app: ConsoleApp,
    pub browser: Browser,
    pub user: User,
    pub member: Member,
}

impl FromRequestParts<ConsoleApp> for Asking {
    type Rejection = PageError;

    /// Fails for pages that the table does not list for members.
    async fn from_request_parts(head: &mut Parts, app: &ConsoleApp) -> Result<Self, PageError> {
        let (browser, user, member) = (found(head)?, found(head)?, found(head)?);
        Ok(Self { app: app.clone(), browser, user, member })
    }
}

/// The same for a page of the user's own.
#[derive(Debug, Clone)]
pub struct AskingUser {
    pub app: ConsoleApp,
    pub browser: Browser,
    pub user: User,
}

impl FromRequestParts<ConsoleApp> for AskingUser {
    type Rejection = PageError;

    /// Fails for pages that the table does not list for users.
    async fn from_request_parts(head: &mut Parts, app: &ConsoleApp) -> Result<Self, PageError> {
        let (browser, user) = (found(head)?, found(head)?);
        Ok(Self { app: app.clone(), browser, user })
    }
}

/// What the access check found out.
fn found<T: Clone + Send + Sync + 'static>(head: &Parts) -> Result<T, PageError> {
    head.extensions.get().cloned().ok_or_else(|| {
        tracing::error!("a page is listed for other users than its code expects");
        PageError::nothing_here()
    })
}

impl AskingUser {
    /// The texts in the language of the page.
    pub const fn t(&self) -> Texts {
        self.browser.t()
    }

    /// For the audit log.
    pub fn actor(&self) -> Actor {
        self.user.actor(&self.browser)
    }
}

impl Asking {
    /// The texts in the language of the page.
    pub const fn t(&self) -> Texts {
        self.browser.t()
    }

    /// The organisation that the path names.
    pub fn organisation(&self) -> &Id {
        &self.member.membership.organisation
    }

    /// The user's role in it.
    pub fn role(&self) -> Role {
        self.member.membership.role
    }

    /// Reads numbers from a replica if there is one that has this browser's
    /// last change.
    pub async fn read<T, F>(&self, read: impl Fn(PgPool) -> F) -> Result<T, DatabaseError>
    where
        F: Future<Output = Result<T, DatabaseError>>,
    {
        self.app.reads.read(self.browser.written, read).await
    }

    /// For the audit log.
    pub fn actor(&self) -> Actor {
        self.user.actor(&self.browser)
    }
}
