//! The origin's records, read from its Postgres.

use std::time::Duration;

use anyhow::Result;
use munjigi_tools::wait;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

pub struct Records {
    pool: PgPool,
}

impl Records {
    /// Connects on the first query, and again after an outage.
    pub fn of(database_url: &str) -> Result<Self> {
        Ok(Self { pool: PgPoolOptions::new().max_connections(1).connect_lazy(database_url)? })
    }

    /// The single number that a query returns.
    pub async fn number(&self, query: &'static str) -> Result<i64> {
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    /// Every row of every table, as text.
    pub async fn every_row(&self) -> Result<String> {
        let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
            WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&self.pool).await?;
        let mut all = String::new();
        for table in tables {
            let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
            let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&self.pool).await?;
            all.extend(rows.into_iter().map(|row| row + "\n"));
        }
        Ok(all)
    }

    /// Rows of `redeemed` for one site.
    pub async fn redeemed(&self, sitekey: &str) -> Result<i64> {
        let count = "SELECT count(*) FROM redeemed WHERE sitekey = $1";
        Ok(sqlx::query_scalar(count).bind(sitekey).fetch_one(&self.pool).await?)
    }

    /// The age of a site's first redemption, by the edge's clock.
    pub async fn oldest(&self, sitekey: &str) -> Result<Duration> {
        let age = "SELECT extract(epoch FROM now() - min(redeemed_at))::float8 \
                   FROM redeemed WHERE sitekey = $1";
        let seconds: f64 = sqlx::query_scalar(age).bind(sitekey).fetch_one(&self.pool).await?;
        Ok(Duration::try_from_secs_f64(seconds)?)
    }

    /// Waits until `redeemed` has at least `wanted` rows for a site, then a
    /// little longer, and returns their number.
    pub async fn settled(&self, sitekey: &str, wanted: usize, within: Duration) -> Result<i64> {
        let what = format!("{wanted} rows in redeemed");
        wait::until(&what, within, async || {
            let rows = self.redeemed(sitekey).await;
            Ok(rows
                .is_ok_and(|rows| usize::try_from(rows).is_ok_and(|rows| rows >= wanted))
                .then_some(()))
        })
        .await?;
        self.redeemed(sitekey).await
    }
}
