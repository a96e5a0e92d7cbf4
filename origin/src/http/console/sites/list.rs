//! `…/sites`: every site, deleted ones last.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;

use crate::http::App;
use crate::http::console::frame::{Entry, Frame, render};
use crate::http::console::person::{Browser, Member, Person};
use crate::http::console::sites::site::Delivery;
use crate::http::console::trouble::Trouble;
use crate::store::sites::{self, SiteRecord};

#[derive(Template)]
#[template(path = "console/sites.html")]
struct Page {
    frame: Frame,
    sites: Vec<(SiteRecord, Delivery)>,
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    Extension(member): Extension<Member>,
) -> Result<Html<String>, Trouble> {
    let frame = Frame::of_member(&app, &browser, &person, &member, "Sites", Entry::Sites);
    let sites = sites::of_organisation(&app.pool, &member.membership.organisation).await?;
    let sites = sites.into_iter().map(|site| {
        let delivery = Delivery::of(&site);
        (site, delivery)
    });
    render(&Page { frame, sites: sites.collect() })
}
