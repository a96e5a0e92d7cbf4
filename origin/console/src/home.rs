//! `GET /`: what Munjigi is, sign-up and log-in, a demo, and six charts;
//! `GET /figures`: everything that was measured.

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
use crate::benchmarks::{self, Chart, Figure, Group, Worded};

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    /// `https://captcha.example`.
    edge: String,
    /// Sitekey of the demo, if one is set up.
    demo: Option<String>,
    charts: &'static [Chart],
    documents: &'static [Document],
}

#[derive(Template)]
#[template(path = "figures.html")]
struct FiguresPage {
    frame: Frame,
    figures: Vec<Figures>,
    machines: Vec<&'static Worded>,
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
    let title = browser.t().get("brand");
    let page = Page {
        frame: frame(&app, &browser, user, title),
        edge: app.edge.address().to_owned(),
        demo: app.console.config.demo.as_ref().map(|demo| demo.sitekey.to_string()),
        charts: benchmarks::charts(),
        documents: documents::all(),
    };
    render(&page)
}

pub async fn figures(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    user: Option<Extension<User>>,
) -> Result<Html<String>, PageError> {
    let title = browser.t().get("benchmarks-title");
    let frame = frame(&app, &browser, user, title);
    let (figures, machines) = (grouped(browser.t()), benchmarks::machines());
    render(&FiguresPage { frame, figures, machines })
}

fn frame(app: &ConsoleApp, browser: &Browser, user: Option<Extension<User>>, title: Text) -> Frame {
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
