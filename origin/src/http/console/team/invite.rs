//! `POST …/team/invite` and `…/team/withdraw`.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_captcha::UnixMillis;
use serde::Deserialize;

use super::Asking;
use crate::accounts::{EmailAddress, Id, Role, Token, limits, session};
use crate::http::App;
use crate::http::console::letters;
use crate::http::console::person::{Browser, Member, Person};
use crate::http::console::trouble::Trouble;
use crate::store::limits::{Taken, take};
use crate::store::organisations::{Invite, TeamRefused, Withdraw};
use crate::store::transact;

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct Fields {
    email: String,
    role: String,
}

/// Which invitation.
#[derive(Debug, Deserialize)]
pub struct Which {
    invitation: String,
}

/// Sends a link.
pub async fn submit(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    Extension(member): Extension<Member>,
    fields: Result<Form<Fields>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Fields { email, role }) = fields.map_err(|_| Trouble::malformed())?;
    let role = Role::parse(&role).ok_or(Trouble::malformed())?;
    let membership = &member.membership;
    let asking = Asking { app: &app, browser: &browser, person: &person, member: &member };
    let address = match email.parse::<EmailAddress>() {
        Ok(address) => address,
        Err(error) => return asking.page(None, Some(error.to_string()), email).await,
    };
    if !membership.role.may_grant(role) {
        return asking.page(None, Some(TeamRefused::TooMighty.to_string()), email).await;
    }
    let now = app.clock.now();
    for (limit, whom) in [
        (&limits::LETTERS_BY_ORGANISATION, membership.organisation.as_str()),
        (&limits::LETTERS_BY_ADDRESS, address.as_str()),
    ] {
        if let Taken::Wait { seconds } = take(&app.pool, limit, whom, now).await? {
            return Err(Trouble::too_often(seconds));
        }
    }
    let link = Token::draw(&app.entropy);
    let console = app.console.as_ref().ok_or(Trouble::nothing_here())?;
    let name = &membership.name;
    let letter = letters::invited(console, &person.account, name, &address, role, &link);
    let unit = Invite {
        id: &Id::draw(&app.entropy),
        link: link.hash(),
        organisation: &membership.organisation,
        email: &address,
        role,
        letter: &letter,
        actor: &person.actor(&browser),
        expires: UnixMillis(now.0 + session::INVITATION_MILLIS),
        now,
    };
    match transact(&app.pool, &unit).await? {
        Ok(()) => Ok(back(&member, "invited")),
        Err(refused) => asking.page(None, Some(refused.to_string()), email).await,
    }
}

/// Takes one back.
pub async fn withdraw(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    Extension(member): Extension<Member>,
    fields: Result<Form<Which>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Which { invitation }) = fields.map_err(|_| Trouble::malformed())?;
    let id: Id = invitation.parse().map_err(|_| Trouble::malformed())?;
    let unit = Withdraw {
        id: &id,
        organisation: &member.membership.organisation,
        actor: &person.actor(&browser),
        now: app.clock.now(),
    };
    transact(&app.pool, &unit).await?.map_err(|_| Trouble::nothing_here())?;
    Ok(back(&member, "withdrawn"))
}

/// Back to the page.
pub(super) fn back(member: &Member, done: &str) -> Response {
    let place = format!("/console/{}/team?done={done}", member.membership.organisation);
    Redirect::to(&place).into_response()
}
