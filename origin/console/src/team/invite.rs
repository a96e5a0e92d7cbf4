//! `POST …/team/invite` and `…/team/withdraw`.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::invite::{Invite, InviteRefused};
use munjigi_domain::accounts::{EmailAddress, Granting, Id, Role};
use munjigi_store::organisations::Withdraw;
use munjigi_store::transact;
use serde::Deserialize;

use super::{page, refusal};
use crate::mistakes;
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Debug, Deserialize)]
pub struct InviteForm {
    email: String,
    role: String,
}

#[derive(Debug, Deserialize)]
pub struct Which {
    invitation: String,
}

pub async fn submit(
    asking: Asking,
    fields: Result<Form<InviteForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(InviteForm { email, role }) = fields.map_err(|_| PageError::malformed())?;
    let role = Role::parse(&role).ok_or(PageError::malformed())?;
    let address = match email.parse::<EmailAddress>() {
        Ok(address) => address,
        Err(error) => {
            let mistake = mistakes::of_email(asking.t(), error);
            return page(&asking, None, Some(mistake), email).await;
        }
    };
    let invite = Invite {
        membership: &asking.member.membership,
        by: &asking.user.account,
        granting: &Granting::Member(asking.role()),
        actor: &asking.actor(),
        email: &address,
        role,
    };
    match invite.send(&asking.app).await {
        Ok(_) => Ok(back(&asking, "invited")),
        Err(InviteRefused::Team(refused)) => {
            page(&asking, None, Some(refusal(asking.t(), refused)), email).await
        }
        Err(InviteRefused::TooOften { seconds }) => Err(PageError::too_often(seconds)),
        Err(InviteRefused::Store(error)) => Err(error.into()),
    }
}

pub async fn withdraw(
    asking: Asking,
    fields: Result<Form<Which>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Which { invitation }) = fields.map_err(|_| PageError::malformed())?;
    let id: Id = invitation.parse().map_err(|_| PageError::malformed())?;
    let unit = Withdraw {
        id: &id,
        organisation: asking.organisation(),
        actor: &asking.actor(),
        now: asking.app.clock.now(),
    };
    transact(&asking.app.pool, &unit).await?.map_err(|_| PageError::nothing_here())?;
    Ok(back(&asking, "withdrawn"))
}

/// Redirects to the page.
pub(super) fn back(asking: &Asking, done: &str) -> Response {
    let place = format!("/console/{}/team?done={done}", asking.organisation());
    Redirect::to(&place).into_response()
}
