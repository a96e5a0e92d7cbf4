//! A running origin, and signed batches of new events to it, as the edge sends
//! them.

use std::time::{Duration, Instant};

use munjigi_app::Parts;
use munjigi_app::jobs::PublishedLists;
use munjigi_app::settings::Retention;
use munjigi_captcha::KeyCheck;
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::http_client;
use munjigi_delivery::notifications::Hooks;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::reach::Reach;
use munjigi_keys::signature::{Audience, AudienceKeys, Head, Nonce};
use munjigi_keys::{KeyRing, UnixMillis};
use munjigi_origin::config::default_pictures;
use munjigi_origin::server::{self, Listeners, Server};
use munjigi_process::clock::Clock;
use munjigi_protocol::{
    Algorithm, AttemptId, EventBatch, RedeemedEvent, Sign, Signs, headers, routes,
};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Events per batch, as redemption objects send them.
pub const BATCH: usize = 500;
/// Concurrent callers.
pub const CALLERS: usize = 6;

/// Events per second over HTTP, counted once committed.
pub async fn events_per_second(pool: &PgPool, entropy: &Entropy, lasting: Duration) -> f64 {
    let clock = Clock::system();
    let ring = KeyRing::parse("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
    let keys = AudienceKeys::derive(&ring, Audience::Origin);
    let http = http_client::client().unwrap();
    let nowhere = "http://127.0.0.1:9".parse().unwrap();
    let parts = Parts {
        console: None,
        pool: pool.clone(),
        direct: None,
        replica: None,
        factory_pool: pool.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        calls: keys.clone(),
        check: KeyCheck::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap(),
        edge: EdgeClient::new(http.clone(), nowhere, &ring, clock, entropy.clone()),
        gpu: None,
        pictures: default_pictures(),
        mail: None,
        redis: None,
        hooks: Hooks::new(Reach::Public).unwrap(),
        connections: 10,
    };
    let server = Server::of(
        parts,
        Retention { event_days: 90 },
        server::unused_metrics(),
        (PublishedLists::none().unwrap(), None),
    );
    let bind = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listeners = Listeners { public: bind().await, operators: bind().await };
    let address = listeners.public.local_addr().unwrap();
    let operators = listeners.operators.local_addr().unwrap();
    tokio::spawn(server.run(listeners, std::future::pending()));
    let base = format!("http://{address}");
    while !http
        .get(format!("http://{operators}/health/ready"))
        .send()
        .await
        .unwrap()
        .status()
        .is_success()
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (http, base, keys, entropy) =
            (http.clone(), base.clone(), keys.clone(), entropy.clone());
        callers.spawn(async move {
            let mut taken = 0;
            while start.elapsed() < lasting {
                send(&http, &base, &keys, &entropy).await;
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

async fn send(http: &reqwest::Client, base: &str, keys: &AudienceKeys, entropy: &Entropy) {
    let now = Clock::system().now();
    let events =
        (0..BATCH).map(|_| RedeemedEvent { action: "batch".into(), ..event(entropy, now) });
    let batch = EventBatch { shard: "64/7".into(), events: events.collect() };
    let body = serde_json::to_vec(&batch).unwrap();
    let head = Head { method: "POST", path: routes::EVENTS.path, query: "" };
    let signature = keys.sign(&head, &body, now, Nonce(entropy.bytes()));
    let answer = http
        .post(format!("{base}{}", routes::EVENTS.path))
        .header(headers::SIGNATURE, signature)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);
}

pub fn event(entropy: &Entropy, now: UnixMillis) -> RedeemedEvent {
    RedeemedEvent {
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
        signs: Signs::NONE.with(Sign::Absent),
        rejected: 0,
    }
}

/// A separate database on a server, with the schema.
pub struct Own {
    maintenance: sqlx::PgConnection,
    name: String,
    pub url: String,
}

impl Own {
    pub async fn make(server: &str) -> Self {
        use sqlx::Connection as _;
        let name = format!("munjigi_bench_{}", std::process::id());
        let mut maintenance = sqlx::PgConnection::connect(server).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut maintenance).await.unwrap();
        let mut url: reqwest::Url = server.parse().unwrap();
        url.set_path(&name);
        let pool = PgPool::connect(url.as_str()).await.unwrap();
        munjigi_store::MIGRATOR.run(&pool).await.unwrap();
        pool.close().await;
        Self { maintenance, name, url: url.into() }
    }

    pub async fn drop(mut self) {
        let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        sqlx::raw_sql(drop).execute(&mut self.maintenance).await.unwrap();
    }
}
