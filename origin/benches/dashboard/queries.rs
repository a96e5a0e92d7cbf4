//! Every query of the overview and the statistics, over organisations, sites
//! and periods.

use std::time::Instant;

use munjigi_domain::accounts::Id;
use munjigi_domain::statistics::{Dimension, Period};
use munjigi_keys::UnixMillis;
use munjigi_store::sites;
use munjigi_store::statistics::{self, Scope};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::plans::Notices;

/// A query of the pages.
#[derive(Debug, Clone, Copy)]
enum Query {
    Sites,
    LastRedeemed,
    Lately,
    Series,
    By(Dimension),
}

const QUERIES: [Query; 10] = [
    Query::Sites,
    Query::LastRedeemed,
    Query::Lately,
    Query::Series,
    Query::By(Dimension::Total),
    Query::By(Dimension::Country),
    Query::By(Dimension::Asn),
    Query::By(Dimension::Hostname),
    Query::By(Dimension::Action),
    Query::By(Dimension::Code),
];

/// Whose statistics to query, and for which period.
struct Asked {
    organisation: Id,
    sitekey: Option<String>,
    period: Period,
    before: bool,
}

/// Runs each query this many times per period; returns milliseconds.
pub async fn measure(pool: &PgPool, now: UnixMillis, runs: usize) -> Vec<Value> {
    let notices = Notices::collect();
    let mut found = Vec::new();
    for query in QUERIES {
        for period in Period::ALL {
            if matches!(query, Query::Sites | Query::LastRedeemed | Query::Lately)
                && period != Period::Day
            {
                continue;
            }
            let name = name(query, period);
            let mut times = Vec::new();
            for number in 0..runs {
                let asked = asked(number, period);
                let start = Instant::now();
                run(pool, query, &asked, now).await;
                times.push((start.elapsed().as_secs_f64() * 1e3, number));
            }
            times.sort_by(|a, b| a.0.total_cmp(&b.0));
            // Nearest rank.
            let at = |percent: usize| times[(times.len() * percent).div_ceil(100).max(1) - 1].0;
            let (worst, number) = times[times.len() - 1];
            notices.explain(pool).await;
            notices.take();
            run(pool, query, &asked(number, period), now).await;
            notices.stop_explaining(pool).await;
            let (plan_ms, plan) = notices.take().unwrap_or((f64::NAN, String::new()));
            eprintln!("   {name}: p99 {:.1} ms, worst {worst:.1} ms", at(99));
            found.push(json!({
                "name": name, "p50": at(50), "p99": at(99), "worst": worst,
                "plan_ms": plan_ms, "plan": plan,
            }));
        }
    }
    found
}

/// Half of the queries are for the largest organisation; half of those for all
/// its sites.
fn asked(number: usize, period: Period) -> Asked {
    let organisation = if number.is_multiple_of(2) { 0 } else { number / 2 % 20 };
    // Organisation 0 has every fourth site, each of the others has some of the rest.
    let site = if organisation == 0 { number / 4 % 20 * 4 } else { organisation };
    Asked {
        organisation: format!("{organisation:016}").parse().unwrap(),
        sitekey: (number % 4 > 1).then(|| format!("mj_{site:026}")),
        period,
        before: number % 8 > 5,
    }
}

fn name(query: Query, period: Period) -> String {
    match query {
        Query::Sites => "sites".to_owned(),
        Query::LastRedeemed => "last redeemed".to_owned(),
        Query::Lately => "the last ten minutes".to_owned(),
        Query::Series => format!("series, {}", period.as_str()),
        Query::By(dimension) => format!("by {}, {}", dimension.as_str(), period.as_str()),
    }
}

async fn run(pool: &PgPool, query: Query, asked: &Asked, now: UnixMillis) {
    let scope = Scope { organisation: &asked.organisation, sitekey: asked.sitekey.as_deref() };
    let span = asked.period.span(now);
    let span = if asked.before { span.before() } else { span };
    match query {
        Query::Sites => {
            sites::of_organisation(pool, &asked.organisation).await.unwrap();
        }
        Query::LastRedeemed => {
            statistics::last_redeemed(pool, scope).await.unwrap();
        }
        Query::Lately => {
            statistics::lately(pool, scope, now, 10).await.unwrap();
        }
        Query::Series => {
            statistics::series(pool, scope, asked.period, span).await.unwrap();
        }
        Query::By(dimension) => {
            statistics::by_value(pool, scope, dimension, span).await.unwrap();
        }
    }
}
