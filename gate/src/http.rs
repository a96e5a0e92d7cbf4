//! Connections of visitors and back ends: each request goes to the static files
//! or to the routes.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use munjigi_process::clock::Stopwatch;
use munjigi_process::stop::Stop;
use munjigi_serving::serve;
use tokio::net::{TcpListener, TcpStream};

use crate::native::Native;
use crate::request::Way;
use crate::respond;

/// A client that takes longer for its headers is sent away.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// After this long without a free file descriptor, another try.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// What every connection shares.
pub struct Public {
    /// The routes' platform.
    pub platform: Native,
    /// How requests come here.
    pub way: Way,
}

/// Answers requests until asked to stop; then those in progress, for at most
/// `within`.
pub async fn serve(public: Arc<Public>, listener: TcpListener, mut stop: Stop, within: Duration) {
    let graceful = GracefulShutdown::new();
    let mut server = Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    server.http2().timer(TokioTimer::new());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.asked() => break,
        };
        match accepted {
            Ok((stream, peer)) => connect(&server, &graceful, Arc::clone(&public), stream, peer),
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(within, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time; abandoning them");
    }
}

fn connect(
    server: &Builder<TokioExecutor>,
    graceful: &GracefulShutdown,
    public: Arc<Public>,
    stream: TcpStream,
    peer: SocketAddr,
) {
    // Answers are small and written at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: axum::http::Request<_>| {
        let public = Arc::clone(&public);
        async move { Ok::<_, Infallible>(answer(&public, peer.ip(), request.map(Body::new)).await) }
    });
    let connection = server.serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection.into_owned());
    tokio::spawn(async move {
        // Clients go away as they please.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// Answers one request.
pub async fn answer(public: &Public, peer: IpAddr, request: Request) -> Response {
    let watch = Stopwatch::start();
    let (head, body) = request.into_parts();
    let parts = public.platform.parts();
    if let Some(file) = parts.assets.answer(&head.method, head.uri.path(), &head.headers) {
        return noted(file, "asset", watch);
    }
    let inbound = match public.way.inbound(head, body, peer, parts.clock.now()) {
        Ok(inbound) => inbound,
        Err(error) => {
            let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            let answer = (StatusCode::BAD_REQUEST, text, error.to_string());
            return noted(answer.into_response(), "none", watch);
        }
    };
    let route = serve::label(&inbound);
    let response = serve::serve(&public.platform, &inbound).await;
    noted(respond::respond(response), route, watch)
}

fn noted(response: Response, route: &'static str, watch: Stopwatch) -> Response {
    let status = response.status().as_u16().to_string();
    metrics::counter!("munjigi_edge_requests_total", "route" => route, "status" => status)
        .increment(1);
    metrics::histogram!("munjigi_edge_request_seconds", "route" => route)
        .record(watch.elapsed().as_secs_f64());
    response
}
