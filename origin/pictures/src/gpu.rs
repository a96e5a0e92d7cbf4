//! The origin's client for one or several gpu-backends: signed calls that name
//! their caller. When to call, and what to make of an answer, is decided
//! elsewhere in this crate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use munjigi_delivery::telemetry;
use munjigi_domain::entropy::Entropy;
use munjigi_keys::KeyRing;
use munjigi_keys::signature::{Audience, AudienceKeys, Head, Nonce};
use munjigi_process::clock::Clock;
use munjigi_process::reasons::reasons;
use munjigi_protocol::{
    GpuVersion, Health, PredictReply, RenderReply, RenderRequest, Route, Status, headers, routes,
};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use tracing::Span;

/// Added to the gpu-backend's own deadline, for the way there and back.
const ON_THE_WAY: Duration = Duration::from_secs(5);
/// Answers are bounded by their content: 16 pictures of about 200 KB.
const MOST_ANSWER_BYTES: u64 = 64 * 1024 * 1024;
/// Back-off when a server does not say when to retry.
const RETRY_UNSAID: Duration = Duration::from_secs(5);
/// Maximum back-off, even for a server that asks for a year.
const RETRY_MOST: Duration = Duration::from_mins(10);

/// A gpu-backend that did not respond is asked last for this long.
const AWAY_MS: u64 = 5_000;

/// On whose behalf a call is made.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Its name in the gpu-backend's accounting.
    pub name: &'static str,
    /// `high` or `low`.
    pub priority: &'static str,
}

/// Fills the pools; may always wait.
pub const FACTORY: Caller = Caller { name: "factory", priority: "low" };

/// Labels an operator's photos, while the operator waits.
pub const PHOTOS: Caller = Caller { name: "photos", priority: "high" };

/// Has models tried by an operator.
pub const LAB: Caller = Caller { name: "lab", priority: "high" };

/// Has organisations' images looked at.
pub const JOBS: Caller = Caller { name: "jobs", priority: "high" };

/// Why a call to the gpu-backend failed.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No answer. Our fault or the network's; retry.
    #[error("the gpu-backend at {url} does not respond: {reason}")]
    Unreachable {
        url: Url,
        /// Whether it may have received the call before it vanished.
        begun: bool,
        reason: String,
    },
    /// It exceeded this deadline.
    #[error("the gpu-backend took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("the gpu-backend is busy for another {} s", .retry_after.as_secs())]
    Busy {
        /// When to retry.
        retry_after: Duration,
    },
    /// It refused; for most codes, the keys of the two sides differ.
    #[error("the gpu-backend answered {status}{}", .code.as_ref().map(|code| format!(" {code}")).unwrap_or_default())]
    Refused {
        status: StatusCode,
        /// The problem's code, if it sent one.
        code: Option<String>,
    },
    /// Its answer violates the protocol.
    #[error("the gpu-backend's response cannot be read: {0}")]
    Malformed(String),
}

impl GpuError {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::TooSlow(_) => "too-slow",
            Self::Busy { .. } => "busy",
            Self::Refused { .. } => "refused",
            Self::Malformed(_) => "malformed",
        }
    }
}

/// A client for gpu-backends that share the work.
#[derive(Debug, Clone)]
pub struct Gpu {
    http: Client,
    backends: Arc<[Backend]>,
    keys: AudienceKeys,
    clock: Clock,
    entropy: Entropy,
}

#[derive(Debug)]
struct Backend {
    url: Url,
    /// Of this process, under way.
    calls: AtomicUsize,
    /// Others are asked first until then.
    away_until: AtomicU64,
}

impl Gpu {
    /// Creates a client; does not connect yet. `None` without any URL.
    pub fn new(
        http: Client,
        urls: &[Url],
        internal: &KeyRing,
        clock: Clock,
        entropy: Entropy,
    ) -> Option<Self> {
        let keys = AudienceKeys::derive(internal, Audience::Gpu);
        let backend = |url: &Url| Backend {
            url: url.clone(),
            calls: AtomicUsize::new(0),
            away_until: AtomicU64::new(0),
        };
        let backends: Arc<[Backend]> = urls.iter().map(backend).collect();
        (!urls.is_empty()).then(|| Self { http, backends, keys, clock, entropy })
    }

