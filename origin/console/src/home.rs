//! `GET /`: what Munjigi is, sign-up and log-in, a demo, and measured figures.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use munjigi_app::App;
use munjigi_app::documents::{self, Document};

use super::frame::{Frame, render};
use super::requester::{Browser, Person};
use super::trouble::Trouble;
use crate::benchmarks::{self, Figure, Group, Worded};
use crate::words::{self, Home, Words};

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    words: &'static Home,
    /// `https://captcha.example`.
    edge: String,
    /// Sitekey of the demo, if one is set up.
    demo: Option<String>,
    figures: Vec<Figures>,
    machines: Vec<&'static Worded>,
    documents: &'static [Document],
    document_language: Option<&'static str>,
}

struct Figures {
    name: &'static str,
    rows: Vec<&'static Figure>,
}

pub async fn show(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    person: Option<Extension<Person>>,
) -> Result<Html<String>, Trouble> {
    let all = words::of(browser.locale);
    let page = Page {
        frame: frame(&app, &browser, person, all),
        words: &all.home,
        edge: app.edge.url().origin().ascii_serialization(),
        demo: app.console().config.demo.as_ref().map(|demo| demo.sitekey.to_string()),
        figures: grouped(&all.home),
        machines: benchmarks::machines(),
        documents: documents::all(),
        document_language: all.docs.language,
    };
    render(&page)
}

fn frame(app: &App, browser: &Browser, person: Option<Extension<Person>>, words: &Words) -> Frame {
    let title = words.around.brand;
    let frame = match person {
        Some(Extension(person)) => Frame::of_person(app, browser, &person, title),
        None => Frame { unwell: Vec::new(), ..Frame::bare(app, browser, title) },
    };
    frame.in_language_of(browser)
}

fn grouped(words: &Home) -> Vec<Figures> {
    let named = [
        (words.figures.visitors, Group::Visitors),
        (words.figures.service, Group::Service),
        (words.figures.attackers, Group::Attackers),
    ];
    named
        .into_iter()
        .map(|(name, group)| Figures { name, rows: benchmarks::of(group).collect() })
        .collect()
}
