//! What tests of the origin's crates stand on: an origin on a real database, with
//! the routes that the test names, a clock that is set by hand, and an edge that
//! records its calls. For tests alone.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "what a test cannot set up fails the test"
)]

pub mod client;
pub mod contract;
pub mod device;
mod fake_edge;
pub mod forms;
pub mod hooks;
mod past;
pub mod people;
pub mod pictures;
pub mod redis;
mod signed;
pub mod smtp;
mod tab;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use axum::response::Response;
use munjigi_app::cache::Redis;
use munjigi_app::console::Console;
use munjigi_app::health::Schema;
use munjigi_app::http::{finished, operators, unknown_path};
use munjigi_app::jobs::{Jobs, PublishedLists};
use munjigi_app::settings::{self, Retention};
use munjigi_app::{App, ConsoleApp, Parts};
use munjigi_captcha::{KeyCheck, Secret, SecretHash, Sitekey};
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::http_client;
use munjigi_delivery::notifications::Hooks;
use munjigi_delivery::outbox;
use munjigi_delivery::publish::Publisher;
use munjigi_domain::accounts::{Id, MostSites};
use munjigi_domain::entropy::Entropy;
use munjigi_domain::settings::Settings;
use munjigi_domain::site_change::{Change, ChangeRefused};
use munjigi_keys::signature::{Audience, AudienceKeys, Head, Nonce};
use munjigi_keys::{KeyRing, UnixMillis};
use munjigi_pictures::gpu::Gpu;
use munjigi_pictures::{Hours, Pictures};
use munjigi_process::clock::Clock;
use munjigi_process::proxies::Proxies;
use munjigi_process::{metrics, stop};
use munjigi_protocol::{
    Algorithm, AttemptId, BatchId, Code, Count, CountKind, PictureKind, RedeemedEvent, Sign, Signs,
    SiteConfig, headers,
};
use munjigi_store::audit::Author;
use munjigi_store::sites::{ChangeSite, CreateSite, Created};
use munjigi_store::transact;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpSocket;
use tower::ServiceExt;

pub use fake_edge::FakeEdge;
pub use tab::Tab;

/// 2026-11-20T12:00:30Z.
pub const NOON: UnixMillis = UnixMillis(1_795_176_030_000);
pub const MINUTE: u64 = 60_000;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;

pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

pub fn ring() -> KeyRing {
    KeyRing::parse(&format!("k1:{KEY}")).unwrap()
}

/// Keys of calls to an audience.
pub fn calls(audience: Audience) -> AudienceKeys {
    AudienceKeys::derive(&ring(), audience)
}

pub fn check() -> KeyCheck {
    KeyCheck::parse(KEY).unwrap()
}

/// As operators would configure it.
pub fn console() -> settings::Console {
    settings::Console {
        url: "https://console.example/".parse().unwrap(),
        keys: ring(),
        sign_up: settings::SignUpPolicy::Open,
        operators: vec!["operator@shop.example".parse().unwrap()],
        proxies: Some(Proxies {
            header: Some("x-real-ip".parse().unwrap()),
            trusted: vec!["127.0.0.1/32".parse().unwrap()],
        }),
        most_sites: MostSites(1_000),
        demo: Some(settings::OwnSite {
            sitekey: Sitekey::from_trusted("mj_0123456789abcdefghjkmnpqr0").unwrap(),
            secret: "mjs_demo".to_owned().into(),
        }),
        widget: None,
    }
}

/// Where the requests of a test go.
pub type Routes = fn(ConsoleApp) -> Router;

/// The routes that every origin has, for tests that open no page.
pub fn bare(app: ConsoleApp) -> Router {
    finished(Router::new().fallback(unknown_path), app.app)
}

/// A factory's settings, with no gpu-backend.
pub fn pictures() -> Pictures {
    let judges = [(PictureKind::Grid, "scene-tile"), (PictureKind::Area, "scene-things")];
    Pictures {
        gpu_urls: Vec::new(),
        jobs_hourly: 0,
        kinds: PictureKind::ALL.to_vec(),
        per_pack: 64,
        low_water: 1_000,
        high_water: 4_000,
        dealt_per_pack: 2_000,
        pack_age: Duration::from_hours(24),
        oversample: 3,
        judges: judges.map(|(kind, model)| (kind, model.to_owned())).into(),
        hours: Hours::Always,
    }
}

