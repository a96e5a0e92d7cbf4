//! `/status`: the data of `/api/v1/status`, as a page.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use munjigi_app::ConsoleApp;
use munjigi_app::components::{self, ComponentState};
use munjigi_i18n::Text;
use munjigi_keys::UnixMillis;

use super::frame::{Frame, render};
use super::page_error::PageError;
use super::requester::Browser;

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    frame: Frame,
    whole: Shown,
    components: Vec<Row>,
    at: Time,
}

struct Row {
    /// Name of the component and what it is used for.
    name: Text,
    purpose: Text,
    state: Shown,
    since: Time,
}

/// A state as text, with the class that colours it.
struct Shown {
    class: &'static str,
    text: Text,
}

/// A time for programs and for people.
struct Time {
    iso: String,
    text: String,
}

impl Time {
    /// `2026-11-20 12:00:30 UTC`.
    fn of(at: UnixMillis) -> Self {
        let iso = at.rfc3339();
        let seconds = iso.split('.').next().unwrap_or_default();
        Self { text: format!("{} UTC", seconds.replace('T', " ")), iso }
    }
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
) -> Result<Html<String>, PageError> {
    let sighting = components::seen(&app).await;
    let t = browser.t();
    let rows = sighting.components.iter().map(|component| Row {
        name: t.each("status-part", component.name.as_str()),
        purpose: t.each("status-purpose", component.name.as_str()),
        state: Shown {
            class: class(component.status),
            text: t.each("status", word(component.status)),
        },
        since: Time::of(component.since),
    });
    let page = Page {
        frame: Frame::public(&app, &browser, t.get("status-title")),
        whole: Shown {
            class: class(sighting.status()),
            text: t.each("status-all", word(sighting.status())),
        },
        components: rows.collect(),
        at: Time::of(sighting.at),
    };
    render(&page)
}

/// As keys spell it.
const fn word(state: ComponentState) -> &'static str {
    match state {
        ComponentState::Ok => "ok",
        ComponentState::Degraded => "degraded",
        ComponentState::Starting => "starting",
        ComponentState::Down => "down",
    }
}

const fn class(state: ComponentState) -> &'static str {
    match state {
        ComponentState::Ok => "good",
        ComponentState::Degraded | ComponentState::Starting => "wait",
        ComponentState::Down => "bad",
    }
}
