//! `GET /`: what this is, and the way in.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;

use super::frame::Frame;
use super::person::{Browser, Person};
use super::trouble::Trouble;
use crate::http::App;

#[derive(Template)]
#[template(path = "console/home.html")]
struct Page {
    frame: Frame,
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    person: Option<Extension<Person>>,
) -> Result<Html<String>, Trouble> {
    let title = "Munjigi";
    let frame = match person {
        Some(Extension(person)) => Frame::of_person(&app, &browser, &person, title),
        None => Frame::bare(&app, &browser, title),
    };
    super::frame::render(&Page { frame })
}
