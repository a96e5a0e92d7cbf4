//! `…/defence`: what visits pay and which fleets make them pay, how those of
//! redeemed tokens were scored and why, what their sites reported about them,
//! and whom a threshold would have turned away.

mod prices;
mod scores;

use askama::Template;
use axum::response::Html;
use munjigi_domain::statistics::{Dimension, Period};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_i18n::{Text, Texts};
use munjigi_protocol::{Outcome, ScoreReason};
use munjigi_store::outcomes::{self, Reported};
use munjigi_store::prices as priced;
use munjigi_store::sites::{self, SiteRecord};
use munjigi_store::statistics::{self, Reasoned};
use prices::{FleetRow, Prices};
use scores::Scores;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::filter::Filter;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::Asking;

/// Fleets on the page, the largest first.
const MOST_FLEETS: i64 = 20;

/// Height of a chart's bars, in its own units.
const BAR_HEIGHT: u64 = 98;

#[derive(Template)]
#[template(path = "defence.html")]
struct Page {
    frame: Frame,
    sites: Vec<SiteRecord>,
    site: String,
    period: Period,
    prices: Prices,
    fleets: Vec<FleetRow>,
    scores: Scores,
    reasons: Vec<Reason>,
    reported: Vec<Kind>,
}

/// A reason, with the visits that had it step by step.
struct Reason {
    name: &'static str,
    meaning: Text,
    redeemed: u64,
    share: String,
    /// Heights of the bars, 0 to 100.
    bars: Vec<u64>,
}

/// Reports of one kind.
struct Kind {
    outcome: Text,
    reason: String,
    count: u64,
}

pub async fn show(asking: Asking, filter: Filter) -> Result<Html<String>, PageError> {
    let organisation = asking.organisation();
    let (period, now) = (filter.period(), asking.app.clock.now());
    let (span, scope) = (period.span(now), filter.scope(organisation));
    let read = |pool: PgPool| async move {
        let pool = &pool;
        tokio::try_join!(
            sites::of_organisation(pool, organisation),
            statistics::by_value(pool, scope, Dimension::Score, span),
            statistics::reasons(pool, scope, period, span),
            outcomes::reported(pool, scope, span),
            priced::series(pool, scope, period, span),
            priced::fleets(pool, scope, span, MOST_FLEETS),
        )
    };
    let (sites, by_score, reasoned, reported, series, fleets) = asking.read(read).await?;
    let steps: Vec<_> = span.steps(period).map(to_timestamp).collect();
    let prices = Prices::of(&steps, &series, period);
    let issued = prices.steps.iter().map(|step| step.issued).sum();
    let scores = Scores::of(&by_score, &reported);
    let t = asking.t();
    render(&Page {
        fleets: fleets.into_iter().map(|fleet| FleetRow::of(fleet, issued)).collect(),
        prices,
        reasons: reasons(t, &reasoned, scores.redeemed(), &steps),
        reported: kinds(t, &reported),
        frame: asking.frame(t.get("defence-title"), Entry::Defence),
        sites,
        site: filter.site.clone(),
        period,
        scores,
    })
}

/// Every reason, the most frequent first.
fn reasons(
    t: Texts,
    reasoned: &[Reasoned],
    redeemed: u64,
    steps: &[OffsetDateTime],
) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = ScoreReason::ALL
        .into_iter()
        .map(|reason| {
            let of_it = reasoned.iter().filter(|row| row.reason == reason.as_str());
            let at = |step| {
                let row = of_it.clone().find(|row| row.at == step);
                row.map_or(0, |row| row.redeemed)
            };
            let counts: Vec<u64> = steps.iter().map(|step| at(*step)).collect();
            let sum = counts.iter().sum();
            Reason {
                name: reason.as_str(),
                meaning: t.each("reason", reason.as_str()),
                redeemed: sum,
                share: scores::percent(sum, redeemed),
                bars: heights(&counts),
            }
        })
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.redeemed));
    reasons
}

/// Heights of bars. Every count above zero is visible, however small.
fn heights(counts: &[u64]) -> Vec<u64> {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let height = |count: u64| if count == 0 { 0 } else { (count * BAR_HEIGHT / most).max(2) };
    counts.iter().copied().map(height).collect()
}

/// Reports by outcome and reason, over all scores.
fn kinds(t: Texts, reported: &[Reported]) -> Vec<Kind> {
    let mut kinds: Vec<(Outcome, Option<&str>, u64)> = Vec::new();
    for Reported { outcome, reason, count, .. } in reported {
        let key = (*outcome, reason.as_deref());
        match kinds.iter_mut().find(|kind| (kind.0, kind.1) == key) {
            Some(kind) => kind.2 += count,
            None => kinds.push((key.0, key.1, *count)),
        }
    }
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.2));
    let kind = |(outcome, reason, count): (Outcome, Option<&str>, u64)| Kind {
        outcome: t.each("outcome", outcome.as_str()),
        reason: reason.map_or_else(|| t.get("outcome-no-reason").into(), str::to_owned),
        count,
    };
    kinds.into_iter().map(kind).collect()
}

impl Page {
    fn is_longest(&self) -> bool {
        self.period == Period::Month
    }
}
