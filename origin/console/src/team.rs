//! `…/team`: members of the organisation, and pending invitations.

pub mod change;
pub mod invite;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_domain::accounts::{Permission, Role};
use munjigi_i18n::{Text, Texts};
use munjigi_store::organisations::{self, Invitation, MemberRow, TeamRefused};

use super::flash::Flash;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::Asking;

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
    notice: Option<Text>,
    mistake: Option<String>,
}

pub async fn show(asking: Asking, Flash(done): Flash) -> Result<Response, PageError> {
    let notice = done.and_then(|done| notice(asking.t(), &done));
    page(&asking, notice, None, String::new()).await
}

/// The page, with a notice or a mistake.
async fn page(
    asking: &Asking,
    notice: Option<Text>,
    mistake: Option<String>,
    email: String,
) -> Result<Response, PageError> {
    let (app, organisation, role) = (&asking.app, asking.organisation(), asking.role());
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: asking.frame(asking.t().get("team-title"), Entry::Team),
        me: asking.user.account.id.to_string(),
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

fn refusal(t: Texts, refused: TeamRefused) -> String {
    let text = match refused {
        TeamRefused::Unknown => t.get("team-refused-unknown"),
        TeamRefused::Member => t.get("team-refused-member"),
        TeamRefused::TooMighty => t.get("team-refused-too-mighty"),
        TeamRefused::BeyondKey => t.get("team-refused-beyond-key"),
        TeamRefused::LastOwner => t.get("team-refused-last-owner"),
    };
    text.into()
}

fn notice(t: Texts, done: &str) -> Option<Text> {
    Some(match done {
        "invited" => t.get("team-done-invited"),
        "withdrawn" => t.get("team-done-withdrawn"),
        "changed" => t.get("team-done-changed"),
        "removed" => t.get("team-done-removed"),
        _ => return None,
    })
}