    /// How many gpu-backends there are.
    pub fn count(&self) -> usize {
        self.backends.len()
    }

    /// Requests pictures, within `deadline`.
    pub async fn render(
        &self,
        caller: Caller,
        request: &RenderRequest,
        deadline: Duration,
    ) -> Result<RenderReply, GpuError> {
        let body = serde_json::json!(request).to_string().into_bytes();
        let content_type = "application/json";
        self.call(Call { route: &routes::RENDER, caller, more: "", content_type, body, deadline })
            .await
    }

    /// Runs a model on one image, given as content type and bytes.
    pub async fn predict(
        &self,
        caller: Caller,
        model: &str,
        (content_type, body): (&str, Vec<u8>),
        deadline: Duration,
    ) -> Result<PredictReply, GpuError> {
        let more = format!("&model={model}");
        self.call(Call {
            route: &routes::PREDICT,
            caller,
            more: &more,
            content_type,
            body,
            deadline,
        })
        .await
    }

    /// The health that the gpu-backends report: the worst of them, or degraded
    /// while only some respond.
    pub async fn health(&self) -> Result<Status, GpuError> {
        let asked = self.backends.iter().map(|backend| self.health_of(&backend.url));
        let told = futures_util::future::join_all(asked).await;
        if told.iter().all(Result::is_err) {
            return told.into_iter().next().unwrap_or(Ok(Status::Down));
        }
        let all_well = told.iter().all(|status| matches!(status, Ok(Status::Ok)));
        Ok(if all_well { Status::Ok } else { Status::Degraded })
    }

    async fn health_of(&self, url: &Url) -> Result<Status, GpuError> {
        let mut asked = url.clone();
        asked.set_path("/health/ready");
        let sent = self.http.get(asked).send().await;
        let answer = sent.map_err(|error| no_answer(url, &error, ON_THE_WAY))?;
        // A degraded one may answer 503 with a body; the body counts.
        let status = answer.status();
        match answer.json::<Health>().await {
            Ok(health) => Ok(health.status),
            Err(_) if status.is_success() => Ok(Status::Ok),
            Err(_) => Err(GpuError::Refused { status, code: None }),
        }
    }

    /// What runs on each gpu-backend, by its URL.
    pub async fn versions(&self) -> Vec<(Url, Result<GpuVersion, GpuError>)> {
        let asked = self
            .backends
            .iter()
            .map(|backend| async { (backend.url.clone(), self.version_of(&backend.url).await) });
        futures_util::future::join_all(asked).await
    }

