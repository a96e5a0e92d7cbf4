//! `…/statistics`: events by time, country, network, host name, action and
//! reason, compared with the previous period.

pub mod export;

use std::iter;

use askama::Template;
use axum::response::Html;
use munjigi_domain::accounts::{Id, Permission};
use munjigi_domain::statistics::breakdown::{self, GroupBy, Row};
use munjigi_domain::statistics::{Period, Span, Totals};
use munjigi_domain::timestamp::from_timestamp;
use munjigi_i18n::Texts;
use munjigi_store::DatabaseError;
use munjigi_store::sites::{self, SiteRecord};
use munjigi_store::statistics::{self, Value};
use sqlx::PgPool;

use super::filter::Filter;
use super::format;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::Asking;

/// Rows on the page; files have all of them.
const MOST_ROWS: usize = 50;

#[derive(Template)]
#[template(path = "statistics.html")]
struct Page {
    frame: Frame,
    sites: Vec<SiteRecord>,
    filter: Filter,
    by: GroupBy,
    period: Period,
    all: Row,
    rows: Vec<Row>,
    /// Number of rows left out.
    more: usize,
    may_export: bool,
}

/// A table, with values in their own spelling.
struct Table {
    span: Span,
    /// The totals of all rows.
    all: Row,
    rows: Vec<Row>,
}

pub async fn show(asking: Asking, filter: Filter) -> Result<Html<String>, PageError> {
    let (by, period) = (filter.by(), filter.period());
    let organisation = asking.organisation();
    let read = |pool: PgPool| async move { sites::of_organisation(&pool, organisation).await };
    let (sites, table) = tokio::try_join!(asking.read(read), table(&asking, &filter))?;
    let Table { all, mut rows, .. } = table;
    let more = rows.len().saturating_sub(MOST_ROWS);
    if by != GroupBy::Time {
        rows.truncate(MOST_ROWS);
        for row in &mut rows {
            row.label = label(asking.t(), by, &row.label);
        }
    }
    render(&Page {
        frame: asking.frame(asking.t().get("statistics-title"), Entry::Statistics),
        sites,
        by,
        period,
        all,
        rows,
        more: if by == GroupBy::Time { 0 } else { more },
        may_export: asking.role().may(Permission::Export),
        filter,
    })
}

async fn table(asking: &Asking, filter: &Filter) -> Result<Table, DatabaseError> {
    let span = filter.period().span(asking.app.clock.now());
    let organisation = asking.organisation();
    let read = |pool: PgPool| async move { table_from(&pool, organisation, filter, span).await };
    asking.read(read).await
}

async fn table_from(
    pool: &PgPool,
    organisation: &Id,
    filter: &Filter,
    span: Span,
) -> Result<Table, DatabaseError> {
    let (period, scope) = (filter.period(), filter.scope(organisation));
    let (totals, before) = tokio::try_join!(
        statistics::totals(pool, scope, span),
        statistics::totals(pool, scope, span.before()),
    )?;
    let all = Row { label: "All".to_owned(), totals, before };
    let rows = if let Some(dimension) = filter.by().dimension() {
        let (now, before) = tokio::try_join!(
            statistics::by_value(pool, scope, dimension, span),
            statistics::by_value(pool, scope, dimension, span.before()),
        )?;
        let pair = |Value { value, totals }| (value, totals);
        breakdown::beside(now.into_iter().map(pair), before.into_iter().map(pair))
    } else {
        let (now, before) = tokio::try_join!(
            statistics::series(pool, scope, period, span),
            statistics::series(pool, scope, period, span.before()),
        )?;
        let row = |(now, before): (statistics::Step, statistics::Step)| Row {
            label: from_timestamp(now.at).rfc3339(),
            totals: now.totals,
            before: before.totals,
        };
        iter::zip(now, before).map(row).collect()
    };
    Ok(Table { span, all, rows })
}

impl Page {
    /// The query with another breakdown.
    fn by(&self, by: GroupBy) -> String {
        self.filter.query(by, self.period)
    }

    /// The query with the longest period.
    fn longest(&self) -> String {
        self.filter.query(self.by, Period::Month)
    }

    /// The query of the downloads.
    fn query(&self) -> String {
        self.filter.query(self.by, self.period)
    }

    /// The totals first.
    fn lines(&self) -> impl Iterator<Item = &Row> {
        iter::once(&self.all).chain(&self.rows)
    }

    fn is_empty(&self) -> bool {
        self.all.totals.activity() == 0 && self.all.before.activity() == 0
    }

    /// The first cell of a row.
    fn label(&self, row: &Row) -> String {
        if self.by != GroupBy::Time {
            return row.label.clone();
        }
        // 2026-11-20T12:00:00.000Z
        let (day, time) = row.label.split_once('T').unwrap_or_default();
        let time = time.get(..5).unwrap_or_default();
        match self.period {
            Period::Month => day.to_owned(),
            Period::Day | Period::Week => format!("{day} {time}"),
        }
    }
}

/// A value of a dimension, for people.
fn label(t: Texts, by: GroupBy, value: &str) -> String {
    match (by, value) {
        (_, "*") => t.get("statistics-others").into(),
        (GroupBy::Action, "") => t.get("statistics-none").into(),
        (GroupBy::Network, "0") | (_, "") => t.get("statistics-unknown").into(),
        (GroupBy::Network, number) => format!("AS{number}"),
        _ => value.to_owned(),
    }
}

fn within(t: &Texts, totals: &Totals, share: f64) -> String {
    format::milliseconds(*t, totals.solved_within_ms(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_described_in_words() {
        for (by, value, text) in [
            (GroupBy::Country, "KR", "KR"),
            (GroupBy::Country, "", "unknown"),
            (GroupBy::Network, "4766", "AS4766"),
            (GroupBy::Network, "0", "unknown"),
            (GroupBy::Network, "*", "all others"),
            (GroupBy::Host, "", "unknown"),
            (GroupBy::Action, "", "none"),
            (GroupBy::Reason, "blocked", "blocked"),
        ] {
            assert_eq!(label(Texts::default(), by, value), text);
        }
    }
}
