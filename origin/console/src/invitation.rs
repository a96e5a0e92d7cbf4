//! `/invitation`: the link in an invitation's email. Users who have an account
//! with that address join when logged in; others sign up here, because the link
//! proves that the address is theirs.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::{App, ConsoleApp};
use munjigi_domain::accounts::{Id, Password, Token};
use munjigi_store::accounts::{self, JoinNew};
use munjigi_store::audit::Actor;
use munjigi_store::organisations::{self, Invitation, Join};
use munjigi_store::transact;
use serde::Deserialize;

use super::frame::{Frame, render};
use super::link::{Link, follow};
use super::log_in;
use super::mistakes;
use super::page_error::PageError;
use super::requester::{Browser, User};
use super::sign_up::name_mistake;

#[derive(Template)]
#[template(path = "invitation.html")]
struct Page {
    frame: Frame,
    invitation: Invitation,
    link: String,
    step: InvitationState,
    name: String,
    mistakes: Vec<String>,
}

/// What the invited user has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum InvitationState {
    /// Accept.
    Join,
    /// Log in with the invited address first.
    LogIn,
    /// Log out: the session is another account's.
    Another,
    /// Create an account.
    SignUp,
}

#[derive(Debug, Deserialize)]
pub struct InvitationForm {
    link: String,
    name: Option<String>,
    password: Option<Password>,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    user: Option<Extension<User>>,
    link: Result<Query<Link>, QueryRejection>,
) -> Result<Response, PageError> {
    let Query(Link { link }) = link.map_err(|_| PageError::link_gone())?;
    let (_, invitation) = follow(&app, &link, organisations::invitation).await?;
    let user = user.map(|Extension(user)| user);
    let step = step(&app, user.as_ref(), &invitation).await?;
    let frame = frame(&app, &browser, user.as_ref());
    let (name, mistakes) = (String::new(), Vec::new());
    Ok(render(&Page { frame, invitation, link, step, name, mistakes })?.into_response())
}

/// Accepts the invitation.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    user: Option<Extension<User>>,
    fields: Result<Form<InvitationForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let (token, invitation) = follow(&app, &fields.link, organisations::invitation).await?;
    let user = user.map(|Extension(user)| user);
    match (step(&app, user.as_ref(), &invitation).await?, user) {
        (InvitationState::Join, Some(user)) => {
            let actor = &user.actor(&browser);
            let unit = Join { link: token.hash(), actor, now: app.clock.now() };
            let organisation = transact(&app.pool, &unit).await?.ok_or(PageError::link_gone())?;
            Ok(Redirect::to(&format!("/console/{organisation}")).into_response())
        }
        (InvitationState::SignUp, None) => {
            sign_up(&app, &browser, &token, invitation, fields).await
        }
        _ => Err(PageError::malformed()),
    }
}

async fn sign_up(
    app: &ConsoleApp,
    browser: &Browser,
    token: &Token,
    invitation: Invitation,
    fields: InvitationForm,
) -> Result<Response, PageError> {
    let console = &app.console;
    let InvitationForm { link, name, password } = fields;
    let name = name.ok_or(PageError::malformed())?.trim().to_owned();
    let password = password.ok_or(PageError::malformed())?;
    let t = browser.t();
    let weak = password.check(&invitation.email, &name).err();
    let weak = weak.map(|error| mistakes::of_password(t, error));
    let mistakes: Vec<String> = name_mistake(t, &name).into_iter().chain(weak).collect();
    if !mistakes.is_empty() {
        let frame = frame(app, browser, None);
        let page = Page { frame, invitation, link, step: InvitationState::SignUp, name, mistakes };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response());
    }
    let now = app.clock.now();
    let account = Id::draw(&app.entropy);
    let password = console.passwords.hash(password, app.entropy.bytes()).await?;
    let actor = Actor {
        account: account.clone(),
        email: invitation.email.to_string(),
        prefix: browser.client.prefix.clone(),
        request_id: browser.client.request_id.clone(),
    };
    let unit = JoinNew {
        join: Join { link: token.hash(), actor: &actor, now },
        name: &name,
        locale: browser.locale,
        password: &password,
    };
    let organisation = transact(&app.pool, &unit).await?.ok_or(PageError::link_gone())?;
    let to = format!("/console/{organisation}");
    let mut response = log_in::begin(app, browser, &account, false, &to, now).await?;
    log_in::know(app, browser, (&account, &password), &mut response);
    Ok(response)
}

async fn step(
    app: &App,
    user: Option<&User>,
    invitation: &Invitation,
) -> Result<InvitationState, PageError> {
    Ok(match user {
        Some(user) if user.account.email == invitation.email => InvitationState::Join,
        Some(_) => InvitationState::Another,
        None if accounts::by_email(&app.pool, &invitation.email).await?.is_some() => {
            InvitationState::LogIn
        }
        None => InvitationState::SignUp,
    })
}

fn frame(app: &ConsoleApp, browser: &Browser, user: Option<&User>) -> Frame {
    let title = browser.t().get("invitation-title");
    match user {
        Some(user) => Frame::of_user(app, browser, user, title),
        None => Frame::bare(app, browser, title),
    }
}
