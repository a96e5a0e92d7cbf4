//! `/console`: what an organisation's sites do.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::frame::{Entry, Frame, render};
use super::person::{Browser, Member, Person};
use super::trouble::Trouble;
use crate::http::App;
use crate::store::sites::{self, SiteRecord};

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page {
    frame: Frame,
    sites: Vec<SiteRecord>,
}

/// Leads to somebody's first organisation.
pub async fn first(Extension(person): Extension<Person>) -> Result<Response, Trouble> {
    let first = person.memberships.first().ok_or(Trouble::nothing_here())?;
    Ok(Redirect::to(&format!("/console/{}", first.organisation)).into_response())
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    Extension(member): Extension<Member>,
) -> Result<Html<String>, Trouble> {
    let frame = Frame::of_member(&app, &browser, &person, &member, "Overview", Entry::Overview);
    let sites = sites::of_organisation(&app.pool, &member.membership.organisation).await?;
    render(&Page { frame, sites })
}
