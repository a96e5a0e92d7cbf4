//! `GET /`: what Munjigi is, sign-up and log-in, a demo, and measured figures.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use munjigi_app::ConsoleApp;
use munjigi_app::documents::{self, Document};
use munjigi_i18n::{Text, Texts};

use super::frame::{Frame, render};
use super::page_error::PageError;
use super::requester::{Browser, User};
use crate::benchmarks::{self, Figure, Group, Worded};

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    /// `https://captcha.example`.
    edge: String,
    /// Sitekey of the demo, if one is set up.
    demo: Option<String>,
    figures: Vec<Figures>,
    machines: Vec<&'static Worded>,
    documents: &'static [Document],
}

struct Figures {
    name: Text,
    rows: Vec<&'static Figure>,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    user: Option<Extension<User>>,
) -> Result<Html<String>, PageError> {
    let page = Page {
        frame: frame(&app, &browser, user),
        edge: app.edge.address().to_owned(),
        demo: app.console.config.demo.as_ref().map(|demo| demo.sitekey.to_string()),
        figures: grouped(browser.t()),
        machines: benchmarks::machines(),
        documents: documents::all(),
    };
    render(&page)
}

fn frame(app: &ConsoleApp, browser: &Browser, user: Option<Extension<User>>) -> Frame {
    let title = browser.t().get("brand");
    match user {
        Some(Extension(user)) => Frame::of_user(app, browser, &user, title),
        None => Frame { unhealthy: Vec::new(), ..Frame::bare(app, browser, title) },
    }
}

fn grouped(t: Texts) -> Vec<Figures> {
    let named = [
        (t.get("benchmarks-group-visitors"), Group::Visitors),
        (t.get("benchmarks-group-service"), Group::Service),
        (t.get("benchmarks-group-attackers"), Group::Attackers),
    ];
    named
        .into_iter()
        .map(|(name, group)| Figures { name, rows: benchmarks::of(group).collect() })
        .collect()
}
