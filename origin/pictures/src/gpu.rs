//! The origin's client of the gpu-backend: signed calls that say for whom
//! they are. When to call, and what to make of an answer, is decided in
//! `pictures`.

use std::time::Duration;

use munjigi_delivery::http_client::reasons;
use munjigi_domain::entropy::Entropy;
use munjigi_keys::KeyRing;
use munjigi_keys::signature::{Audience, AudienceKeys, Head, Nonce};
use munjigi_process::clock::Clock;
use munjigi_protocol::{
    Code, Health, PredictReply, Problem, RenderReply, RenderRequest, Route, Status, headers, routes,
};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

/// Added to what the gpu-backend is given, for the way there and back.
const ON_THE_WAY: Duration = Duration::from_secs(5);
/// Answers are bounded by what they are made of: 16 pictures of some 200 KB.
const MOST_ANSWER_BYTES: u64 = 64 * 1024 * 1024;
/// A server that says nothing about when to come back.
const RETRY_UNSAID: Duration = Duration::from_secs(5);
/// One that says "next year" is asked before that all the same.
const RETRY_MOST: Duration = Duration::from_mins(10);

/// For whom a call is made.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Its name in the gpu-backend's books.
    pub name: &'static str,
    /// `high` or `low`.
    pub priority: &'static str,
}

/// Fills the pools; may always wait.
pub const FACTORY: Caller = Caller { name: "factory", priority: "low" };

/// Labels an operator's photos, while the operator waits.
pub const PHOTOS: Caller = Caller { name: "photos", priority: "high" };

/// Why the gpu-backend did not do it.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No answer. Ours or the network's; try again.
    #[error("the gpu-backend at {url} does not respond: {reason}")]
    Unreachable {
        /// Where.
        url: Url,
        /// The chain of reasons.
        reason: String,
    },
    /// It took longer than it was given.
    #[error("the gpu-backend took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
    /// It has enough to do.
    #[error("the gpu-backend is busy for another {} s", .retry_after.as_secs())]
    Busy {
        /// When it wants to be asked again.
        retry_after: Duration,
    },
    /// It refused; for most codes the keys of both sides differ.
    #[error("the gpu-backend answered {status}{}", .code.map(|code| format!(" {code}")).unwrap_or_default())]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// The problem's code, where it sent one that we know.
        code: Option<Code>,
    },
    /// Its answer is not what the protocol says.
    #[error("the gpu-backend's response cannot be read: {0}")]
    Malformed(String),
}

/// The gpu-backend, as the origin sees it.
#[derive(Debug, Clone)]
pub struct Gpu {
    http: Client,
    url: Url,
    keys: AudienceKeys,
    clock: Clock,
    entropy: Entropy,
}

impl Gpu {
    /// A client; nothing is called yet.
    pub fn new(http: Client, url: Url, internal: &KeyRing, clock: Clock, entropy: Entropy) -> Self {
        let keys = AudienceKeys::derive(internal, Audience::Gpu);
        Self { http, url, keys, clock, entropy }
    }

    /// Where it is.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Has pictures drawn, within `deadline`.
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

    /// Asks a model about one image: its content type and bytes.
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

    /// How the gpu-backend says it is.
    pub async fn health(&self) -> Result<Status, GpuError> {
        let mut url = self.url.clone();
        url.set_path("/health/ready");
        let sent = self.http.get(url).send().await;
        let answer = sent.map_err(|error| self.no_answer(&error, ON_THE_WAY))?;
        // A degraded one may answer 503 with a body; its word counts.
        let status = answer.status();
        match answer.json::<Health>().await {
            Ok(health) => Ok(health.status),
            Err(_) if status.is_success() => Ok(Status::Ok),
            Err(_) => Err(GpuError::Refused { status, code: None }),
        }
    }

    async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, GpuError> {
        let Call { route, caller: Caller { name, priority }, more, content_type, body, deadline } =
            call;
        let query =
            format!("caller={name}&priority={priority}&deadline_ms={}{more}", deadline.as_millis());
        let head = Head { method: route.method, path: route.path, query: &query };
        let nonce = Nonce(self.entropy.bytes());
        let signature = self.keys.sign(&head, &body, self.clock.now(), nonce);
        let mut url = self.url.clone();
        url.set_path(route.path);
        url.set_query(Some(&query));
        let sent = self
            .http
            .post(url)
            .timeout(deadline + ON_THE_WAY)
            .header(headers::SIGNATURE, signature)
            .header("content-type", content_type)
            .body(body)
            .send()
            .await;
        let answer = sent.map_err(|error| self.no_answer(&error, deadline))?;
        if !answer.status().is_success() {
            return Err(refused(answer, deadline).await);
        }
        if answer.content_length().is_some_and(|length| length > MOST_ANSWER_BYTES) {
            return Err(GpuError::Malformed("it is longer than any valid response".to_owned()));
        }
        let bytes = answer.bytes().await.map_err(|error| self.no_answer(&error, deadline))?;
        serde_json::from_slice(&bytes).map_err(|error| GpuError::Malformed(error.to_string()))
    }

    fn no_answer(&self, error: &reqwest::Error, deadline: Duration) -> GpuError {
        if error.is_timeout() && !error.is_connect() {
            return GpuError::TooSlow(deadline);
        }
        GpuError::Unreachable { url: self.url.clone(), reason: reasons(error) }
    }
}

/// A call.
struct Call<'a> {
    route: &'static Route,
    caller: Caller,
    /// What else the query says; letters that need no escape.
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
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            GpuError::Busy { retry_after }
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => GpuError::TooSlow(deadline),
        _ => {
            let code = answer.json::<Problem>().await.ok().map(|problem| problem.code);
            GpuError::Refused { status, code }
        }
    }
}
