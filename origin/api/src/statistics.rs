//! `…/statistics`: the overview's figures, as numbers.

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use munjigi_domain::statistics::{Period, Totals};
use munjigi_keys::UnixMillis;
use munjigi_store::statistics::{self, Refusals, Scope};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::ToSchema;

use super::caller::Acting;
use super::refusal::{ApiCode, ApiRefused};
use super::rfc3339;

#[derive(Debug, Deserialize)]
pub struct Asked {
    period: Option<String>,
    sitekey: Option<String>,
}

/// Statistics for a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statistics {
    /// `24h`, `7d` or `30d`.
    period: &'static str,
    /// Start of the period.
    begins_at: String,
    /// End of the period. The current hour is included.
    ends_at: String,
    /// Totals for the period.
    totals: Counts,
    /// Totals for the previous period of the same length.
    before: Counts,
    /// Counts for each step of the period.
    series: Vec<StepShown>,
    /// Refusals by code.
    refusals: Vec<Refusal>,
}

/// Counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counts {
    /// Challenges issued.
    issued: u64,
    /// Tokens issued.
    solved: u64,
    /// Visits that were given more work.
    stepped_up: u64,
    /// Wrong solutions and answers.
    failed: u64,
    /// Challenges that expired without a solution.
    abandoned: u64,
    /// Requests refused.
    refused: u64,
    /// Tokens that a back end redeemed.
    redeemed: u64,
    /// Redemptions refused because the token was spent.
    rejected: u64,
    /// Tokens redeemed after a solved picture.
    interactive: u64,
    /// Time within which 50 % of the puzzles were solved.
    solve_p50_ms: Option<u32>,
    /// Time within which 95 % of the puzzles were solved.
    solve_p95_ms: Option<u32>,
}

/// A step of the period.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepShown {
    /// Start of the step.
    begins_at: String,
    /// Challenges issued.
    issued: u64,
    /// Tokens issued.
    solved: u64,
    /// Wrong solutions and answers.
    failed: u64,
    /// Requests refused.
    refused: u64,
    /// Tokens redeemed.
    redeemed: u64,
}

/// Refusals with one code.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// Error code of the protocol.
    code: String,
    /// Number of refusals.
    count: u64,
}

pub async fn show(
    acting: Acting,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Statistics>, ApiRefused> {
    let malformed = |detail: &'static str| ApiRefused::new(ApiCode::MalformedRequest, detail);
    let Query(Asked { period, sitekey }) = asked.map_err(|_| malformed("the query is invalid"))?;
    let period = match period.as_deref() {
        None => Period::Day,
        Some(text) => Period::ALL
            .into_iter()
            .find(|period| period.as_str() == text)
            .ok_or_else(|| malformed("period must be `24h`, `7d` or `30d`"))?,
    };
    if let Some(sitekey) = &sitekey {
        super::sites::find(&acting, sitekey).await?;
    }
    let span = period.span(acting.now());
    let scope = Scope { organisation: acting.organisation(), sitekey: sitekey.as_deref() };
    let read = |pool: PgPool| async move {
        let pool = &pool;
        tokio::try_join!(
            statistics::totals(pool, scope, span),
            statistics::totals(pool, scope, span.before()),
            statistics::refusals(pool, scope, span),
            statistics::series(pool, scope, period, span),
        )
    };
    // The numbers lag by a few minutes anyway, so a replica is good enough.
    let (totals, before, refusals, series) = acting.app().reads.read(None, read).await?;
    let step = |step: statistics::Step| StepShown {
        begins_at: rfc3339(step.at),
        issued: step.totals.issued,
        solved: step.totals.solved,
        failed: step.totals.failed,
        refused: step.totals.refused,
        redeemed: step.totals.redeemed,
    };
    let refusal = |Refusals { code, count }| Refusal { code, count };
    let at = |at: UnixMillis| at.rfc3339();
    Ok(Json(Statistics {
        period: period.as_str(),
        begins_at: at(span.from),
        ends_at: at(span.to),
        totals: Counts::of(&totals),
        before: Counts::of(&before),
        series: series.into_iter().map(step).collect(),
        refusals: refusals.into_iter().map(refusal).collect(),
    }))
}

impl Counts {
    fn of(totals: &Totals) -> Self {
        Self {
            issued: totals.issued,
            solved: totals.solved,
            stepped_up: totals.stepped,
            failed: totals.failed,
            abandoned: totals.abandoned,
            refused: totals.refused,
            redeemed: totals.redeemed,
            rejected: totals.rejected,
            interactive: totals.interactive,
            solve_p50_ms: totals.solved_within_ms(0.5),
            solve_p95_ms: totals.solved_within_ms(0.95),
        }
    }
}