    async fn version_of(&self, url: &Url) -> Result<GpuVersion, GpuError> {
        let mut asked = url.clone();
        asked.set_path(routes::VERSION.path);
        let sent = self.http.get(asked).timeout(ON_THE_WAY).send().await;
        let answer = sent.map_err(|error| no_answer(url, &error, ON_THE_WAY))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(GpuError::Refused { status, code: None });
        }
        answer.json().await.map_err(|error| GpuError::Malformed(error.to_string()))
    }

    /// Calls the least busy gpu-backend, and the next one where that has not
    /// taken the call. A call that one vanished with is not handed on: it may be
    /// the reason.
    async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, GpuError> {
        let mut failed = None;
        for backend in self.in_order() {
            backend.calls.fetch_add(1, Ordering::Relaxed);
            let _under_way = UnderWay(backend);
            let error = match self.call_one(&backend.url, &call).await {
                Err(error @ (GpuError::Unreachable { .. } | GpuError::Busy { .. })) => error,
                result => return result,
            };
            if let GpuError::Unreachable { begun, .. } = &error {
                let until = self.clock.now().0 + AWAY_MS;
                backend.away_until.store(until, Ordering::Relaxed);
                if *begun {
                    return Err(error);
                }
            }
            failed = Some(match failed {
                // One that is busy will have time.
                Some(busy @ GpuError::Busy { .. }) => busy,
                _ => error,
            });
        }
        Err(failed.unwrap_or(GpuError::Busy { retry_after: RETRY_UNSAID }))
    }

    fn in_order(&self) -> Vec<&Backend> {
        let now = self.clock.now().0;
        let mut order: Vec<&Backend> = self.backends.iter().collect();
        order.sort_by_key(|backend| {
            let away = backend.away_until.load(Ordering::Relaxed) > now;
            (away, backend.calls.load(Ordering::Relaxed))
        });
        order
    }

    async fn call_one<T: DeserializeOwned>(
        &self,
        backend: &Url,
        call: &Call<'_>,
    ) -> Result<T, GpuError> {
        let Call { route, caller: Caller { name, priority }, more, content_type, body, deadline } =
            call;
        let query =
            format!("caller={name}&priority={priority}&deadline_ms={}{more}", deadline.as_millis());
        let head = Head { method: route.method, path: route.path, query: &query };
        let nonce = Nonce(self.entropy.bytes());
        let signature = self.keys.sign(&head, body, self.clock.now(), nonce);
        let mut url = backend.clone();
        url.set_path(route.path);
        url.set_query(Some(&query));
        let sent = self
            .http
            .post(url)
            .timeout(*deadline + ON_THE_WAY)
            .headers(telemetry::handed_on(&Span::current()))
            .header(headers::SIGNATURE, signature)
            .header("content-type", *content_type)
            .body(body.clone())
            .send()
            .await;
        let answer = sent.map_err(|error| no_answer(backend, &error, *deadline))?;
        if !answer.status().is_success() {
            return Err(refused(answer, *deadline).await);
        }
        if answer.content_length().is_some_and(|length| length > MOST_ANSWER_BYTES) {
            return Err(GpuError::Malformed("it is longer than any valid response".to_owned()));
        }
        let bytes = answer.bytes().await.map_err(|error| no_answer(backend, &error, *deadline))?;
        serde_json::from_slice(&bytes).map_err(|error| GpuError::Malformed(error.to_string()))
    }
}

/// A call under way, also one that its caller drops.
struct UnderWay<'a>(&'a Backend);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

fn no_answer(url: &Url, error: &reqwest::Error, deadline: Duration) -> GpuError {
    if error.is_timeout() && !error.is_connect() {
        return GpuError::TooSlow(deadline);
    }
    GpuError::Unreachable { url: url.clone(), begun: !error.is_connect(), reason: reasons(error) }
}

struct Call<'a> {
    route: &'static Route,
    caller: Caller,
    /// The rest of the query; characters that need no escape.
    more: &'a str,
    content_type: &'a str,
    body: Vec<u8>,
    deadline: Duration,
}

async fn refused(answer: Response, deadline: Duration) -> GpuError {
    let status = answer.status();
    let retry_after = answer
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map_or(RETRY_UNSAID, Duration::from_secs)
        .clamp(Duration::from_secs(1), RETRY_MOST);
    if status == StatusCode::TOO_MANY_REQUESTS {
        return GpuError::Busy { retry_after };
    }
    if matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT) {
        return GpuError::TooSlow(deadline);
    }
    // Its codes are its own: what is wrong with an image, for one.
    let problem = answer.json::<serde_json::Value>().await.unwrap_or_default();
    let plain =
        |code: &&str| code.len() <= 64 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let code = problem["code"].as_str().filter(plain).map(str::to_owned);
    // A model that it cannot compute will not be computed a little later.
    let of_model = matches!(code.as_deref(), Some("model-unavailable" | "engine-failed"));
    if status == StatusCode::SERVICE_UNAVAILABLE && !of_model {
        return GpuError::Busy { retry_after };
    }
    GpuError::Refused { status, code }
}
