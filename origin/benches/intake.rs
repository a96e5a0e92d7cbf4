//! Events per second into a real Postgres: signed batches over HTTP, as the
//! edge sends them, beside the same events inserted row by row.
//!
//! `DATABASE_URL=postgres://… cargo bench -p munjigi-origin --bench intake`
//! makes a database of its own there and drops it.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock itself")]
#![expect(clippy::cast_precision_loss, reason = "rates are told in whole events")]

use std::time::{Duration, Instant};

use munjigi_captcha::signature::{self, Audience, Nonce, SignedRequest};
use munjigi_captcha::{KeyRing, UnixMillis};
use munjigi_origin::clock::Clock;
use munjigi_origin::config::{Pictures, Retention};
use munjigi_origin::edge::{self, Edge};
use munjigi_origin::entropy::Entropy;
use munjigi_origin::server::{self, Parts, Server};
use munjigi_origin::store::events::{EventColumns, TakeEvents};
use munjigi_origin::store::transact;
use munjigi_protocol::{Algorithm, AttemptId, EventBatch, Redeemed, headers, routes};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const BATCH: usize = 500;
const CALLERS: usize = 6;
const SECONDS: u64 = 8;

fn main() {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names a Postgres to measure on");
    tokio::runtime::Runtime::new().unwrap().block_on(measure(&url));
}

async fn measure(url: &str) {
    let entropy = Entropy::system().unwrap();
    let name = format!("munjigi_bench_{}", std::process::id());
    let mut maintenance = PgConnection::connect(url).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create).execute(&mut maintenance).await.unwrap();
    let mut own: reqwest::Url = url.parse().unwrap();
    own.set_path(&name);
    let pool = PgPool::connect(own.as_str()).await.unwrap();
    munjigi_origin::MIGRATOR.run(&pool).await.unwrap();

    let rows = row_by_row(&pool, &entropy).await;
    let batches = over_http(&pool, &entropy).await;
    println!("intake, row by row             {rows:>9.0} events/s");
    println!("intake, batches of {BATCH} over HTTP {batches:>8.0} events/s");
    println!("intake, batches/row by row = {:.1}", batches / rows);

    pool.close().await;
    let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    sqlx::raw_sql(drop).execute(&mut maintenance).await.unwrap();
}

/// The baseline: the same transaction with one event in it.
async fn row_by_row(pool: &PgPool, entropy: &Entropy) -> f64 {
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (pool, entropy) = (pool.clone(), entropy.clone());
        callers.spawn(async move {
            let mut taken = 0;
            while start.elapsed() < Duration::from_secs(SECONDS / 2) {
                let now = Clock::system().now();
                let events = EventColumns::new(vec![event(&entropy, now)]);
                let unit = TakeEvents { nonce: &entropy.bytes(), events: &events, now };
                transact(&pool, &unit).await.unwrap();
                taken += 1;
            }
            taken
        });
    }
    let taken: usize = callers.join_all().await.into_iter().sum();
    taken as f64 / start.elapsed().as_secs_f64()
}

async fn over_http(pool: &PgPool, entropy: &Entropy) -> f64 {
    let clock = Clock::system();
    let ring = KeyRing::parse("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
    let http = edge::http_client().unwrap();
    let nowhere = "http://127.0.0.1:9".parse().unwrap();
    let parts = Parts {
        console: None,
        pool: pool.clone(),
        factory_pool: pool.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        ring: ring.clone(),
        edge: Edge::new(http.clone(), nowhere, ring.clone(), clock, entropy.clone()),
        gpu: None,
        pictures: Pictures::default(),
        mail: None,
        redis: None,
        connections: 10,
    };
    let server = Server::of(parts, Retention { event_days: 90 }, server::unused_metrics());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server.run(listener, std::future::pending()));
    let base = format!("http://{address}");
    while !http.get(format!("{base}/health/ready")).send().await.unwrap().status().is_success() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (http, base, ring, entropy) =
            (http.clone(), base.clone(), ring.clone(), entropy.clone());
        callers.spawn(async move {
            let mut taken = 0;
            while start.elapsed() < Duration::from_secs(SECONDS) {
                send(&http, &base, &ring, &entropy).await;
                taken += BATCH;
            }
            taken
        });
    }
    let taken: usize = callers.join_all().await.into_iter().sum();
    let rate = taken as f64 / start.elapsed().as_secs_f64();
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM redeemed WHERE action = 'batch'")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(usize::try_from(stored).unwrap(), taken, "every event acknowledged is a row");
    rate
}

async fn send(http: &reqwest::Client, base: &str, ring: &KeyRing, entropy: &Entropy) {
    let now = Clock::system().now();
    let events = (0..BATCH).map(|_| Redeemed { action: "batch".into(), ..event(entropy, now) });
    let batch = EventBatch { shard: "64/7".into(), events: events.collect() };
    let body = serde_json::to_vec(&batch).unwrap();
    let request = SignedRequest {
        audience: Audience::Origin,
        method: "POST",
        path: routes::EVENTS.path,
        query: "",
        body: &body,
    };
    let signature = signature::sign(ring, &request, now, Nonce(entropy.bytes()));
    let answer = http
        .post(format!("{base}{}", routes::EVENTS.path))
        .header(headers::SIGNATURE, signature)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);
}

fn event(entropy: &Entropy, now: UnixMillis) -> Redeemed {
    Redeemed {
        id: AttemptId(entropy.bytes()),
        redeemed_at: now.0,
        solved_at: now.0 - 2_000,
        sitekey: "mj_aaaaaaaaaaaaaaaaaaaaaaaaaa".into(),
        hostname: "shop.example".into(),
        action: "login".into(),
        score: 90,
        interactive: false,
        stepped: false,
        algorithm: Algorithm::HashWx,
        country: "KR".into(),
        asn: 4_766,
        rejected: 0,
    }
}
