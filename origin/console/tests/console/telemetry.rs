//! Traces with a real collector, and without one.

use std::io::Write;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::http_client;
use munjigi_delivery::telemetry::Traces;
use munjigi_pictures::gpu::{Gpu, PHOTOS};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span as Exported;
use prost::Message as _;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tracing::subscriber::DefaultGuard;
use tracing::{Instrument as _, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use munjigi_rig::{self as rig, Rig};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector that records what it is sent, and the headers that the edge is
/// called with.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Exported>>>,
    called_with: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    async fn start(self) -> reqwest::Url {
        let router = Router::new()
            .route("/v1/traces", post(take))
            .fallback(async |State(it): State<Self>, request: Request| {
                let header = request.headers().get("traceparent");
                let header = header.map(|value| value.to_str().unwrap().to_owned());
                it.called_with.lock().unwrap().extend(header);
                StatusCode::NOT_FOUND
            })
            .with_state(self);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(axum::serve(listener, router).into_future());
        url
    }
}

async fn take(State(collector): State<Collector>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    collector.spans.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
}

/// The destination of log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn digits(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn traces(url: &reqwest::Url) -> Traces {
    Traces::to(url, http_client::client().unwrap()).unwrap()
}

/// Listens on this thread. A span that no one wants when it is reached first is turned
/// off in the whole process, and other tests' threads may reach it first: so there, too,
/// someone wants every span.
fn listen(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    static EVERYWHERE: Once = Once::new();
    EVERYWHERE.call_once(|| tracing::subscriber::set_global_default(registry()).unwrap());
    tracing::subscriber::set_default(subscriber)
}

fn get(path: &str) -> Request {
    Request::get(path)
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .body(Body::empty())
        .unwrap()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_request_is_exported_as_part_of_its_callers_trace(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let collector = Collector::default();
    let url = collector.clone().start().await;
    let gpu_url = url.clone();
    let (traces, lines) = (traces(&url), Lines::default());
    let json = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(lines.clone());
    let listening = listen(registry().with(traces.layer()).with(json));
    let answer = rig.send(get("/console/no-such-organisation/sites?secret=hunter2")).await;
    let id = answer.headers["munjigi-request-id"].to_str().unwrap().to_owned();
    rig.get("/health/live").await;
    // A call to the edge is part of the trace that it is made in.
    let fake = EdgeClient::new(
        http_client::client().unwrap(),
        url,
        &rig::ring(),
        rig.app.clock.clone(),
        rig.app.entropy.clone(),
    );
    assert!(fake.put_site("mj_1", Vec::new()).await.is_err());
    // So is one to the gpu-backend.
    let (clock, entropy) = (rig.app.clock.clone(), rig.app.entropy.clone());
    let gpu =
        Gpu::new(http_client::client().unwrap(), &[gpu_url], &rig::ring(), clock, entropy).unwrap();
    let labelling = gpu.predict(PHOTOS, "ours", ("image/png", Vec::new()), Duration::from_secs(5));
    assert!(
        labelling.instrument(tracing::info_span!(target: "munjigi", "labelling")).await.is_err()
    );
    drop(listening);
    traces.finish().await;

    let spans = collector.spans.lock().unwrap().clone();
    let ours = spans.iter().find(|span| digits(&span.trace_id) == TRACE).unwrap();
    assert_eq!(ours.name, "GET /console/{organisation}/sites");
    assert_eq!(digits(&ours.parent_span_id), PARENT);
    let said = format!("{:?}", ours.attributes);
    for part in [id.as_str(), "http.response.status_code", "303"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let all = format!("{spans:?}");
    assert!(!all.contains("hunter2") && !all.contains("no-such"), "{all}");
    let live = spans.iter().find(|span| span.name == "GET /health/live").unwrap();
    assert!(live.parent_span_id.is_empty() && digits(&live.trace_id) != TRACE);

    let called = collector.called_with.lock().unwrap().clone();
    let call = spans.iter().find(|span| span.name == "PUT to the edge").unwrap();
    let labelling = spans.iter().find(|span| span.name == "labelling").unwrap();
    let header =
        |span: &Exported| format!("00-{}-{}-01", digits(&span.trace_id), digits(&span.span_id));
    assert_eq!(called, [header(call), header(labelling)]);

    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let line = lines.lines().find(|line| line.contains(&id)).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["span"]["trace_id"], &line["span"]["request_id"]),
        (&TRACE.into(), &id.into())
    );
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_one_waits_for_a_silent_collector(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    // It accepts connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let traces = traces(&url);
    let listening = listen(registry().with(traces.layer()));
    // More spans than wait in the queue. If each of them waited for the
    // collector, this would take hours.
    let asking = async {
        for _ in 0..5_000 {
            assert_eq!(rig.get("/health/live").await.status, 200);
        }
    };
    tokio::time::timeout(Duration::from_mins(10), asking).await.unwrap();
    drop(listening);
    tokio::time::timeout(Duration::from_mins(10), traces.finish()).await.unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_header_without_a_trace_is_ignored(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    for header in ["", "00-zz-zz-01", "00-00000000000000000000000000000000-0000000000000000-01"] {
        let request = Request::get("/health/live").header("traceparent", header);
        assert_eq!(rig.send(request.body(Body::empty()).unwrap()).await.status, 200);
    }
}