#[derive(Clone)]
pub struct Rig {
    pub pool: PgPool,
    pub app: ConsoleApp,
    pub edge: FakeEdge,
    routes: Routes,
    /// Made at the first request: it takes milliseconds.
    router: Arc<OnceLock<Router>>,
    now: Arc<AtomicU64>,
    entropy: Entropy,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// Of a problem; empty for another body.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Rig {
    pub async fn new(pool: PgPool, routes: Routes) -> Self {
        Self::drawing_by(pool, None, routes).await
    }

    /// With our own widget in the public forms, verified by an edge at this
    /// address.
    pub async fn guarded(pool: PgPool, edge: Option<&str>, routes: Routes) -> Self {
        let mut rig = Self::new(pool, routes).await;
        let console = settings::Console { widget: console().demo, ..console() };
        rig.app.console = Arc::new(Console::new(console, check(), None));
        let app = rig.app_mut();
        if let Some(edge) = edge {
            let (url, client) = (edge.parse().unwrap(), http_client::client().unwrap());
            app.edge =
                EdgeClient::new(client, url, &ring(), app.clock.clone(), app.entropy.clone());
        }
        rig
    }

    /// With a gpu-backend at this address.
    pub async fn drawing_by(pool: PgPool, gpu: Option<&str>, routes: Routes) -> Self {
        Self::with(pool, gpu, None, hooks::nowhere(), routes).await
    }

    /// With Redis alongside Postgres.
    pub async fn beside(pool: PgPool, redis: &Redis, routes: Routes) -> Self {
        Self::with(pool, None, Some(redis.clone()), hooks::nowhere(), routes).await
    }

    /// With webhooks that can reach a receiver.
    pub async fn reaching(pool: PgPool, hooks: Hooks, routes: Routes) -> Self {
        Self::with(pool, None, None, hooks, routes).await
    }

    async fn with(
        pool: PgPool,
        gpu: Option<&str>,
        redis: Option<Redis>,
        hooks: Hooks,
        routes: Routes,
    ) -> Self {
        let now = Arc::new(AtomicU64::new(NOON.0));
        let ticking = Arc::clone(&now);
        let clock = Clock::of(move || UnixMillis(ticking.load(Ordering::SeqCst)));
        let entropy = Entropy::from_seed(7);
        let fake = FakeEdge::start(clock.clone()).await;
        let client = http_client::client().unwrap();
        let urls: Vec<reqwest::Url> = gpu.iter().map(|url| url.parse().unwrap()).collect();
        let gpu = Gpu::new(client.clone(), &urls, &ring(), clock.clone(), entropy.clone());
        let edge =
            EdgeClient::new(client, fake.url.clone(), &ring(), clock.clone(), entropy.clone());
        let parts = Parts {
            pool: pool.clone(),
            direct: None,
            replica: None,
            factory_pool: pool.clone(),
            clock,
            entropy: entropy.clone(),
            calls: calls(Audience::Origin),
            check: check(),
            edge,
            gpu,
            pictures: pictures(),
            console: Some(Console::new(console(), check(), None)),
            mail: None,
            redis,
            hooks,
            connections: 10,
        };
        let (app, console) = parts.build(Retention { event_days: 90 }, metrics::unused());
        let app = ConsoleApp { app, console: console.unwrap() };
        app.readiness.set_schema(Schema::Applied);
        Self { pool, app, edge: fake, routes, router: Arc::default(), now, entropy }
    }

    /// Before anything else shares it.
    pub fn app_mut(&mut self) -> &mut App {
        Arc::get_mut(&mut self.app.app).unwrap()
    }

    pub fn now(&self) -> UnixMillis {
        UnixMillis(self.now.load(Ordering::SeqCst))
    }

