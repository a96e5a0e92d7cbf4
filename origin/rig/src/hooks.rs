//! A receiver of webhooks on this machine, on a port of its own, that checks
//! signatures as a customer would: by the specification, not by our code.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use munjigi_delivery::http_client::Lookup;
use munjigi_delivery::notifications::Hooks;
use munjigi_domain::reach::Reach;
use sha2::Sha256;
use tokio::net::TcpListener;

/// Timeout of the tests' client.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// What the receiver does next.
#[derive(Debug, Clone)]
pub enum Next {
    Answer(u16, &'static str),
    RetryAfter(u16, &'static str),
    Redirect(String),
    Silence,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub id: String,
    pub timestamp: i64,
    pub signature: String,
    pub content_type: String,
    pub body: String,
}

impl Got {
    /// As docs/webhooks.md describes it.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        self.signature.split(' ').any(|signature| {
            let Some(signature) = signature.strip_prefix("v1,") else { return false };
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(format!("{}.{}.{}", self.id, self.timestamp, self.body).as_bytes());
            let signature = BASE64.decode(signature.as_bytes()).unwrap();
            mac.verify_slice(&signature).is_ok()
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Memory {
    got: Vec<Got>,
    next: VecDeque<Next>,
}

#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let router = Router::new().fallback(take).with_state(Arc::clone(&memory));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { address, memory }
    }

    /// Its address as a customer would enter it.
    pub fn url(&self) -> String {
        format!("http://hooks.example:{}/munjigi?key=1", self.address.port())
    }

    /// How it answers the next messages; after those it answers 204.
    pub fn will(&self, next: impl IntoIterator<Item = Next>) {
        self.memory.lock().unwrap().next.extend(next);
    }

    pub fn got(&self) -> Vec<Got> {
        self.memory.lock().unwrap().got.clone()
    }
}

async fn take(
    State(memory): State<Arc<Mutex<Memory>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let got = Got {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp").parse().unwrap(),
        signature: header("webhook-signature"),
        content_type: header("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let next = {
        let mut memory = memory.lock().unwrap();
        memory.got.push(got);
        memory.next.pop_front().unwrap_or(Next::Answer(204, ""))
    };
    match next {
        Next::Answer(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Next::RetryAfter(status, seconds) => {
            (StatusCode::from_u16(status).unwrap(), [("retry-after", seconds)]).into_response()
        }
        Next::Redirect(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Next::Silence => std::future::pending().await,
    }
}

/// Every name resolves to these addresses.
pub fn leading_to(reach: Reach, addresses: Vec<SocketAddr>) -> Hooks {
    let lookup: Lookup = Arc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    });
    Hooks::looking_up(reach, lookup, PATIENCE).unwrap()
}

/// As with a local console: every name resolves to this machine.
pub fn local() -> Hooks {
    leading_to(Reach::Anywhere, vec![SocketAddr::from(([127, 0, 0, 1], 0))])
}

/// No name resolves.
pub fn nowhere() -> Hooks {
    let lookup: Lookup = Arc::new(|_| Box::pin(async { Err(io::Error::other("no such host")) }));
    Hooks::looking_up(Reach::Public, lookup, PATIENCE).unwrap()
}
