//! Protection against CSRF: a form is accepted only from the page that we
//! showed to this browser.
//!
//! **CSRF token**: proves that a form came from the console's own page; derived
//! from the cookie.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use munjigi_app::ConsoleApp;
use munjigi_domain::accounts::Token;

use super::page_error::PageError;
use super::requester::Browser;

/// Largest form. The entries of a list are the longest field.
const MAX_FORM_BYTES: usize = 256 * 1024;

/// Form field that carries the CSRF token.
pub const CSRF_FIELD: &str = "csrf_token";

/// Accepts a form only from our own pages: the browser's headers say so, if it
/// sends any, and the form carries a CSRF token that only the cookie's holder
/// was shown.
pub async fn read_form(
    app: &ConsoleApp,
    browser: &Browser,
    request: Request,
) -> Result<Request, Response> {
    if request.method() != Method::POST {
        return Ok(request);
    }
    let console = &app.console;
    if !is_ours(request.headers(), &console.config.origin()) {
        return Err(PageError::foreign_form().into_response());
    }
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_FORM_BYTES)
        .await
        .map_err(|_| PageError::form_too_large().into_response())?;
    if !has_csrf_token(browser, &body) {
        return Err(PageError::foreign_form().into_response());
    }
    Ok(Request::from_parts(head, Body::from(body)))
}

fn is_ours(headers: &HeaderMap, origin: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let form = text("content-type")
        .is_some_and(|kind| kind.split(';').next() == Some("application/x-www-form-urlencoded"));
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let from = text("origin").is_none_or(|from| from == origin);
    form && site && from
}

fn has_csrf_token(browser: &Browser, body: &Bytes) -> bool {
    let key: Option<&Token> = browser.form_holder();
    let mut sent = form_urlencoded::parse(body).filter(|(name, _)| name == CSRF_FIELD);
    match (key, sent.next(), sent.next()) {
        (Some(holder), Some((_, key)), None) => holder.is_csrf_token(&key),
        _ => false,
    }
}
