//! Connections of visitors and back ends: each request goes to the static files
//! or to the routes.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use munjigi_process::answer::method_label;
use munjigi_process::log::Rarely;
use munjigi_process::metrics::InFlight;
use munjigi_process::stop::Stop;
use munjigi_protocol::{Code, base64};
use munjigi_serving::answer::Answer;
use munjigi_serving::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::PublicUrl;
use crate::connections::{Connections, Slot};
use crate::listen::{Connection, Listener};
use crate::live::{Live, Public};
use crate::proxy_header::{self, Refusal};
use crate::random;
use crate::request::{Caller, Way};
use crate::respond;
use crate::tls::{self, Tls};

/// A client that takes longer for its headers is sent away, also one that asks
/// for nothing more.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Proxies send whole headers and keep connections for the next visitor. nginx
/// keeps them for a minute, Traefik and Envoy for 90 s and more. If we close one
/// first, a request that is on its way is lost.
const PROXY_HEADERS_WITHIN: Duration = Duration::from_mins(10);
/// Requests at once on a connection of HTTP/2.
const STREAMS: u32 = 100;
/// How often a silent client of HTTP/2 is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(30);
/// After this long without a request, a visitor's connection of HTTP/2 is ended.
const IDLE: Duration = Duration::from_mins(2);
/// The start of the origin's routes.
const INTERNAL: &str = "/internal/";
/// Connections that are told at once that there is no slot, and how long and
/// how much of each is read.
const REFUSALS: usize = 256;
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
const REFUSED_BYTES: u64 = 65_536;
const NO_PLACE: &str = "HTTP/1.1 503 Service Unavailable\r\n\
    Content-Type: application/problem+json\r\nCache-Control: no-store\r\nRetry-After: 2\r\n\
    Content-Length: 110\r\nConnection: close\r\n\r\n\
    {\"type\":\"about:blank\",\"title\":\"Unavailable\",\"status\":503,\"code\":\"unavailable\",\
    \"detail\":\"too many connections\"}";
/// After this long without a free file descriptor, another try.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// What the connections of one listener share.
struct Door {
    live: Live,
    connections: Connections,
    visitors: Builders,
    proxies: Builders,
    stop: Stop,
    warning: Rarely,
    refusals: Arc<Semaphore>,
}

