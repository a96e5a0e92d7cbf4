//! `POST …/team/invite` and `…/team/withdraw`.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_captcha::UnixMillis;
use serde::Deserialize;

use super::page;
use crate::accounts::{EmailAddress, Id, Role, Token, limits, session};
use crate::http::console::letters;
use crate::http::console::person::Asking;
use crate::http::console::trouble::Trouble;
use crate::store::limits::Taken;
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
    asking: Asking,
    fields: Result<Form<Fields>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Fields { email, role }) = fields.map_err(|_| Trouble::malformed())?;
    let role = Role::parse(&role).ok_or(Trouble::malformed())?;
    let membership = &asking.member.membership;
    let address = match email.parse::<EmailAddress>() {
        Ok(address) => address,
        Err(error) => return page(&asking, None, Some(error.to_string()), email).await,
    };
    if !membership.role.may_grant(role) {
        return page(&asking, None, Some(TeamRefused::TooMighty.to_string()), email).await;
    }
    let now = asking.app.clock.now();
    for (limit, whom) in [
        (&limits::LETTERS_BY_ORGANISATION, membership.organisation.as_str()),
        (&limits::LETTERS_BY_ADDRESS, address.as_str()),
    ] {
        if let Taken::Wait { seconds } = asking.app.cache.limits.take(limit, whom, now).await? {
            return Err(Trouble::too_often(seconds));
        }
    }
    let link = Token::draw(&asking.app.entropy);
    let console = asking.app.console();
    let name = &membership.name;
    let letter = letters::invited(console, &asking.person.account, name, &address, role, &link);
    let unit = Invite {
        id: &Id::draw(&asking.app.entropy),
        link: link.hash(),
        organisation: &membership.organisation,
        email: &address,
        role,
        letter: &letter,
        actor: &asking.actor(),
        expires: UnixMillis(now.0 + session::INVITATION_MILLIS),
        now,
    };
    match transact(&asking.app.pool, &unit).await? {
        Ok(()) => Ok(back(&asking, "invited")),
        Err(refused) => page(&asking, None, Some(refused.to_string()), email).await,
    }
}

/// Takes one back.
pub async fn withdraw(
    asking: Asking,
    fields: Result<Form<Which>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Which { invitation }) = fields.map_err(|_| Trouble::malformed())?;
    let id: Id = invitation.parse().map_err(|_| Trouble::malformed())?;
    let unit = Withdraw {
        id: &id,
        organisation: asking.organisation(),
        actor: &asking.actor(),
        now: asking.app.clock.now(),
    };
    transact(&asking.app.pool, &unit).await?.map_err(|_| Trouble::nothing_here())?;
    Ok(back(&asking, "withdrawn"))
}

/// Back to the page.
pub(super) fn back(asking: &Asking, done: &str) -> Response {
    let place = format!("/console/{}/team?done={done}", asking.organisation());
    Redirect::to(&place).into_response()
}
