//! `/demo`: does what a customer's back end does with a form of the home page:
//! sends the token to siteverify and shows the response. Nothing from the form
//! is stored.

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{Html, Redirect};
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_domain::accounts::limits;
use munjigi_i18n::{Text, Texts};
use munjigi_protocol::SiteverifyReply;
use munjigi_store::limits::Taken;
use serde::Deserialize;

use super::frame::{Frame, render};
use super::page_error::PageError;
use super::requester::Browser;

/// Longer than any token.
const MAX_TOKEN_BYTES: usize = 4_096;
/// How much of a token is shown.
const SHOWN_CHARS: usize = 16;

#[derive(Template)]
#[template(path = "demo.html")]
struct Page {
    frame: Frame,
    /// `https://captcha.example/siteverify`.
    url: String,
    /// The token as it was sent.
    token: String,
    /// Its first characters.
    shown: String,
    verdict: DemoResult,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum DemoResult {
    /// The token was valid; the response.
    Passed(String),
    /// The token was refused; the response.
    Refused(String),
    /// Siteverify did not respond.
    Away,
}

impl DemoResult {
    fn of(reply: &SiteverifyReply) -> Self {
        let json = serde_json::to_string_pretty(reply).unwrap_or_default();
        if reply.success { Self::Passed(json) } else { Self::Refused(json) }
    }

    fn json(&self) -> Option<&str> {
        match self {
            Self::Passed(json) | Self::Refused(json) => Some(json),
            Self::Away => None,
        }
    }

    fn sentence(&self, t: &Texts) -> Text {
        match self {
            Self::Passed(_) => t.get("demo-passed"),
            Self::Refused(_) => t.get("demo-refused"),
            Self::Away => t.get("demo-away"),
        }
    }

    const fn class(&self) -> &'static str {
        match self {
            Self::Passed(_) => "good",
            Self::Refused(_) => "bad",
            Self::Away => "wait",
        }
    }
}

/// The field has the name that the widget gives it.
#[derive(Debug, Deserialize)]
pub struct DemoForm {
    #[serde(rename = "munjigi-response", default)]
    token: String,
}

/// Where reloading the result leads.
pub async fn show() -> Redirect {
    Redirect::to("/#try")
}

/// Calls siteverify.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    fields: Result<Form<DemoForm>, FormRejection>,
) -> Result<Html<String>, PageError> {
    let Form(DemoForm { token }) = fields.map_err(|_| PageError::malformed())?;
    let demo = app.console.config.demo.as_ref().ok_or(PageError::nothing_here())?;
    if token.len() > MAX_TOKEN_BYTES {
        return Err(PageError::malformed());
    }
    let now = app.clock.now();
    if let Taken::Wait { seconds } =
        app.cache.limits.take(&limits::DEMO_BY_PREFIX, &browser.client.prefix, now).await?
    {
        return Err(PageError::too_often(seconds));
    }
    let verdict = match app.edge.siteverify(&demo.secret, &token).await {
        Ok(reply) => DemoResult::of(&reply),
        Err(error) => {
            tracing::warn!(%error, "the demo's siteverify call got no response");
            DemoResult::Away
        }
    };
    let title = browser.t().get("demo-title");
    let frame = Frame::bare(&app, &browser, title);
    let url = format!("{}siteverify", app.edge.url());
    let mut shown: String = token.chars().take(SHOWN_CHARS).collect();
    if shown.len() < token.len() {
        shown.push('…');
    }
    render(&Page { frame, url, token, shown, verdict })
}
