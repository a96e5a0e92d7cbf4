//! `/operations/photos`: an operator's photos, to be accepted or rejected by
//! people before visitors see them.

pub mod image;
pub mod review;
mod things;

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::response::{Html, IntoResponse, Redirect, Response};
use data_encoding::HEXLOWER;
use munjigi_i18n::Text;
use munjigi_store::photos::{
    self, Decide, Decided, Decision, Filter, Listed, PhotoId, PhotoState, Tally,
};
use munjigi_store::transact;
use serde::Deserialize;

use super::flash::Flash;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::AskingUser;

/// Photos of a page: what fits a screen or two.
const PER_PAGE: u32 = 48;

/// Which photos a page is about.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Which {
    #[serde(default)]
    state: String,
    #[serde(default)]
    thing: String,
    #[serde(default)]
    page: u32,
}

impl Which {
    /// Photos that wait for a person, unless it says otherwise.
    fn state(&self) -> PhotoState {
        PhotoState::parse(&self.state).unwrap_or(PhotoState::Waiting)
    }

    fn thing(&self) -> Option<&str> {
        Some(self.thing.as_str()).filter(|thing| !thing.is_empty())
    }

    fn filter(&self) -> Filter<'_> {
        Filter { state: self.state(), thing: self.thing() }
    }

    /// Counted from 1.
    const fn page(&self) -> u32 {
        if self.page == 0 { 1 } else { self.page }
    }

    /// The same photos, as a query.
    fn query(&self) -> String {
        let mut query = format!("state={}", self.state().as_str());
        if let Some(thing) = self.thing() {
            query.push_str("&thing=");
            query.extend(form_urlencoded::byte_serialize(thing.as_bytes()));
        }
        query
    }
}

#[derive(Template)]
#[template(path = "photos.html")]
struct Page {
    frame: Frame,
    which: Which,
    notice: Option<Text>,
    states: Vec<(PhotoState, u64)>,
    /// The things of photos of this state, with their number.
    things: Vec<(String, u64)>,
    listed: Vec<Listed>,
    pages: u32,
    is_empty: bool,
}

impl Page {
    /// The thing as its reviewer calls it.
    fn name(&self, thing: impl AsRef<str>) -> String {
        things::name(&self.frame.t, thing.as_ref())
    }
}

pub async fn show(
    asking: AskingUser,
    which: Result<Query<Which>, QueryRejection>,
    Flash(done): Flash,
) -> Result<Html<String>, PageError> {
    let Query(which) = which.map_err(|_| PageError::nothing_here())?;
    let pool = &asking.app.pool;
    let tally = photos::tally(pool).await?;
    let of_state: Vec<&Tally> = tally.iter().filter(|tally| tally.state == which.state()).collect();
    let number = |state: PhotoState| -> u64 {
        tally.iter().filter(|tally| tally.state == state).map(|tally| tally.photos).sum()
    };
    let shown: u64 = of_state
        .iter()
        .filter(|tally| which.thing().is_none() || which.thing() == tally.thing.as_deref())
        .map(|tally| tally.photos)
        .sum();
    let pages = u32::try_from(shown.div_ceil(u64::from(PER_PAGE))).unwrap_or(u32::MAX).max(1);
    // A page that is gone, because its photos were decided about, is the last.
    let which = Which { page: which.page().min(pages), ..which };
    let skip = (which.page() - 1).saturating_mul(PER_PAGE);
    let listed = photos::list(pool, which.filter(), skip, PER_PAGE).await?;
    let things = of_state.iter().filter_map(|tally| Some((tally.thing.clone()?, tally.photos)));
    let t = asking.t();
    let changed = done.as_deref().and_then(|done| done.parse::<u64>().ok());
    let things = things.collect();
    render(&Page {
        frame: Frame::operations(&asking, t.get("photos-title"), Entry::Photos),
        notice: changed.map(|changed| t.get("photos-done").count("count", changed)),
        states: PhotoState::ALL.map(|state| (state, number(state))).to_vec(),
        things,
        listed,
        pages,
        is_empty: tally.is_empty(),
        which,
    })
}

/// Decides about the photos that are ticked.
pub async fn decide(
    asking: AskingUser,
    which: Result<Query<Which>, QueryRejection>,
    fields: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, PageError> {
    let Query(which) = which.map_err(|_| PageError::malformed())?;
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let (mut ticked, mut decision) = (Vec::new(), None);
    for (name, value) in &fields {
        match (name.as_str(), value.as_str()) {
            ("photo", photo) => ticked.push(id(photo).ok_or_else(PageError::malformed)?),
            ("decision", "accept") => decision = Some(Decision::Accept),
            ("decision", "reject") => decision = Some(Decision::Reject),
            ("decision", "reconsider") => decision = Some(Decision::Reconsider),
            _ => {}
        }
    }
    let decision = decision.ok_or_else(PageError::malformed)?;
    let changed = change(&asking, &ticked, decision).await?;
    let place =
        format!("/operations/photos?{}&page={}&done={changed}", which.query(), which.page());
    Ok(Redirect::to(&place).into_response())
}

/// Carries a decision out; how many photos it changed.
async fn change(
    asking: &AskingUser,
    photos: &[PhotoId],
    decision: Decision<'_>,
) -> Result<u64, PageError> {
    let app = &asking.app;
    let deals = |kind, switch| app.factory.deals(kind, switch);
    let unit = Decide { photos, decision, deals: &deals, now: app.clock.now() };
    let Decided(changed) = transact(&app.pool, &unit).await?;
    tracing::info!(changed, by = %asking.user.account.id, "photos were reviewed");
    Ok(changed)
}

/// A photo's id, as addresses and forms spell it.
pub(super) fn id(text: &str) -> Option<PhotoId> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

pub(super) fn hex(id: &PhotoId) -> String {
    HEXLOWER.encode(id)
}

/// A share as a whole number of percent.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
pub(super) fn percent(share: impl core::borrow::Borrow<f32>) -> u8 {
    (share.borrow() * 100.0).clamp(0.0, 100.0).round() as u8
}
