//! `/console`: is it working, what is it stopping, what does it cost people.

use std::fmt::Write as _;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use munjigi_captcha::UnixMillis;
use serde::Deserialize;
use time::OffsetDateTime;

use super::frame::{Entry, Frame, render};
use super::person::{Asking, Member, Person};
use super::trouble::Trouble;
use crate::accounts::Permission;
use crate::http::App;
use crate::statistics::{Period, Totals, change};
use crate::store::from_timestamp;
use crate::store::sites::{self, SiteRecord};
use crate::store::statistics::{self, Refusals, Scope, Step};

/// Height of the chart's bars.
const BAR_HEIGHT: i64 = 100;

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page {
    frame: Frame,
    sites: Vec<SiteRecord>,
    site: String,
    period: Period,
    last: Option<String>,
    totals: Totals,
    before: Totals,
    refusals: Vec<Refusals>,
    bars: Vec<Bar>,
    may_export: bool,
}

/// One step of the chart, in its own units.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bar {
    step: Step,
    label: String,
    x: usize,
    issued: i64,
    redeemed: i64,
}

/// What is looked at.
#[derive(Debug, Default, Deserialize)]
pub struct Looked {
    #[serde(default)]
    period: String,
    #[serde(default)]
    site: String,
}

/// Leads to somebody's first organisation.
pub async fn first(Extension(person): Extension<Person>) -> Result<Response, Trouble> {
    let first = person.memberships.first().ok_or(Trouble::nothing_here())?;
    Ok(Redirect::to(&format!("/console/{}", first.organisation)).into_response())
}

/// The page.
pub async fn show(
    asking: Asking,
    looked: Result<Query<Looked>, QueryRejection>,
) -> Result<Html<String>, Trouble> {
    let Looked { period, site } = looked.map(|Query(looked)| looked).unwrap_or_default();
    let organisation = asking.organisation();
    let (period, now) = (Period::parse(&period), asking.app.clock.now());
    let span = period.span(now);
    let scope =
        Scope { organisation, sitekey: Some(site.as_str()).filter(|site| !site.is_empty()) };
    let pool = &asking.app.pool;
    let (sites, last, totals, before, refusals, series) = tokio::try_join!(
        sites::of_organisation(pool, organisation),
        statistics::last_redeemed(pool, scope),
        statistics::totals(pool, scope, span),
        statistics::totals(pool, scope, span.before()),
        statistics::refusals(pool, scope, span),
        statistics::series(pool, scope, period, span),
    )?;
    render(&Page {
        frame: asking.frame("Overview", Entry::Overview),
        sites,
        site,
        period,
        last: last.map(|at| ago(from_timestamp(at), now)),
        totals,
        before,
        refusals,
        bars: bars(series, period),
        may_export: asking.role().may(Permission::Export),
    })
}

/// The series as a table for other programs.
pub async fn export(
    State(app): State<Arc<App>>,
    Extension(member): Extension<Member>,
    looked: Result<Query<Looked>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Looked { period, site } = looked.map(|Query(looked)| looked).unwrap_or_default();
    let period = Period::parse(&period);
    let sitekey = Some(site.as_str()).filter(|site| !site.is_empty());
    let scope = Scope { organisation: &member.membership.organisation, sitekey };
    let series = statistics::series(&app.pool, scope, period, period.span(app.clock.now())).await?;
    let mut text = String::from("begins_at,issued,solved,failed,refused,redeemed\r\n");
    for Step { at, issued, solved, failed, refused, redeemed } in series {
        let at = from_timestamp(at).rfc3339();
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
    let most = series.iter().map(|step| step.issued.max(step.redeemed)).max().unwrap_or(0).max(1);
    // What is there is seen, however little.
    let height = |count: i64| if count == 0 { 0 } else { (count * BAR_HEIGHT / most).max(1) };
    let bar = |(index, step): (usize, Step)| Bar {
        label: label(step.at, period),
        x: index * 10,
        issued: height(step.issued),
        redeemed: height(step.redeemed),
        step,
    };
    series.into_iter().enumerate().map(bar).collect()
}

fn label(at: OffsetDateTime, period: Period) -> String {
    match period {
        Period::Day => format!("{:02}:00", at.hour()),
        Period::Week => format!("{} {:02}:00", at.date(), at.hour()),
        Period::Month => at.date().to_string(),
    }
}

/// `3 minutes ago`.
fn ago(at: UnixMillis, now: UnixMillis) -> String {
    let seconds = now.0.saturating_sub(at.0) / 1_000;
    let (number, unit) = match seconds {
        0..60 => return "less than a minute ago".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}

impl Page {
    fn title_of(&self, sitekey: &str) -> &str {
        let named = self.sites.iter().find(|site| site.config.sitekey == sitekey);
        named.map_or("All sites", |site| site.name.as_str())
    }

    fn median(&self) -> String {
        milliseconds(self.totals.solved_within_ms(0.5))
    }

    fn slowest(&self) -> String {
        milliseconds(self.totals.solved_within_ms(0.95))
    }

    fn width(&self) -> usize {
        self.bars.len() * 10
    }
}

fn milliseconds(time: Option<u32>) -> String {
    match time {
        None => "–".to_owned(),
        Some(time @ 0..1_000) => format!("{time} ms"),
        Some(60_000..) => "over a minute".to_owned(),
        Some(time) => format!("{}.{} s", time / 1_000, time % 1_000 / 100),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
fn against(now: &u64, before: &u64) -> String {
    change(*now, *before)
}

/// A share, or that there is none yet.
fn share(share: Option<crate::statistics::Share>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| share.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        for (time, text) in [
            (None, "–"),
            (Some(640), "640 ms"),
            (Some(1_000), "1.0 s"),
            (Some(12_850), "12.8 s"),
            (Some(60_000), "over a minute"),
        ] {
            assert_eq!(milliseconds(time), text);
        }
        let noon = UnixMillis(1_795_176_030_000);
        for (seconds, text) in [
            (5, "less than a minute ago"),
            (60, "1 minute ago"),
            (7_300, "2 hours ago"),
            (90_000, "1 day ago"),
        ] {
            assert_eq!(ago(UnixMillis(noon.0 - seconds * 1_000), noon), text);
        }
        assert_eq!(ago(UnixMillis(noon.0 + 5_000), noon), "less than a minute ago");
    }
}
