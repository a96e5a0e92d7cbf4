//! The page that says why something cannot be done.

use askama::Template;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use munjigi_app::App;
use munjigi_domain::locale::Locale;

use super::frame::Frame;
use super::requester::Browser;
use super::trouble::Trouble;
use crate::words;

#[derive(Template)]
#[template(path = "trouble.html")]
struct Page<'a> {
    frame: Frame,
    code: &'a str,
    what: &'a str,
}

impl Trouble {
    /// The page, in the user's language if it is translated.
    pub fn page(&self, app: &App, browser: &Browser) -> Response {
        let worded = words::of_trouble(browser.locale, self.code, self.retry_after);
        let (frame, what) = match worded {
            Some([title, what]) => (Frame::bare(app, browser, title).in_language_of(browser), what),
            None if browser.locale == Locale::En => (
                Frame::bare(app, browser, self.title).in_language_of(browser),
                self.what.to_string(),
            ),
            None => (Frame::bare(app, browser, self.title), self.what.to_string()),
        };
        let page = Page { frame, code: self.code, what: &what };
        let html = page.render().unwrap_or_else(|_| self.what.to_string());
        let mut response = (self.status, Html(html)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        metrics::counter!("munjigi_console_refusals_total", "code" => self.code).increment(1);
        response
    }
}
