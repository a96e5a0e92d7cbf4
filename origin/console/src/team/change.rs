//! `POST …/team/change` and `…/team/remove`.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_domain::accounts::{Granting, Id, Role};
use munjigi_store::organisations::{ChangeMember, TeamRefused};
use munjigi_store::transact;
use serde::Deserialize;

use super::invite::back;
use super::{page, refusal};
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Debug, Deserialize)]
pub struct MemberForm {
    account: String,
    role: String,
}

#[derive(Debug, Deserialize)]
pub struct Which {
    account: String,
}

/// Changes the role of a member.
pub async fn submit(
    asking: Asking,
    fields: Result<Form<MemberForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(MemberForm { account, role }) = fields.map_err(|_| PageError::malformed())?;
    let role = Role::parse(&role).ok_or(PageError::malformed())?;
    change(&asking, &account, Some(role)).await
}

/// Ends a membership: another member's, or the user's own.
pub async fn remove(
    asking: Asking,
    fields: Result<Form<Which>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Which { account }) = fields.map_err(|_| PageError::malformed())?;
    change(&asking, &account, None).await
}

async fn change(asking: &Asking, account: &str, role: Option<Role>) -> Result<Response, PageError> {
    let account: Id = account.parse().map_err(|_| PageError::malformed())?;
    let unit = ChangeMember {
        organisation: asking.organisation(),
        account: &account,
        role,
        actor: &asking.actor(),
        by: &Granting::Member(asking.role()),
        now: asking.app.clock.now(),
    };
    let leaves = role.is_none() && account == asking.user.account.id;
    match transact(&asking.app.pool, &unit).await? {
        Ok(()) if leaves => Ok(Redirect::to("/console").into_response()),
        Ok(()) if role.is_some() => Ok(back(asking, "changed")),
        Ok(()) => Ok(back(asking, "removed")),
        Err(TeamRefused::Unknown) => Err(PageError::nothing_here()),
        Err(refused) => page(asking, None, Some(refusal(asking.t(), refused)), String::new()).await,
    }
}
