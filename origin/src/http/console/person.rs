//! Who sends a request, as the gate has found out.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::session::Stage;
use munjigi_domain::accounts::{Id, Role, Token};
use munjigi_domain::entropy::Entropy;
use munjigi_domain::locale::Locale;
use munjigi_store::StoreError;
use munjigi_store::audit::Actor;
use munjigi_store::organisations::Membership;
use munjigi_store::replica::Written;
use munjigi_store::sessions::Session;
use sqlx::PgPool;

use super::cookies;
use super::language;
use super::trouble::Trouble;
use crate::http::App;
use crate::http::client::Client;

/// A browser, whoever sits before it.
#[derive(Debug, Clone)]
pub struct Browser {
    /// Where its requests come from.
    pub client: Client,
    /// What it would like to read.
    pub locale: Locale,
    /// Set by this very request.
    pub chosen: Option<Locale>,
    /// The query of a page that may be shown again in another language: a
    /// form that was sent would not bring back what was typed.
    pub query: Option<String>,
    /// The session's cookie, whether or not there is such a session.
    pub session: Option<Token>,
    /// What Postgres had written when it last changed something.
    pub written: Option<Written>,
    guest: Option<Token>,
    is_guest_new: bool,
    has_session: bool,
}

impl Browser {
    /// From a request.
    pub fn meet(app: &App, request: Request) -> (Self, Request) {
        let console = app.console();
        let headers = request.headers();
        let (session, guest) = cookies::read(&console.config, headers);
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
        let wanted = Locale::from_accept_language(wanted.unwrap_or_default());
        let chosen = language::chosen(request.uri());
        let kept = cookies::language(&console.config, headers);
        let browser = Self {
            client: Client::of(app, &request),
            locale: chosen.or(kept).unwrap_or(wanted),
            chosen,
            query: language::again(&request),
            session,
            written: cookies::written(&console.config, headers),
            guest,
            is_guest_new: false,
            has_session: false,
        };
        (browser, request)
    }

    /// Settles what forms carry.
    pub fn prepare_form_key(&mut self, has_session: bool, entropy: &Entropy) {
        self.has_session = has_session;
        if !has_session && self.guest.is_none() {
            self.guest = Some(Token::draw(entropy));
            self.is_guest_new = true;
        }
    }

    /// Whose forms these are.
    pub fn form_holder(&self) -> Option<&Token> {
        if self.has_session { self.session.as_ref() } else { self.guest.as_ref() }
    }

    /// What forms carry.
    pub fn form_key(&self) -> String {
        self.form_holder().map(Token::form_key).unwrap_or_default()
    }

    /// A guest's cookie that the browser does not have yet.
    pub fn new_guest(&self) -> Option<&Token> {
        self.guest.as_ref().filter(|_| self.is_guest_new)
    }
}

/// Who is logged in, or half-way.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their account.
    pub account: Account,
    /// Their session.
    pub session: Session,
    /// Where they are members.
    pub memberships: Vec<Membership>,
}

impl Person {
    /// Whether they are logged in.
    pub fn is_complete(&self) -> bool {
        self.session.stage == Stage::Complete
    }

    /// For the record of changes.
    pub fn actor(&self, browser: &Browser) -> Actor {
        browser.client.actor(&self.account)
    }
}

/// What somebody is in the organisation that the path names.
#[derive(Debug, Clone)]
pub struct Member {
    /// There.
    pub membership: Membership,
}

/// Who asks for a page of an organisation: all that the gate has found out,
/// as one argument of the page's code.
#[derive(Debug, Clone)]
pub struct Asking {
    /// What endpoints need.
    pub app: Arc<App>,
    /// Their browser.
    pub browser: Browser,
    /// Who they are.
    pub person: Person,
    /// What they are there.
    pub member: Member,
}

impl FromRequestParts<Arc<App>> for Asking {
    type Rejection = Trouble;

    /// Fails for pages that the table does not list for members.
    async fn from_request_parts(head: &mut Parts, app: &Arc<App>) -> Result<Self, Trouble> {
        let met = &head.extensions;
        let found = (met.get::<Browser>(), met.get::<Person>(), met.get::<Member>());
        let (Some(browser), Some(person), Some(member)) = found else {
            tracing::error!("a members' page is missing from the list of such pages");
            return Err(Trouble::nothing_here());
        };
        Ok(Self {
            app: Arc::clone(app),
            browser: browser.clone(),
            person: person.clone(),
            member: member.clone(),
        })
    }
}

impl Asking {
    /// The organisation that the path names.
    pub fn organisation(&self) -> &Id {
        &self.member.membership.organisation
    }

    /// Their role there.
    pub fn role(&self) -> Role {
        self.member.membership.role
    }

    /// Reads numbers: from a copy of Postgres where there is one that has what
    /// this browser last changed.
    pub async fn read<T, F>(&self, read: impl Fn(PgPool) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        self.app.reads.read(self.browser.written, read).await
    }

    /// For the record of changes.
    pub fn actor(&self) -> Actor {
        self.person.actor(&self.browser)
    }
}
