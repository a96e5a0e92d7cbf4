//! `POST …/team/change` and `…/team/remove`.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use super::Asking;
use super::invite::back;
use crate::accounts::{Id, Role};
use crate::http::App;
use crate::http::console::person::{Browser, Member, Person};
use crate::http::console::trouble::Trouble;
use crate::store::organisations::{ChangeMember, TeamRefused};
use crate::store::transact;

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct Fields {
    account: String,
    role: String,
}

/// Who leaves.
#[derive(Debug, Deserialize)]
pub struct Which {
    account: String,
}

/// Makes a member something else.
pub async fn submit(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    Extension(member): Extension<Member>,
    fields: Result<Form<Fields>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Fields { account, role }) = fields.map_err(|_| Trouble::malformed())?;
    let role = Role::parse(&role).ok_or(Trouble::malformed())?;
    let asking = Asking { app: &app, browser: &browser, person: &person, member: &member };
    asking.change(&account, Some(role)).await
}

/// Ends a membership: somebody's, or one's own.
pub async fn remove(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    Extension(member): Extension<Member>,
    fields: Result<Form<Which>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Which { account }) = fields.map_err(|_| Trouble::malformed())?;
    let asking = Asking { app: &app, browser: &browser, person: &person, member: &member };
    asking.change(&account, None).await
}

impl Asking<'_> {
    async fn change(&self, account: &str, role: Option<Role>) -> Result<Response, Trouble> {
        let account: Id = account.parse().map_err(|_| Trouble::malformed())?;
        let membership = &self.member.membership;
        let unit = ChangeMember {
            organisation: &membership.organisation,
            account: &account,
            role,
            actor: &self.person.actor(self.browser),
            by: membership.role,
            now: self.app.clock.now(),
        };
        let leaves = role.is_none() && account == self.person.account.id;
        match transact(&self.app.pool, &unit).await? {
            Ok(()) if leaves => Ok(Redirect::to("/console").into_response()),
            Ok(()) if role.is_some() => Ok(back(self.member, "changed")),
            Ok(()) => Ok(back(self.member, "removed")),
            Err(TeamRefused::Unknown) => Err(Trouble::nothing_here()),
            Err(
                refused @ (TeamRefused::Member | TeamRefused::TooMighty | TeamRefused::LastOwner),
            ) => self.page(None, Some(refused.to_string()), String::new()).await,
        }
    }
}
