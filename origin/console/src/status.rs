//! `/status`: the data of `/api/v1/status`, as a page.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use munjigi_app::App;
use munjigi_app::parts::{self, PartName, PartState};
use munjigi_keys::UnixMillis;

use super::frame::{Frame, render};
use super::requester::Browser;
use super::trouble::Trouble;
use crate::words;

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    frame: Frame,
    words: &'static words::Status,
    whole: Shown,
    parts: Vec<Row>,
    at: Time,
}

struct Row {
    part: &'static words::Part,
    state: Shown,
    since: Time,
}

/// A state as text, with the class that colours it.
struct Shown {
    class: &'static str,
    text: &'static str,
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
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
) -> Result<Html<String>, Trouble> {
    let sighting = parts::seen(&app).await;
    let words = &words::of(browser.locale).status;
    let rows = sighting.parts.iter().map(|part| Row {
        part: purpose(words, part.name),
        state: shown(part.status, &words.of_part),
        since: Time::of(part.since),
    });
    let page = Page {
        frame: Frame::public(&app, &browser, words.title),
        words,
        whole: shown(sighting.status(), &words.of_whole),
        parts: rows.collect(),
        at: Time::of(sighting.at),
    };
    render(&page)
}

const fn purpose(words: &'static words::Status, name: PartName) -> &'static words::Part {
    match name {
        PartName::Postgres => &words.postgres,
        PartName::Edge => &words.edge,
        PartName::Mail => &words.mail,
        PartName::Cache => &words.cache,
        PartName::GpuBackend => &words.gpu_backend,
    }
}

const fn shown(state: PartState, words: &words::States) -> Shown {
    match state {
        PartState::Ok => Shown { class: "good", text: words.ok },
        PartState::Degraded => Shown { class: "wait", text: words.degraded },
        PartState::Starting => Shown { class: "wait", text: words.starting },
        PartState::Down => Shown { class: "bad", text: words.down },
    }
}
