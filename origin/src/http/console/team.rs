//! `…/team`: who belongs to the organisation, and who was asked to.

pub mod change;
pub mod invite;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::frame::{Entry, Frame, render};
use super::person::{Browser, Member, Person};
use super::trouble::Trouble;
use crate::accounts::{Permission, Role};
use crate::http::App;
use crate::store::organisations::{self, Invitation, MemberRow};

#[derive(Template)]
#[template(path = "console/team.html")]
struct Page {
    frame: Frame,
    me: String,
    members: Vec<MemberRow>,
    invitations: Vec<Invitation>,
    may_change: bool,
    roles: Vec<Role>,
    email: String,
    notice: Option<&'static str>,
    mistake: Option<String>,
}

/// What was just done.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    done: Option<String>,
}

/// Who asks, for the pages of this folder.
struct Asking<'a> {
    app: &'a App,
    browser: &'a Browser,
    person: &'a Person,
    member: &'a Member,
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    Extension(member): Extension<Member>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Trouble> {
    let notice = done.ok().and_then(|Query(done)| notice(done.done.as_deref()?));
    let asking = Asking { app: &app, browser: &browser, person: &person, member: &member };
    asking.page(notice, None, String::new()).await
}

impl Asking<'_> {
    /// The page, with something to say.
    async fn page(
        &self,
        notice: Option<&'static str>,
        mistake: Option<String>,
        email: String,
    ) -> Result<Response, Trouble> {
        let Self { app, browser, person, member } = self;
        let membership = &member.membership;
        let (organisation, role) = (&membership.organisation, membership.role);
        let status =
            if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let page = Page {
            frame: Frame::of_member(app, browser, person, member, "Team", Entry::Team),
            me: person.account.id.to_string(),
            members: organisations::members(&app.pool, organisation).await?,
            invitations: organisations::invitations(&app.pool, organisation, app.clock.now())
                .await?,
            may_change: role.may(Permission::ChangeTeam),
            roles: Role::ALL.into_iter().filter(|other| role.may_grant(*other)).collect(),
            email,
            notice,
            mistake,
        };
        Ok((status, render(&page)?).into_response())
    }
}

fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "invited" => "A letter with a link is on its way. The link works for seven days.",
        "withdrawn" => "The invitation is taken back. Its link no longer works.",
        "changed" => "The role is changed, at once.",
        "removed" => "They are no longer a member.",
        _ => return None,
    })
}
