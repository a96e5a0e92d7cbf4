//! A shop with one form. It shows what a customer of Munjigi writes: two lines
//! of HTML (`page`), one POST (`verify`), one Content-Security-Policy (below).

mod page;
mod texts;
mod verify;

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{DefaultBodyLimit, Form, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use page::Entered;
use serde::Deserialize;
use texts::Texts;
use verify::{Outcome, verify};

const MAX_BODY_BYTES: usize = 16 * 1024;
const MAX_REPORTS: usize = 100;

struct Shop {
    edge: String,
    sitekey: String,
    secret: String,
    client: reqwest::Client,
    sign_ups: Mutex<Vec<Entered>>,
    reports: Mutex<VecDeque<String>>,
}

type Shared = State<Arc<Shop>>;

#[derive(Deserialize)]
struct Choice {
    lang: Option<String>,
}

#[derive(Deserialize)]
struct SignUp {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default, rename = "munjigi-response")]
    response: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    // reqwest brings rustls without a cryptography provider: this installs
    // ring.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let edge = std::env::var("MUNJIGI_EDGE").unwrap_or_else(|_| "http://127.0.0.1:8787".into());
    let shop = Arc::new(Shop {
        edge: edge.trim_end_matches('/').to_owned(),
        sitekey: required("MUNJIGI_SITEKEY")?,
        secret: required("MUNJIGI_SECRET")?,
        client: reqwest::Client::new(),
        sign_ups: Mutex::default(),
        reports: Mutex::default(),
    });
    let port: u16 = std::env::var("PORT").map_or(Ok(8788), |port| port.parse())?;
    let app = Router::new()
        .route("/", get(show))
        .route("/signup", post(sign_up))
        .route("/style.css", get(style))
        .route("/csp-report", post(report).get(reports))
        .fallback(missing)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(shop.clone(), protect))
        .with_state(shop);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("shop: http://localhost:{port}");
    axum::serve(listener, app)
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}

fn required(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set; see README.md"))
}

/// One host may run scripts and be framed; nothing may be inline.
async fn protect(State(shop): Shared, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let edge = &shop.edge;
    let policy = format!(
        "default-src 'self'; script-src {edge}; frame-src {edge}; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri /csp-report"
    );
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 3] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn texts(choice: &Choice, headers: &HeaderMap) -> &'static Texts {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    texts::choose(choice.lang.as_deref(), accepted.unwrap_or_default())
}

async fn show(
    State(shop): Shared,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Html<String> {
    let t = texts(&choice, &headers);
    Html(page::form(t, &shop.edge, &shop.sitekey, None, &Entered::default()))
}

async fn sign_up(
    State(shop): Shared,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
    Form(form): Form<SignUp>,
) -> Response {
    let t = texts(&choice, &headers);
    let entered = Entered { name: form.name.trim().into(), email: form.email.trim().into() };
    let again = |status: StatusCode, problem: &str, entered: &Entered| {
        let html = page::form(t, &shop.edge, &shop.sitekey, Some(problem), entered);
        (status, Html(html)).into_response()
    };
    if entered.name.is_empty() || !entered.email.contains('@') {
        return again(StatusCode::UNPROCESSABLE_ENTITY, t.fields, &entered);
    }
    let asked =
        verify::Form { response: &form.response, action: "signup", hostname: hostname(&headers) };
    match verify(&shop.client, &shop.edge, &shop.secret, asked).await {
        Outcome::Confirmed => {
            let html = page::welcome(t, &entered.name);
            shop.sign_ups.lock().unwrap_or_else(PoisonError::into_inner).push(entered);
            Html(html).into_response()
        }
        Outcome::NotConfirmed => again(StatusCode::UNPROCESSABLE_ENTITY, t.not_confirmed, &entered),
        Outcome::Unreachable => again(StatusCode::SERVICE_UNAVAILABLE, t.unreachable, &entered),
    }
}

/// The host of this page, without its port.
fn hostname(headers: &HeaderMap) -> &str {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../style.css"))
}

async fn report(State(shop): Shared, body: String) -> StatusCode {
    eprintln!("content security policy: a browser reported a violation");
    let mut reports = shop.reports.lock().unwrap_or_else(PoisonError::into_inner);
    reports.push_back(body);
    while reports.len() > MAX_REPORTS {
        reports.pop_front();
    }
    StatusCode::NO_CONTENT
}

async fn reports(State(shop): Shared) -> Json<Vec<String>> {
    let reports = shop.reports.lock().unwrap_or_else(PoisonError::into_inner);
    Json(reports.iter().cloned().collect())
}

async fn missing(Query(choice): Query<Choice>, headers: HeaderMap) -> impl IntoResponse {
    let t = texts(&choice, &headers);
    (StatusCode::NOT_FOUND, Html(page::message(t, t.missing)))
}
