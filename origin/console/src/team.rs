//! `…/team`: members of the organisation, and pending invitations.

pub mod change;
pub mod invite;

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_domain::accounts::{Permission, Role};
use munjigi_store::organisations::{self, Invitation, MemberRow};
use serde::Deserialize;

use super::frame::{Entry, Frame, render};
use super::requester::Asking;
use super::trouble::Trouble;

#[derive(Template)]
#[template(path = "team.html")]
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

/// Query after a form was submitted: which notice to show.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    done: Option<String>,
}

pub async fn show(
    asking: Asking,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Trouble> {
    let notice = done.ok().and_then(|Query(done)| notice(done.done.as_deref()?));
    page(&asking, notice, None, String::new()).await
}

/// The page, with a notice or a mistake.
async fn page(
    asking: &Asking,
    notice: Option<&'static str>,
    mistake: Option<String>,
    email: String,
) -> Result<Response, Trouble> {
    let (app, organisation, role) = (&asking.app, asking.organisation(), asking.role());
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: asking.frame("Team", Entry::Team),
        me: asking.person.account.id.to_string(),
        members: organisations::members(&app.pool, organisation).await?,
        invitations: organisations::invitations(&app.pool, organisation, app.clock.now()).await?,
        may_change: role.may(Permission::ChangeTeam),
        roles: Role::ALL.into_iter().filter(|other| role.may_grant(*other)).collect(),
        email,
        notice,
        mistake,
    };
    Ok((status, render(&page)?).into_response())
}

fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "invited" => "We sent an email with a link. The link works for seven days.",
        "withdrawn" => "The invitation has been revoked. Its link no longer works.",
        "changed" => "The role has been changed. It applies immediately.",
        "removed" => {
            "The member has been removed. Invitations that they sent and keys that they created have been revoked."
        }
        _ => return None,
    })
}
