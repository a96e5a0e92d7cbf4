//! An edge that records its calls.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Form, Json, Router};
use munjigi_captcha::{ImportFilter, List};
use munjigi_keys::signature::Audience;
use munjigi_process::clock::Clock;
use munjigi_protocol::{Code, Health, ListDelete, SitePut, Status};
use serde_json::json;
use tokio::net::TcpListener;

use super::pictures::{EdgePacks, edge_router};
use super::signed::{refuse, signed_rightly};

#[derive(Clone)]
pub struct FakeEdge {
    pub url: reqwest::Url,
    memory: Arc<Mutex<Memory>>,
    pub(super) packs: Arc<Mutex<EdgePacks>>,
}

#[derive(Default)]
struct Memory {
    sites: BTreeMap<String, u64>,
    imports: ImportFilter,
    /// `None` where one was deleted.
    lists: BTreeMap<String, Option<List>>,
    calls: Vec<String>,
    /// Errors to answer with, next first.
    failures: VecDeque<Code>,
}

impl FakeEdge {
    pub(super) async fn start(clock: Clock) -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let packs = Arc::new(Mutex::new(EdgePacks::default()));
        let internal = Router::new()
            .route("/internal/sites/{sitekey}", put(internal).delete(internal))
            .route("/internal/imports", put(imports))
            .route("/internal/lists/{list}", put(put_list).delete(delete_list))
            .with_state(Arc::clone(&memory))
            .merge(edge_router(Arc::clone(&packs)))
            .route_layer(from_fn_with_state((Audience::Edge, clock), signed_rightly));
        let health = Json(Health { status: Status::Ok, checks: Vec::new() });
        let router = Router::new()
            .route("/health", get(async || health))
            .route("/v1/frame/{sitekey}", get(frame))
            .route("/siteverify", post(siteverify))
            .with_state(Arc::clone(&memory))
            .merge(internal);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, memory, packs }
    }

    /// `PUT 5` and `PUT imports`, in the order of arrival.
    pub fn calls(&self) -> Vec<String> {
        self.memory.lock().unwrap().calls.clone()
    }

    pub fn version(&self, sitekey: &str) -> Option<u64> {
        self.memory.lock().unwrap().sites.get(sitekey).copied()
    }

    pub fn imports(&self) -> ImportFilter {
        self.memory.lock().unwrap().imports.clone()
    }

    /// A list that was published and not deleted since.
    pub fn list(&self, id: &str) -> Option<List> {
        self.memory.lock().unwrap().lists.get(id).cloned().flatten()
    }

    /// The next calls are refused with these codes.
    pub fn fail(&self, codes: impl IntoIterator<Item = Code>) {
        self.memory.lock().unwrap().failures.extend(codes);
    }

    pub fn set_version(&self, sitekey: &str, version: u64) {
        self.memory.lock().unwrap().sites.insert(sitekey.to_owned(), version);
    }

    pub fn forget_everything(&self) {
        let mut memory = self.memory.lock().unwrap();
        memory.sites.clear();
        memory.imports = ImportFilter::default();
    }
}

async fn frame(
    State(memory): State<Arc<Mutex<Memory>>>,
    Path(sitekey): Path<String>,
) -> StatusCode {
    let known = memory.lock().unwrap().sites.contains_key(&sitekey);
    if known { StatusCode::OK } else { StatusCode::NOT_FOUND }
}

/// The token `good` is always valid.
async fn siteverify(Form(fields): Form<BTreeMap<String, String>>) -> Json<serde_json::Value> {
    let is_good = fields.get("secret").is_some_and(|it| it.starts_with("mjs_"))
        && fields.get("response").is_some_and(|it| it == "good");
    Json(if is_good {
        json!({ "success": true, "hostname": "console.example", "error-codes": [] })
    } else {
        json!({ "success": false, "error-codes": ["invalid-input-response"] })
    })
}

async fn internal(
    State(memory): State<Arc<Mutex<Memory>>>,
    Path(sitekey): Path<String>,
    method: Method,
    body: Bytes,
) -> Response {
    let sent: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let version = sent["version"].as_u64().unwrap();
    let mut memory = memory.lock().unwrap();
    memory.calls.push(format!("{method} {version}"));
    if let Some(code) = memory.failures.pop_front() {
        return refuse(code);
    }
    if memory.sites.get(&sitekey).is_some_and(|stored| *stored > version) {
        return refuse(Code::StaleVersion);
    }
    if method == Method::DELETE {
        memory.sites.remove(&sitekey);
    } else {
        memory.sites.insert(sitekey.clone(), version);
    }
    Json(SitePut { sitekey, version }).into_response()
}

async fn imports(State(memory): State<Arc<Mutex<Memory>>>, body: Bytes) -> Response {
    let filter = ImportFilter::read(&body).unwrap();
    let mut memory = memory.lock().unwrap();
    memory.calls.push("PUT imports".to_owned());
    if let Some(code) = memory.failures.pop_front() {
        return refuse(code);
    }
    if filter.version() < memory.imports.version() {
        return refuse(Code::StaleVersion);
    }
    memory.imports = filter;
    StatusCode::NO_CONTENT.into_response()
}

async fn put_list(
    State(memory): State<Arc<Mutex<Memory>>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let list = List::read(&body).unwrap();
    let mut memory = memory.lock().unwrap();
    memory.calls.push(format!("PUT {id}"));
    if let Some(code) = memory.failures.pop_front() {
        return refuse(code);
    }
    let stored = memory.lists.get(&id).cloned().flatten();
    if stored.is_some_and(|stored| stored.version() > list.version()) {
        return refuse(Code::StaleVersion);
    }
    memory.lists.insert(id, Some(list));
    StatusCode::NO_CONTENT.into_response()
}

async fn delete_list(
    State(memory): State<Arc<Mutex<Memory>>>,
    Path(id): Path<String>,
    Json(ListDelete { version }): Json<ListDelete>,
) -> Response {
    let mut memory = memory.lock().unwrap();
    memory.calls.push(format!("DELETE {id}"));
    let stored = memory.lists.get(&id).cloned().flatten();
    if stored.is_some_and(|stored| stored.version() > version) {
        return refuse(Code::StaleVersion);
    }
    memory.lists.insert(id, None);
    StatusCode::NO_CONTENT.into_response()
}
