//! `/console`: is it working, what does it stop, and what does it cost

//! visitors.

pub mod live;

use std::fmt::Write as _;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use munjigi_domain::accounts::Permission;
use munjigi_domain::statistics::{Period, Totals};
use munjigi_domain::timestamp::from_timestamp;
use munjigi_store::anomalies::{self, AnomalyFilter, AnomalyRecord};
use munjigi_store::erasure;
use munjigi_store::sites::{self, SiteRecord};
use munjigi_store::statistics::{self, Lately, Refusals, Step};
use sqlx::PgPool;

use super::assets;
use super::filter::Filter;
use super::format;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::{Asking, User};
use munjigi_app::ConsoleApp;

/// Height of the chart's bars.
const BAR_HEIGHT: u64 = 100;
/// Number of anomalies shown here; the rest are on their own page.
const UNUSUAL: i64 = 3;

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    sites: Vec<SiteRecord>,
    site: String,
    period: Period,
    last: Option<String>,
    script: &'static str,
    lately: Lately,
    /// When the page was made.
    at: String,
    totals: Totals,
    before: Totals,
    refusals: Vec<Refusals>,
    bars: Vec<Bar>,
    may_export: bool,
    unusual: Vec<AnomalyRecord>,
}

/// One step of the chart, in its own units.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bar {
    step: Step,
    label: String,
    x: usize,
    issued: u64,
    redeemed: u64,
}

/// Redirects to the user's first organisation, or, if the account is to be
/// erased, to the page where that can be cancelled.
pub async fn first(
    State(app): State<ConsoleApp>,
    Extension(user): Extension<User>,
) -> Result<Response, PageError> {
    if erasure::of_account(&app.pool, &user.account.id).await?.is_some() {
        return Ok(Redirect::to("/console/account/data").into_response());
    }
    let first = user.memberships.first().ok_or(PageError::nothing_here())?;
    Ok(Redirect::to(&format!("/console/{}", first.organisation)).into_response())
}

pub async fn show(asking: Asking, filter: Filter) -> Result<Html<String>, PageError> {
    let organisation = asking.organisation();
    let (period, now) = (filter.period(), asking.app.clock.now());
    let (span, scope) = (period.span(now), filter.scope(organisation));
    let read = |pool: PgPool| async move {
        let pool = &pool;
        tokio::try_join!(
            sites::of_organisation(pool, organisation),
            statistics::last_redeemed(pool, scope),
            statistics::lately(pool, scope, now, live::MINUTES),
            statistics::totals(pool, scope, span),
            statistics::totals(pool, scope, span.before()),
            statistics::refusals(pool, scope, span),
            statistics::series(pool, scope, period, span),
            anomalies::of_organisation(pool, organisation, AnomalyFilter::Unseen, UNUSUAL),
        )
    };
    let (sites, last, lately, totals, before, refusals, series, unusual) =
        asking.read(read).await?;
    render(&Page {
        frame: asking.frame(asking.t().get("overview-title"), Entry::Overview),
        sites,
        site: filter.site.clone(),
        period,
        script: assets::LIVE.path.as_str(),
        lately,
        at: live::clock(now),
        last: last.map(|at| format::ago(asking.t(), from_timestamp(at), now)),
        totals,
        before,
        refusals,
        bars: bars(series, period),
        may_export: asking.role().may(Permission::Export),
        unusual,
    })
}

/// The series as CSV for other programs.
pub async fn export(asking: Asking, filter: Filter) -> Result<Response, PageError> {
    let (period, scope) = (filter.period(), filter.scope(asking.organisation()));
    let span = period.span(asking.app.clock.now());
    let read = |pool: PgPool| async move { statistics::series(&pool, scope, period, span).await };
    let series = asking.read(read).await?;
    let mut text = String::from("begins_at,issued,solved,failed,refused,redeemed\r\n");
    for Step { at, totals } in series {
        let at = from_timestamp(at).rfc3339();
        let Totals { issued, solved, failed, refused, redeemed, .. } = totals;
        let _ = write!(text, "{at},{issued},{solved},{failed},{refused},{redeemed}\r\n");
    }
    let name = format!("attachment; filename=\"munjigi-{}.csv\"", period.as_str());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

fn bars(series: Vec<Step>, period: Period) -> Vec<Bar> {
    let height_of = |step: &Step| step.totals.issued.max(step.totals.redeemed);
    let most = series.iter().map(height_of).max().unwrap_or(0).max(1);
    // Every count above zero is visible, however small.
    let height = |count: u64| if count == 0 { 0 } else { (count * BAR_HEIGHT / most).max(1) };
    let bar = |(index, step): (usize, Step)| Bar {
        label: format::step(step.at, period),
        x: index * 10,
        issued: height(step.totals.issued),
        redeemed: height(step.totals.redeemed),
        step,
    };
    series.into_iter().enumerate().map(bar).collect()
}

impl Page {
    fn title_of(&self, sitekey: &str) -> String {
        let named = self.sites.iter().find(|site| site.config.sitekey == sitekey);
        let all = || self.frame.t.get("numbers-all-sites").into();
        named.map_or_else(all, |site| site.name.clone())
    }

    fn median(&self) -> String {
        format::milliseconds(self.frame.t, self.totals.solved_within_ms(0.5))
    }

    fn slowest(&self) -> String {
        format::milliseconds(self.frame.t, self.totals.solved_within_ms(0.95))
    }

    fn width(&self) -> usize {
        self.bars.len() * 10
    }
}