/// Servers of one version of HTTP each. Which one is known before the first
/// byte: to find out by the bytes, hyper would wait for them without a limit.
struct Builders {
    one: http1::Builder,
    two: http2::Builder<TokioExecutor>,
    /// After this long without a request, a connection of HTTP/2 is ended.
    idle: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HttpVersion {
    One,
    Two,
}

impl Builders {
    fn new(headers_within: Duration, idle: Duration) -> Self {
        let mut one = http1::Builder::new();
        one.timer(TokioTimer::new()).header_read_timeout(headers_within);
        let mut two = http2::Builder::new(TokioExecutor::new());
        two.timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(HEADERS_WITHIN);
        Self { one, two, idle }
    }
}

/// Answers requests until asked to stop; then those in progress, for at most
/// `within`. At most `most` connections are open at once, and of one address a
/// part of them.
pub async fn serve(live: Live, listener: Listener, most: usize, mut stop: Stop, within: Duration) {
    let door = Arc::new(Door {
        live,
        connections: Connections::new(most),
        visitors: Builders::new(HEADERS_WITHIN, IDLE),
        proxies: Builders::new(PROXY_HEADERS_WITHIN, PROXY_HEADERS_WITHIN),
        stop: stop.clone(),
        warning: Rarely::new(),
        refusals: Arc::new(Semaphore::new(REFUSALS)),
    });
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.asked() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let speaks_for_many = door.live.now().way.speaks_for_many(peer);
                match door.connections.slot(peer, speaks_for_many) {
                    Some(slot) => drop(tokio::spawn(Arc::clone(&door).enter(stream, peer, slot))),
                    None => door.turn_away(stream),
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(within, door.connections.ended()).await.is_err() {
        tracing::warn!("some requests did not end in time; abandoning them");
    }
}

impl Door {
    /// Answers the requests of a connection.
    async fn enter(self: Arc<Self>, mut stream: Connection, peer: IpAddr, mut slot: Slot) {
        let public = self.live.now();
        let way = &public.way;
        let mut stop = self.stop.clone();
        let mut caller = Caller { address: peer, tls: None, is_direct: !way.speaks_for_many(peer) };
        if way.proxy_protocol {
            let named = tokio::select! {
                named = client_behind(way, &mut stream, peer) => named,
                () = stop.asked() => return,
            };
            match named {
                Ok(None) => {}
                Ok(Some(client)) => {
                    // Who speaks TLS there, the client or the proxy, is not said.
                    caller = Caller { address: client, is_direct: false, ..caller };
                    let Some(own) = self.connections.pass_on(slot, client) else {
                        return self.turn_away(stream);
                    };
                    slot = own;
                }
                Err(refusal) => return self.refuse(refusal),
            }
        }
        let builders = if way.is_proxy(peer) { &self.proxies } else { &self.visitors };
        let Some(tls) = &public.tls else {
            return self.converse(builders, HttpVersion::One, stream, caller, slot).await;
        };
        let shaken = tokio::select! {
            shaken = shake_hands(tls, stream) => shaken,
            () = stop.asked() => return,
        };
        if let Some(stream) = shaken {
            let session = stream.get_ref().1;
            caller.tls = Some(tls::version(session.protocol_version()));
            let speaks_two = session.alpn_protocol() == Some(tls::HTTP_2);
            let version = if speaks_two { HttpVersion::Two } else { HttpVersion::One };
            self.converse(builders, version, Box::new(stream), caller, slot).await;
        }
    }

    async fn converse(
        &self,
        builders: &Builders,
        version: HttpVersion,
        stream: Connection,
        caller: Caller,
        slot: Slot,
    ) {
        let (live, traffic) = (self.live.clone(), Arc::new(Traffic::default()));
        let service = service_fn({
            let traffic = Arc::clone(&traffic);
            move |request: axum::http::Request<Incoming>| {
                let (public, request_in_progress) = (live.now(), traffic.begin());
                async move {
                    let response = answer(&public, caller, request.map(body)).await;
                    drop(request_in_progress);
                    Ok::<_, Infallible>(response)
                }
            }
        });
        let stream = TokioIo::new(stream);
        let ended = match version {
            // It has a limit of its own for clients that ask for nothing more.
            HttpVersion::One => {
                let connection = builders.one.serve_connection(stream, service);
                self.ended(connection, std::future::pending()).await
            }
            HttpVersion::Two => {
                let connection = builders.two.serve_connection(stream, service);
                self.ended(connection, traffic.ceases_for(builders.idle)).await
            }
        };
        // Clients go away as they please.
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(slot);
    }

    /// Waits for the end of a connection, and brings it about when it is idle or
    /// the gate stops.
    async fn ended<E>(
        &self,
        connection: impl GracefulConnection<Error = E>,
        idle: impl Future<Output = ()>,
    ) -> Result<(), E> {
        let (mut connection, mut idle) = (pin!(connection), pin!(idle));
        let (mut stop, mut ends) = (self.stop.clone(), false);
        loop {
            tokio::select! {
                ended = connection.as_mut() => return ended,
                () = stop.asked(), if !ends => {}
                () = idle.as_mut(), if !ends => {}
            }
            connection.as_mut().graceful_shutdown();
            ends = true;
        }
    }

    fn refuse(&self, refusal: Refusal) {
        let reason = refusal.to_string();
        metrics::counter!("munjigi_edge_proxy_headers_refused_total", "reason" => reason.clone())
            .increment(1);
        if self.warning.is_due(self.live.now().platform.parts().clock.now()) {
            tracing::warn!(reason, "{}", refusal.told());
        }
    }

    fn turn_away(&self, stream: Connection) {
        metrics::counter!("munjigi_edge_connections_refused_total").increment(1);
        // Beyond these, a connection that is closed must do.
        if let Ok(refusal) = Arc::clone(&self.refusals).try_acquire_owned() {
            tokio::spawn(refuse(stream, refusal));
        }
    }
}

/// The body of a request; most have none.
fn body(incoming: Incoming) -> Body {
    if incoming.is_end_stream() { Body::empty() } else { Body::new(incoming) }
}

/// Whether requests come on a connection of HTTP/2, which browsers keep for as
/// long as they are let.
#[derive(Debug, Default)]
struct Traffic {
    in_progress: AtomicUsize,
    begun: AtomicU64,
}

/// A request in progress.
struct InProgress(Arc<Traffic>);

impl Traffic {
    fn begin(self: &Arc<Self>) -> InProgress {
        self.in_progress.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        InProgress(Arc::clone(self))
    }

    /// Returns once there was no request for at least this long.
    async fn ceases_for(&self, idle: Duration) {
        loop {
            let begun = self.begun.load(Ordering::Relaxed);
            tokio::time::sleep(idle).await;
            let is_busy = self.in_progress.load(Ordering::Relaxed) > 0;
            if !is_busy && self.begun.load(Ordering::Relaxed) == begun {
                return;
            }
        }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.in_progress.fetch_sub(1, Ordering::Relaxed);
    }
}

/// TLS, unless the client does not speak it.
async fn shake_hands(tls: &Tls, stream: Connection) -> Option<TlsStream<Connection>> {
    let shaken = TlsAcceptor::from(tls.config()).accept(stream);
    match tokio::time::timeout(HEADERS_WITHIN, shaken).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            metrics::counter!("munjigi_edge_tls_failed_total").increment(1);
            tracing::debug!(%error, "a client did not finish its TLS handshake");
            None
        }
        Err(_) => {
            metrics::counter!("munjigi_edge_tls_failed_total").increment(1);
            None
        }
    }
}

