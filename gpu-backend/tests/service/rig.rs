//! A service in this process, and calls signed for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_gpu_backend::clock::Clock;
use munjigi_gpu_backend::config::{Config, environment};
use munjigi_gpu_backend::engine::choice::{Engines, Wish};
use munjigi_gpu_backend::http::{self, App};
use munjigi_gpu_backend::server;
use munjigi_keys::signature::{Audience, AudienceKeys, CallKeys, Head, Nonce};
use munjigi_keys::{KeyRing, UnixMillis};
use munjigi_protocol::headers;
use serde_json::Value;
use tower::ServiceExt;

const RING: &str = "t1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The internal ring, as the origin has it.
pub fn ring() -> KeyRing {
    KeyRing::parse(RING).unwrap()
}

/// The derived keys that the backend gets.
pub fn own_keys() -> String {
    CallKeys::write(&ring(), &[Audience::Gpu]).to_string()
}

/// The time of every test, in seconds since 1970.
pub const NOW: u64 = 1_795_000_000;

/// A service with a clock that stands still.
pub struct Rig {
    pub app: Arc<App>,
    router: Router,
    nonce: AtomicU64,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Rig {
    /// A service with these variables besides the key ring.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self::on(variables, Engines::choose(&Wish::Cpu), server::unused_metrics())
    }

    /// A service with the given engines.
    pub fn on(variables: &[(&str, &str)], engines: Engines, metrics: PrometheusHandle) -> Self {
        let keys = own_keys();
        let keys = [("MUNJIGI_INTERNAL_KEYS", keys.as_str())];
        let pairs = keys.iter().chain(variables);
        let pairs = pairs.map(|(name, value)| (name.into(), value.into()));
        let config = Config::read(&environment(pairs, |_| unreachable!())).unwrap();
        let clock = Clock::of(|| UnixMillis::from_seconds(NOW));
        let app = server::app(&config, engines, clock, metrics).unwrap();
        let nonce = AtomicU64::new(0);
        let router = http::router(Arc::clone(&app));
        Self { app, router, nonce }
    }

    pub fn new() -> Arc<Self> {
        Arc::new(Self::with(&[]))
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, body: body.into() }
    }

    pub async fn fetch(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A signature for a call, never the same twice.
    pub fn signature(&self, target: &str, body: &[u8], audience: Audience, at: u64) -> String {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.nonce.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        signature(target, body, audience, at, Nonce(nonce))
    }

    /// A correctly signed call.
    pub fn signed(&self, target: &str, content_type: &str, body: &[u8]) -> Request<Body> {
        let signature = self.signature(target, body, Audience::Gpu, NOW);
        let request = Request::post(target).header(headers::SIGNATURE, signature);
        let request = if content_type.is_empty() {
            request
        } else {
            request.header("content-type", content_type)
        };
        request.body(Body::from(body.to_owned())).unwrap()
    }

    pub async fn post(&self, target: &str, body: &Value) -> Answer {
        let body = serde_json::to_vec(body).unwrap();
        self.send(self.signed(target, "application/json", &body)).await
    }
}

pub fn signature(target: &str, body: &[u8], audience: Audience, at: u64, nonce: Nonce) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let head = Head { method: "POST", path, query };
    AudienceKeys::derive(&ring(), audience).sign(&head, body, UnixMillis::from_seconds(at), nonce)
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The code of a refusal; fails if the answer is not one.
    pub fn code(&self) -> String {
        let problem = self.json();
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(problem["status"], self.status);
        assert_eq!(
            problem["request_id"].as_str(),
            self.headers["munjigi-request-id"].to_str().ok()
        );
        problem["code"].as_str().unwrap().to_owned()
    }

    pub fn retry_after(&self) -> u64 {
        self.headers["retry-after"].to_str().unwrap().parse().unwrap()
    }
}
