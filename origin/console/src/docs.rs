//! `/docs`: the documentation of the running release.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use munjigi_app::ConsoleApp;
use munjigi_app::documents::{self, Document};

use super::frame::{Frame, render};
use super::page_error::PageError;
use super::requester::Browser;

#[derive(Template)]
#[template(path = "docs.html")]
struct Index {
    frame: Frame,
    version: &'static str,
    documents: &'static [Document],
}

#[derive(Template)]
#[template(path = "document.html")]
struct Page {
    frame: Frame,
    document: &'static Document,
    documents: &'static [Document],
}

pub async fn index(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
) -> Result<Html<String>, PageError> {
    let frame = Frame::public(&app, &browser, browser.t().get("docs-title"));
    let version = env!("CARGO_PKG_VERSION");
    render(&Index { frame, version, documents: documents::all() })
}

/// A page, or a data file that one links to.
pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Path(name): Path<String>,
) -> Result<Response, PageError> {
    if let Some(text) = documents::data(&name) {
        let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return Ok((headers, text).into_response());
    }
    let document = documents::find(&name).ok_or(PageError::nothing_here())?;
    let frame = Frame::public(&app, &browser, &document.title);
    let documents = documents::all();
    Ok(render(&Page { frame, document, documents })?.into_response())
}
