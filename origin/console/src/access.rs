//! Access to pages: decided here for every page, from the table in `console`, before
//!  the page's own code runs.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use munjigi_app::{App, ConsoleApp, Refused};
use munjigi_domain::accounts::demo;
use munjigi_domain::accounts::session::Stage;
use munjigi_domain::accounts::{Id, Permission};
use munjigi_keys::UnixMillis;
use munjigi_protocol::Code;
use munjigi_store::replica::Written;
use munjigi_store::sessions::{self, Touched};
use munjigi_store::{accounts, organisations};

use super::cookies;
use super::csrf::read_form;
use super::page_error::PageError;
use super::requester::{Browser, Member, User};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, without reading the session, so that the page also works while
    /// Postgres is unreachable.
    Public,
    /// Everyone; the session is read.
    Anyone,
    /// Users who are not logged in; others are redirected to the console.
    Guest,
    /// Users who have given the password but not yet the second factor.
    HalfWay,
    /// Users who are logged in.
    User,
    /// Users who are logged in and run the service.
    Operator,
    /// Users who are logged in and have this permission in the organisation
    /// that the path names.
    Member(Permission),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path in the router's syntax.
    pub path: &'static str,
    pub access: Access,
}

/// Builds the table.
pub struct Pages {
    app: ConsoleApp,
    router: Router<ConsoleApp>,
    listed: Vec<Listed>,
}

impl Pages {
    pub fn new(app: &ConsoleApp) -> Self {
        Self { app: app.clone(), router: Router::new(), listed: Vec::new() }
    }

    /// Adds a page.
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, ConsoleApp>,
        T: 'static,
    {
        self.add("GET", path, access, get(handler))
    }

    /// Adds the target of a form.
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, ConsoleApp>,
        T: 'static,
    {
        self.add("POST", path, access, post(handler))
    }

    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        access: Access,
        route: MethodRouter<ConsoleApp, Infallible>,
    ) -> Self {
        let state = (self.app.clone(), access);
        let checked = route.layer(middleware::from_fn_with_state(state, check));
        self.router = self.router.route(path, checked);
        self.listed.push(Listed { method, path, access });
        self
    }

    pub fn into_router(self) -> Router<ConsoleApp> {
        self.router
    }

    pub fn listed(self) -> Vec<Listed> {
        self.listed
    }
}

async fn check(
    State((app, access)): State<(ConsoleApp, Access)>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let (mut browser, request) = Browser::meet(&app, request);
    let changes = request.method() == Method::POST;
    let passed = pass(&app, access, &params, &mut browser, request).await;
    let mut response = match passed {
        Ok(request) => next.run(request).await,
        Err(refused) => refused,
    };
    if let Some(error) = response.extensions_mut().remove::<PageError>() {
        response = error.page(&app, &browser);
    }
    if changes && app.reads.has_copy() && response.status().as_u16() < 400 {
        // If the position is unknown, this browser reads from the primary.
        let written = app.reads.written().await.unwrap_or(Written(u64::MAX));
        cookies::put(&mut response, cookies::set_written(&app.console.config, written));
    }
    finish(&app, &browser, &mut response);
    response
}

/// The fallback for unknown paths: a page for browsers, a problem document for
/// programs.
pub async fn nowhere(State(app): State<ConsoleApp>, request: Request) -> Response {
    let accepted = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let reads_pages = accepted.is_some_and(|accept| accept.contains("text/html"));
    if !reads_pages {
        return Refused::new(Code::NotFound, "unknown path").into_response();
    }
    let (browser, _) = Browser::meet(&app, request);
    let error = PageError::nothing_here();
    let mut response = error.page(&app, &browser);
    finish(&app, &browser, &mut response);
    response
}

