//! The page that says why something cannot be done.

use askama::Template;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use munjigi_app::ConsoleApp;
use munjigi_i18n::Text;

use super::frame::Frame;
use super::page_error::PageError;
use super::requester::Browser;

#[derive(Template)]
#[template(path = "error.html")]
struct Page<'a> {
    frame: Frame,
    code: &'a str,
    what: Text,
}

impl PageError {
    /// The page, in the user's language.
    pub fn page(&self, app: &ConsoleApp, browser: &Browser) -> Response {
        let t = browser.t();
        let title = t.each("error", format_args!("{}-title", self.code));
        let frame = Frame::bare(app, browser, title);
        let html = Page { frame, code: self.code, what: self.what(t) }.render();
        let html = html.unwrap_or_else(|_| self.what(t).into());
        let mut response = (self.status, Html(html)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        metrics::counter!("munjigi_console_refusals_total", "code" => self.code).increment(1);
        response
    }
}
