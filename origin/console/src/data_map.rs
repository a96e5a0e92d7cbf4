//! `/privacy/data`: which data is stored, why, for how long, and who can see
//! it. Public, and generated from the table that export and erasure use.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use munjigi_app::ConsoleApp;
use munjigi_store::privacy::{GRACE_DAYS, TABLES, Table};

use super::frame::{Frame, render};
use super::page_error::PageError;
use super::requester::{Browser, User};

#[derive(Template)]
#[template(path = "data-map.html")]
struct Page {
    frame: Frame,
    people: Vec<&'static Table>,
    others: Vec<&'static Table>,
    event_days: u16,
    grace_days: u16,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    user: Option<Extension<User>>,
) -> Result<Html<String>, PageError> {
    let title = browser.t().get("frame-data");
    let frame = match &user {
        Some(Extension(user)) => Frame::of_user(&app, &browser, user, title),
        None => Frame::bare(&app, &browser, title),
    };
    let (people, others) = TABLES.iter().partition(|table| !table.personal.is_empty());
    render(&Page {
        frame,
        people,
        others,
        event_days: app.retention.event_days,
        grace_days: GRACE_DAYS,
    })
}