    pub fn pass(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn publisher(&self) -> Publisher {
        let (pool, edge) = (self.pool.clone(), self.app.edge.clone());
        Publisher { pool, edge, check: check(), clock: self.app.clock.clone() }
    }

    pub fn jobs(&self) -> Jobs {
        Jobs {
            pool: self.pool.clone(),
            locks: Arc::clone(&self.app.cache.locks),
            clock: self.app.clock.clone(),
            event_days: 90,
            archive: None,
            publisher: self.publisher(),
            entropy: self.entropy.clone(),
            console: Some(console().url),
            lists: PublishedLists::none().unwrap(),
        }
    }

    /// Publishes everything that is due.
    pub async fn publish_due(&self) {
        let (_stopper, stop) = stop::pair();
        outbox::deliver_due(&self.publisher(), &stop).await.unwrap();
    }

    /// The signature header for a POST.
    pub fn sign(&self, audience: Audience, path: &str, body: &str, at: UnixMillis) -> String {
        let head = Head { method: "POST", path, query: "" };
        calls(audience).sign(&head, body.as_bytes(), at, Nonce(self.entropy.bytes()))
    }

    /// A POST as the edge sends it.
    pub async fn post(&self, path: &str, body: &str) -> Answer {
        let signature = self.sign(Audience::Origin, path, body, self.now());
        self.post_signed(path, body, Some(&signature)).await
    }

    pub async fn post_signed(&self, path: &str, body: &str, signature: Option<&str>) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/json");
        if let Some(signature) = signature {
            request = request.header(headers::SIGNATURE, signature);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// A request to the operators' port.
    pub async fn look_at(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        answer_of(operators(Arc::clone(&self.app.app)).oneshot(request).await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Through a proxy on this machine, unless the request says otherwise.
    pub async fn send(&self, request: Request) -> Answer {
        let answer = self.answer(request).await;
        self.app.console.later.settled().await;
        answer
    }

    /// The same, without waiting for background work that the answer does not
    /// wait for.
    pub async fn answer(&self, mut request: Request) -> Answer {
        let proxy = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000)));
        request.extensions_mut().get_or_insert_with(|| proxy);
        answer_of(self.router().oneshot(request).await.unwrap()).await
    }

    /// The routes of this rig, for requests whose answer does not end.
    pub fn router(&self) -> Router {
        self.router.get_or_init(|| (self.routes)(self.app.clone())).clone()
    }

    /// A query's result as a single number.
    pub async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }

    pub fn secret(&self) -> Secret {
        self.entropy.with(|generator| check().mint_secret(generator))
    }

    pub async fn create_site(&self) -> SiteConfig {
        let (config, secret) = (site(&self.entropy), self.secret());
        let unit = CreateSite {
            name: "Shop",
            config: &config,
            secrets: &[secret.hash()],
            owner: None,
            by: Author::Command,
            now: self.now(),
        };
        match transact(&self.pool, &unit).await.unwrap() {
            Created::New(config) => *config,
            refused => panic!("{refused:?}"),
        }
    }

    pub async fn change(&self, sitekey: &str, change: Change) -> Result<SiteConfig, ChangeRefused> {
        let (change, by, now) = (&change, Author::Command, self.now());
        let unit = ChangeSite { sitekey, within: None, change, by, now };
        transact(&self.pool, &unit).await.unwrap()
    }

    pub fn new_id(&self) -> Id {
        Id::draw(&self.entropy)
    }

    pub fn new_hash(&self) -> SecretHash {
        self.secret().hash()
    }
}

pub async fn answer_of(response: Response) -> Answer {
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// A port at which no one listens until the socket does, and which no other
/// test can take meanwhile.
pub fn silent_port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn site(entropy: &Entropy) -> SiteConfig {
    let sitekey = entropy.with(|generator| check().mint_sitekey(generator)).to_string();
    let hosts = vec!["shop.example".to_owned()];
    Settings { hosts, ..Settings::of_a_new_site() }.config(&sitekey)
}

/// An event of the minute before noon; `number` makes the id.
pub fn event(number: u8) -> RedeemedEvent {
    RedeemedEvent {
        id: AttemptId([number; 16]),
        redeemed_at: NOON.0 - MINUTE,
        solved_at: NOON.0 - MINUTE - 2_000,
        sitekey: "mj_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
        hostname: "shop.example".to_owned(),
        action: "login".to_owned(),
        score: 90,
        interactive: false,
        stepped: false,
        algorithm: Algorithm::HashWx,
        country: "KR".to_owned(),
        asn: 4_766,
        signs: Signs::NONE.with(Sign::Absent),
        rejected: 0,
    }
}

pub fn events(events: &[RedeemedEvent]) -> String {
    json!({ "shard": "64/7", "events": events }).to_string()
}

pub fn count(kind: CountKind, count: u32) -> Count {
    Count {
        minute: NOON.0 / MINUTE - 1,
        sitekey: "mj_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
        hostname: "shop.example".to_owned(),
        action: "login".to_owned(),
        kind,
        code: (kind == CountKind::Refused).then_some(Code::Blocked),
        country: "KR".to_owned(),
        asn: 4_766,
        algorithm: None,
        count,
        solve_ms: Vec::new(),
    }
}

pub fn counts(batch: u8, counts: &[Count]) -> String {
    json!({ "batch": BatchId([batch; 16]), "counts": counts }).to_string()
}
