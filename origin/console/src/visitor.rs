//! Our own widget in our own forms: shown if it is set up, and verified at the
//! edge as any customer does. `accounts::visit` decides what the result is
//! worth.

use munjigi_app::ConsoleApp;
use munjigi_delivery::edge::EdgeError;
use munjigi_domain::accounts::limits;
use munjigi_domain::accounts::visit::{Visit, Word};
use munjigi_protocol::{SiteverifyCode, SiteverifyReply};
use munjigi_store::limits::Taken;

use super::page_error::PageError;
use super::requester::Browser;

/// The widget in a form.
#[derive(Debug, Clone)]
pub struct Widget {
    /// Sitekey of the console's own site.
    pub sitekey: String,
    pub action: &'static str,
    /// URL of the script.
    pub script: String,
    /// Whether the edge was unreachable a moment ago.
    pub is_edge_away: bool,
}

/// The widget for a form, if it is set up.
pub fn widget(app: &ConsoleApp, action: &'static str) -> Option<Widget> {
    let console = &app.console;
    let own = console.config.widget.as_ref()?;
    Some(Widget {
        sitekey: own.sitekey.to_string(),
        action,
        script: app.edge.at("/v1/api.js").into(),
        is_edge_away: console.edge_away.is(app.clock.now()),
    })
}

/// What the token says about the sender of a form.
pub async fn look(
    app: &ConsoleApp,
    browser: &Browser,
    action: &'static str,
    token: &str,
) -> Result<Visit, PageError> {
    let visit = ask(app, browser, action, token).await?;
    let outcome = visit.as_str();
    metrics::counter!("munjigi_console_visits_total", "form" => action, "outcome" => outcome)
        .increment(1);
    Ok(visit)
}

async fn ask(
    app: &ConsoleApp,
    browser: &Browser,
    action: &'static str,
    token: &str,
) -> Result<Visit, PageError> {
    let console = &app.console;
    let Some(own) = &console.config.widget else { return Ok(Visit::Unasked) };
    if token.is_empty() {
        return Ok(Visit::Unshown);
    }
    let now = app.clock.now();
    // Each check is a call to the edge.
    let (limit, prefix) = (&limits::VISITS_BY_PREFIX, &browser.client.prefix);
    if let Taken::Wait { seconds } = app.cache.limits.take(limit, prefix, now).await? {
        return Err(PageError::too_often(seconds));
    }
    let answer = app.edge.siteverify(&own.secret, token).await;
    let hostname = console.config.url.host_str().unwrap_or_default();
    let visit = Visit::of(&word(&answer), hostname, action);
    if visit == Visit::EdgeAway {
        console.edge_away.note(now);
        match answer {
            Ok(reply) => tracing::error!(
                codes = ?reply.error_codes,
                "the edge does not verify the console's own forms; check MUNJIGI_CONSOLE_SECRET"
            ),
            Err(error) => {
                tracing::warn!(%error, "the console's own forms are shown without the widget");
            }
        }
    }
    Ok(visit)
}

fn word(answer: &Result<SiteverifyReply, EdgeError>) -> Word<'_> {
    let Ok(reply) = answer else { return Word::None };
    let ours = |code: &SiteverifyCode| {
        matches!(
            code,
            SiteverifyCode::InternalError
                | SiteverifyCode::InvalidInputSecret
                | SiteverifyCode::MissingInputSecret
        )
    };
    match reply {
        SiteverifyReply { success: true, hostname, action, .. } => Word::Good {
            hostname: hostname.as_deref().unwrap_or_default(),
            action: action.as_deref().unwrap_or_default(),
        },
        // A secret that is not ours is our mistake and keeps no one out.
        SiteverifyReply { error_codes, .. } if error_codes.iter().any(ours) => Word::None,
        _ => Word::Bad,
    }
}
