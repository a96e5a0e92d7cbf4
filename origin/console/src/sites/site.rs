//! `…/sites/{sitekey}`: one site: its state, its snippets, its secrets, and the
//! actions on it.

use askama::Template;
use axum::extract::Path;
use axum::response::Html;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_i18n::{Text, Texts};
use munjigi_protocol::SiteState;
use munjigi_store::housekeeping::RESTORABLE_DAYS;
use munjigi_store::secrets::LiveSecret;
use munjigi_store::sites::{self, SiteRecord};
use time::{Duration, OffsetDateTime};

use super::find;
use super::snippets::Snippets;
use crate::assets;
use crate::flash::Flash;
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Template)]
#[template(path = "site.html")]
struct Page {
    frame: Frame,
    site: SiteRecord,
    delivery: Delivery,
    is_paused: bool,
    until: Option<String>,
    seen: Seen,
    secrets: Vec<LiveSecret>,
    snippets: Snippets,
    notice: Option<Text>,
    script: &'static str,
}

/// Whether the edge has the site's current version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    Done,
    Waiting,
    /// The last attempt failed; another one follows.
    Failing(String),
}

impl Delivery {
    pub fn of(site: &SiteRecord) -> Self {
        match (&site.publish_error, site.published_version) {
            (Some(error), _) => Self::Failing(error.clone()),
            (None, Some(version)) if version == site.config.version => Self::Done,
            (None, _) => Self::Waiting,
        }
    }
}

/// What has happened at a site so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub challenge: bool,
    pub redeemed: bool,
}

pub async fn show(
    asking: Asking,
    Path((_, sitekey)): Path<(String, String)>,
    Flash(done): Flash,
) -> Result<Html<String>, PageError> {
    let site = find(&asking, &sitekey).await?;
    let seen =
        sites::seen(&asking.app.pool, &sitekey, to_timestamp(asking.app.clock.now())).await?;
    let seen = Seen { challenge: seen.challenge, redeemed: seen.redeemed };
    let secrets = munjigi_store::secrets::live_of(&asking.app.pool, &sitekey).await?;
    let frame = asking.frame(&site.name, Entry::Sites);
    let notice = done.and_then(|done| notice(asking.t(), &done));
    let snippets = Snippets::of(asking.app.edge.address(), &site.config);
    let page = Page {
        script: assets::AWAITED.path.as_str(),
        delivery: Delivery::of(&site),
        is_paused: site.config.state == SiteState::Paused,
        until: site.deleted_at.map(|at| date(at + Duration::days(RESTORABLE_DAYS))),
        frame,
        site,
        seen,
        secrets,
        snippets,
        notice,
    };
    render(&page)
}

fn notice(t: Texts, done: &str) -> Option<Text> {
    Some(match done {
        "paused" => t.get("site-done-paused"),
        "resumed" => t.get("site-done-resumed"),
        "deleted" => t.get("site-done-deleted"),
        "restored" => t.get("site-done-restored"),
        "newest" => t.get("site-done-newest"),
        "oldest" => t.get("site-done-oldest"),
        "edited" => t.get("site-done-edited"),
        "deleted-already" => t.get("site-done-deleted-already"),
        "unchanged" => t.get("site-done-unchanged"),
        _ => return None,
    })
}

fn date(at: OffsetDateTime) -> String {
    at.date().to_string()
}