/// Whom a proxy names before anything else.
async fn client_behind(
    way: &Way,
    stream: &mut Connection,
    peer: IpAddr,
) -> Result<Option<IpAddr>, Refusal> {
    if !way.is_proxy(peer) {
        return Err(Refusal::Stranger);
    }
    let read = tokio::time::timeout(HEADERS_WITHIN, proxy_header::read(stream)).await;
    read.unwrap_or(Err(Refusal::Truncated))
}

/// Says that there is no slot, and gives the client a moment to read it: a
/// connection closed with unread bytes takes the answer with it.
async fn refuse(mut stream: Connection, _place: OwnedSemaphorePermit) {
    let _ = tokio::time::timeout(REFUSED_WITHIN, async {
        stream.write_all(NO_PLACE.as_bytes()).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(REFUSED_BYTES), &mut tokio::io::sink()).await
    })
    .await;
}

/// Answers one request.
pub async fn answer(public: &Public, caller: Caller, request: Request) -> Response {
    let mut response = answer_by_route(public, caller, request).await;
    // Browsers take it from nowhere else.
    let tls = public.tls.as_ref().filter(|_| caller.tls.is_some());
    if let Some(hsts) = tls.and_then(|tls| tls.hsts.clone()) {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, hsts);
    }
    response
}

async fn answer_by_route(public: &Public, caller: Caller, request: Request) -> Response {
    let (in_flight, method) = (InFlight::begin(), method_label(request.method()));
    let noted = |response: Response, route: &'static str| {
        in_flight.answered(method, route, response.status().as_u16());
        response
    };
    let (head, body) = request.into_parts();
    let parts = public.platform.parts();
    let url = match public.way.url(&head, caller) {
        Ok(url) => url,
        Err(error) => {
            let answer = Answer::problem(Code::MalformedRequest, error.to_string());
            let answer = answer.with_status(error.http_status());
            let base = public.way.public.as_ref().map(PublicUrl::to_string).unwrap_or_default();
            return noted(problem(answer, &base), "none");
        }
    };
    let inbound = public.way.inbound(head, url, body, caller, parts.clock.now());
    let path = inbound.url().path();
    if let Some(file) = parts.assets.answer(inbound.method(), path, inbound.source().headers()) {
        return noted(file, "asset");
    }
    // Without an origin no one has the key, so the route does not exist.
    if path.starts_with(INTERNAL) && parts.state.config.origin_url.is_none() {
        let answer = Answer::problem(Code::NotFound, "unknown path");
        let base = format!("{}{}", inbound.url().base(), parts.state.config.base_path);
        return noted(problem(answer, &base), "none");
    }
    let response = serve::serve(&public.platform, &inbound).await;
    let route = response.route;
    noted(respond::respond(response), route)
}

/// A refusal before any route.
fn problem(answer: Answer, base: &str) -> Response {
    let mut bytes = [0; 8];
    let id = random::fill(&mut bytes).map(|()| base64::encode(&bytes));
    respond::respond(answer.into_response(None, id.unwrap_or_default(), format_args!("{base}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_once_nothing_was_asked_for_a_while() {
        let traffic = Arc::new(Traffic::default());
        let ceases = tokio::spawn({
            let traffic = Arc::clone(&traffic);
            async move { traffic.ceases_for(IDLE).await }
        });
        for _ in 0..3 {
            drop(traffic.begin());
            tokio::time::sleep(IDLE).await;
            assert!(!ceases.is_finished());
        }
        // A long one counts for as long as it takes.
        let long = traffic.begin();
        tokio::time::sleep(IDLE * 5).await;
        assert!(!ceases.is_finished());
        drop(long);
        tokio::time::sleep(IDLE * 2).await;
        assert!(ceases.is_finished());
    }

    #[test]
    fn the_answer_without_a_place_is_whole() {
        let (head, body) = NO_PLACE.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["code"], Code::Unavailable.as_str());
    }
}