/// Passes a request on with what is known about its sender, or responds.
async fn pass(
    app: &ConsoleApp,
    access: Access,
    params: &RawPathParams,
    browser: &mut Browser,
    request: Request,
) -> Result<Request, Response> {
    if access == Access::Public {
        let (mut head, body) = request.into_parts();
        head.extensions.insert(browser.clone());
        return Ok(Request::from_parts(head, body));
    }
    let now = app.clock.now();
    app.readiness.migrated().map_err(|_| PageError::away().into_response())?;
    let user = find_person(app, browser, now).await.map_err(IntoResponse::into_response)?;
    if let Some(User { account, .. }) = &user
        && account.locale_chosen
    {
        browser.prefer(account.locale);
    }
    // Within a session, the CSRF token is derived from the session's cookie.
    browser.prepare_csrf_token(user.is_some(), &app.entropy);
    let request = read_form(app, browser, request).await?;
    let (mut head, body) = request.into_parts();
    match (access, user) {
        (Access::Public | Access::Anyone, user) => {
            if let Some(user) = user.filter(User::is_complete) {
                head.extensions.insert(user);
            }
        }
        (Access::Guest, Some(user)) if user.is_complete() => {
            return Err(Redirect::to("/console").into_response());
        }
        (Access::Guest, _) => {}
        (Access::HalfWay, Some(user)) if !user.is_complete() => {
            head.extensions.insert(user);
        }
        (Access::HalfWay, Some(_)) => return Err(Redirect::to("/console").into_response()),
        (Access::User | Access::Operator | Access::Member(_), Some(user)) if user.is_complete() => {
            // For others, these pages do not exist.
            if access == Access::Operator && !user.operates(app) {
                return Err(PageError::nothing_here().into_response());
            }
            if let Access::Member(permission) = access {
                let member = member(app, params, &user, permission).await?;
                head.extensions.insert(member);
            }
            head.extensions.insert(user);
        }
        (Access::HalfWay | Access::User | Access::Operator | Access::Member(_), _) => {
            return Err(ask_to_log_in(&head.method, &head.uri));
        }
    }
    head.extensions.insert(browser.clone());
    Ok(Request::from_parts(head, body))
}

/// The user that the session's cookie belongs to, while the session is active.
async fn find_person(
    app: &ConsoleApp,
    browser: &Browser,
    now: UnixMillis,
) -> Result<Option<User>, PageError> {
    let Some(cookie) = &browser.session else { return Ok(None) };
    let Some(session) = app.cache.sessions.find(cookie.hash(), now).await? else {
        return Ok(None);
    };
    let Some(account) = accounts::find(&app.pool, &session.account).await? else {
        return Ok(None);
    };
    if !demo::may_be_used(&account.email, app.console.config.reach()) {
        return Ok(None);
    }
    if session.stage == Stage::Complete {
        let noted = sessions::note(&app.pool, &session, &browser.client.prefix, now).await?;
        if noted == Touched::Now {
            app.cache.sessions.noted(cookie.hash()).await;
        }
    }
    let memberships = organisations::of_account(&app.pool, &account.id).await?;
    Ok(Some(User { account, session, memberships }))
}

/// For users who are not members, an organisation does not exist: a different
/// response would reveal that it does.
async fn member(
    app: &App,
    params: &RawPathParams,
    user: &User,
    permission: Permission,
) -> Result<Member, Response> {
    let named = params.iter().find(|(name, _)| *name == "organisation");
    let organisation: Option<Id> = named.and_then(|(_, text)| text.parse().ok());
    let Some(organisation) = organisation else {
        return Err(PageError::nothing_here().into_response());
    };
    let found = organisations::membership_of(&app.pool, &organisation, &user.account.id).await;
    let membership = found
        .map_err(|error| PageError::from(error).into_response())?
        .ok_or_else(|| PageError::nothing_here().into_response())?;
    if membership.role.may(permission) {
        return Ok(Member { membership });
    }
    Err(PageError::forbidden(membership.role).into_response())
}

/// After log-in, users return to the page they wanted, but never to a form's
/// target: what they typed is lost, and nothing may happen after a log-in that
/// they did not ask for.
fn ask_to_log_in(method: &Method, uri: &axum::http::Uri) -> Response {
    if method != Method::GET {
        return PageError::logged_out().into_response();
    }
    let path = uri.path_and_query().map_or("/console", |path| path.as_str());
    let query = serde_urlencoded::to_string([("next", path)]).unwrap_or_default();
    Redirect::to(&format!("/log-in?{query}")).into_response()
}

/// Headers of every page.
fn finish(app: &ConsoleApp, browser: &Browser, response: &mut Response) {
    let edge = app.edge.url().origin().ascii_serialization();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self' {edge}; \
         frame-src {edge}; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let same_origin = HeaderValue::from_static("same-origin");
    headers.insert("cross-origin-opener-policy", same_origin.clone());
    // So that browsers send the origin of a form.
    headers.insert(header::REFERRER_POLICY, same_origin);
    let console = &app.console;
    if console.config.is_secure() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if let Some(guest) = browser.new_guest() {
        let cookie = cookies::guest(&console.config, guest);
        headers.append(header::SET_COOKIE, cookie);
    }
    if let Some(locale) = browser.chosen {
        headers.append(header::SET_COOKIE, cookies::set_language(&console.config, locale));
    }
}
