//! Traces for an OpenTelemetry collector: OTLP over HTTP, in batches, on a
//! separate thread. Spans of `tracing` elsewhere record what is traced; this
//! module exports them. Nothing waits for a collector: what it does not accept
//! is dropped and counted.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Status, TraceContextExt as _, TracerProvider as _};
use opentelemetry_http::{
    Bytes, HeaderExtractor, HeaderInjector, HttpClient, HttpError, Request, Response,
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use reqwest::{Client, Url};
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// How long a collector may take for a batch.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// Interval between batches.
const EXPORT_EVERY: Duration = Duration::from_secs(2);
/// Capacity of the queue of spans; further ones are dropped.
const MOST_WAITING: usize = 4_096;
/// Time for the remaining spans at shutdown.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// Exports spans to a collector.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
#[error("cannot export traces: {0}")]
pub struct TracesError(String);

impl Traces {
    /// To a collector; sends nothing yet. Requires a tokio runtime.
    pub fn to(collector: &Url, client: Client) -> Result<Self, TracesError> {
        let mut endpoint = collector.clone();
        endpoint.set_path("/v1/traces");
        let post = Post { client, runtime: Handle::current(), is_away: AtomicBool::new(false) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(post)
            .with_endpoint(endpoint.to_string())
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(|error| TracesError(error.to_string()))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING)
            .with_scheduled_delay(EXPORT_EVERY)
            .build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder_empty()
            .with_service_name("munjigi-origin")
            .with_attribute(version)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_resource(resource)
            .build();
        Ok(Self { provider })
    }

    /// Exports our spans: no events, which may contain more than a collector
    /// should know.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let ours = filter_fn(|metadata| {
            metadata.is_span()
                && *metadata.level() <= LevelFilter::INFO
                && metadata.target().starts_with("munjigi")
        });
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("munjigi"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(ours)
    }

    /// As `layer`, for the process.
    pub fn boxed_layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        Box::new(self.layer())
    }

    /// Sends the remaining spans, within a few seconds.
    pub async fn finish(self) {
        let provider = self.provider;
        let end = move || provider.shutdown_with_timeout(FINISH_WITHIN);
        let ended = tokio::task::spawn_blocking(end);
        if !matches!(tokio::time::timeout(FINISH_WITHIN * 2, ended).await, Ok(Ok(Ok(())))) {
            tracing::warn!("the last traces did not reach the collector");
        }
    }
}

/// Joins the span of a request to the caller's trace, if it names one, and logs
/// the trace id so that each can be found from the other.
pub fn join(span: &Span, headers: &HeaderMap, name: &str) {
    let caller = TraceContextPropagator::new()
        .extract_with_context(&Context::new(), &HeaderExtractor(headers));
    // No collector is configured.
    if span.set_parent(caller).is_err() {
        return;
    }
    span.record("otel.name", name);
    span.record("otel.kind", "server");
    let context = span.context();
    let own = context.span().span_context().clone();
    if own.is_valid() {
        span.record("trace_id", tracing::field::display(own.trace_id()));
    }
}

/// Records the status of the answer on the request's span.
pub fn answered(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_status(Status::error("the request failed with a server error"));
    }
}

/// The header that propagates a span's trace; none without a collector.
pub fn handed_on(span: &Span) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let context = span.context();
    if context.span().span_context().is_valid() {
        TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(&mut headers));
    }
    headers
}

/// Posts batches with this program's client. The exporter calls from a thread
/// without a runtime, so the call runs on ours.
struct Post {
    client: Client,
    runtime: Handle,
    is_away: AtomicBool,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post")
    }
}

#[async_trait]
impl HttpClient for Post {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let call = self
            .client
            .request(head.method, head.uri.to_string())
            .headers(head.headers)
            .timeout(EXPORT_TIMEOUT)
            .body(body);
        let sent = self.runtime.spawn(async move {
            let answer = call.send().await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let answered = sent.await?;
        let is_well = answered.as_ref().is_ok_and(|(status, _)| status.is_success());
        self.note(is_well);
        let (status, bytes) = answered.map_err(reqwest::Error::without_url)?;
        let mut response = Response::new(bytes);
        *response.status_mut() = status;
        Ok(response)
    }
}

impl Post {
    /// Logs a failure once, until the collector accepts spans again.
    fn note(&self, is_well: bool) {
        if is_well {
            if self.is_away.swap(false, Ordering::Relaxed) {
                tracing::info!("the collector accepts traces again");
            }
            return;
        }
        metrics::counter!("munjigi_traces_failures_total").increment(1);
        if !self.is_away.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the collector at MUNJIGI_OTLP_URL does not accept traces; they are dropped"
            );
        }
    }
}
