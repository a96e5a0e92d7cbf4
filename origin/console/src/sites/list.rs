//! `…/sites`: every site, deleted ones last.

use askama::Template;
use axum::response::Html;
use munjigi_store::sites::{self, SiteRecord};

use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::Asking;
use crate::sites::site::Delivery;

#[derive(Template)]
#[template(path = "sites.html")]
struct Page {
    frame: Frame,
    sites: Vec<(SiteRecord, Delivery)>,
}

pub async fn show(asking: Asking) -> Result<Html<String>, PageError> {
    let frame = asking.frame(asking.t().get("sites-title"), Entry::Sites);
    let sites = sites::of_organisation(&asking.app.pool, asking.organisation()).await?;
    let sites = sites.into_iter().map(|site| {
        let delivery = Delivery::of(&site);
        (site, delivery)
    });
    render(&Page { frame, sites: sites.collect() })
}
