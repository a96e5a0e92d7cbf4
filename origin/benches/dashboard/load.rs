//! Fills the database as a month of visitors would.

use std::time::Instant;

use munjigi_app::cache::Cache;
use munjigi_app::jobs::{Jobs, PublishedLists};
use munjigi_captcha::KeyCheck;
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::http_client;
use munjigi_delivery::publish::Publisher;
use munjigi_domain::accounts::LimitKey;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::timestamp::from_timestamp;
use munjigi_keys::{KeyRing, UnixMillis};
use munjigi_process::clock::Clock;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use time::{Date, Duration, OffsetDateTime};

const SQL: &str = include_str!("load.sql");
const DAYS: u64 = 30;

/// Loads this many events; returns the end of their last day, and how long it
/// took.
pub async fn load(pool: &PgPool, events: u64) -> (UnixMillis, Value) {
    let today = OffsetDateTime::now_utc().date();
    run(pool, "sites", today, 0).await;
    let per_day = events.div_ceil(DAYS);
    let (mut redeemed, mut counts) = (0.0, 0.0);
    for back in (1..=DAYS).rev() {
        let day = today - Duration::days(i64::try_from(back).unwrap());
        sqlx::query("SELECT create_day_partition(parent, $1) FROM unnest($2::text[]) AS parent")
            .bind(day)
            .bind(["redeemed".to_owned(), "minute_counts".to_owned()])
            .execute(pool)
            .await
            .unwrap();
        run(pool, "visitors", day, per_day).await;
        redeemed += run(pool, "redeemed", day, per_day).await;
        counts += run(pool, "counts", day, per_day).await;
        run(pool, "done", day, per_day).await;
        eprintln!("   {day} is there");
    }
    let stored = number(pool, "SELECT count(*) FROM redeemed").await;
    let count_rows = number(pool, "SELECT count(*) FROM minute_counts").await;
    vacuum(pool).await;
    eprintln!("   rolling up");
    let end = today.midnight().assume_utc();
    let now = UnixMillis(from_timestamp(end).0 - 30_000);
    let start = Instant::now();
    jobs(pool, now).roll_up().await.unwrap();
    let rolled = start.elapsed().as_secs_f64();
    vacuum(pool).await;
    let hours = number(pool, "SELECT count(*) FROM rollup_hours").await;
    let loaded = json!({
        "events": stored,
        "events_per_second": (stored as f64 / redeemed).round(),
        "count_rows": count_rows,
        "count_rows_per_second": (count_rows as f64 / counts).round(),
        "hours": hours,
        "ms_per_hour_rolled_up": (rolled * 1e3 / hours as f64).round(),
        "hourly_rows": number(pool, "SELECT count(*) FROM hourly_breakdowns").await,
        "daily_rows": number(pool, "SELECT count(*) FROM daily_breakdowns").await,
        "megabytes": number(pool, "SELECT pg_database_size(current_database()) >> 20").await,
    });
    (now, loaded)
}

async fn vacuum(pool: &PgPool) {
    sqlx::raw_sql("VACUUM (ANALYZE)").execute(pool).await.unwrap();
}

async fn number(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

/// Runs a named part of the file; returns how many seconds it took.
async fn run(pool: &PgPool, name: &str, day: Date, events: u64) -> f64 {
    let part = SQL.split("-- name: ").find(|part| part.lines().next() == Some(name)).unwrap();
    let (_, sql) = part.split_once('\n').unwrap();
    let sql =
        sql.replace("$DAY", &format!("{day} 00:00+00")).replace("$EVENTS", &events.to_string());
    let start = Instant::now();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
    start.elapsed().as_secs_f64()
}

fn jobs(pool: &PgPool, now: UnixMillis) -> Jobs {
    let clock = Clock::of(move || now);
    let ring = KeyRing::parse("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
    let nowhere = "http://127.0.0.1:9".parse().unwrap();
    let http = http_client::client().unwrap();
    let entropy = Entropy::system().unwrap();
    let edge = EdgeClient::new(http, nowhere, &ring, clock.clone(), entropy.clone());
    let check = KeyCheck::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
    let publisher = Publisher { pool: pool.clone(), edge, check, clock: clock.clone() };
    let locks = Cache::of_postgres(pool, LimitKey::draw(&entropy)).locks;
    let pool = pool.clone();
    let lists = PublishedLists::none().unwrap();
    let (archive, console) = (None, None);
    Jobs { pool, locks, clock, event_days: 90, archive, publisher, entropy, console, lists }
}
