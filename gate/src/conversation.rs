//! One connection with one version of HTTP, from its first byte to its end, which
//! comes whatever the client does. What is answered is decided in `http`.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use munjigi_process::stop::Stop;

use crate::listen::Connection;
use crate::traffic::Traffic;

/// A client that takes longer for its headers is sent away, also one that asks
/// for nothing more.
pub const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Proxies send whole headers and keep connections for the next visitor. nginx
/// keeps them for a minute, Traefik and Envoy for 90 s and more. If we close one
/// first, a request that is on its way is lost.
const PROXY_HEADERS_WITHIN: Duration = Duration::from_mins(10);
/// Requests at once on a connection of HTTP/2.
const STREAMS: u32 = 100;
/// After this long without a request and without an answer that is taken, a
/// visitor's connection of HTTP/2 is ended. The widget's longest pauses between
/// two requests cost another handshake.
const IDLE: Duration = Duration::from_secs(30);
/// For as long a visitor's client may take nothing of what is written to it.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// A proxy that passes answers on as they come is as slow as its clients.
const PROXY_TAKEN_WITHIN: Duration = Duration::from_mins(2);
/// How long a connection that is asked to end has for it: a client that does not
/// take its last answer, or keeps a stream open, would never end it.
const GRACE: Duration = Duration::from_secs(30);
/// The same for a connection on which nothing was ever asked.
const GRACE_UNUSED: Duration = Duration::from_secs(1);
/// How often the grace is given to a connection on which a request is still in
/// progress or an answer is still being taken.
const GRACES: u32 = 8;
/// Servers of one version of HTTP each. Which one is known before the first
/// byte: to find out by the bytes, hyper would wait for them without a limit.
pub struct Builders {
    one: http1::Builder,
    two: http2::Builder<TokioExecutor>,
    /// How slow its clients may be.
    pub pace: Pace,
}

/// How slow a client may be.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Within this time the next headers come in HTTP/1.1, the first in HTTP/2.
    headers_within: Duration,
    /// After this long without a request, a connection of HTTP/2 is ended.
    idle: Duration,
    /// For at most this long it takes nothing of what is written.
    pub taken_within: Duration,
}

/// Clients that no one vouches for.
pub const VISITORS: Pace =
    Pace { headers_within: HEADERS_WITHIN, idle: IDLE, taken_within: TAKEN_WITHIN };
/// The proxies of the operator.
pub const PROXIES: Pace = Pace {
    headers_within: PROXY_HEADERS_WITHIN,
    idle: PROXY_HEADERS_WITHIN,
    taken_within: PROXY_TAKEN_WITHIN,
};

/// Known by ALPN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

impl Builders {
    /// Servers for clients of this pace.
    pub fn new(pace: Pace) -> Self {
        let mut one = http1::Builder::new();
        one.timer(TokioTimer::new()).header_read_timeout(pace.headers_within);
        let mut two = http2::Builder::new(TokioExecutor::new());
        two.timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
        Self { one, two, pace }
    }
}

/// Answers the requests of a connection until it ends.
///
/// # Errors
///
/// The client broke the protocol, left, or did not take what was written.
pub async fn converse<S>(
    builders: &Builders,
    version: HttpVersion,
    stream: Connection,
    service: S,
    traffic: &Traffic,
    stop: Stop,
) -> Result<(), hyper::Error>
where
    S: hyper::service::Service<Request<Incoming>, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    let (stream, pace) = (TokioIo::new(stream), builders.pace);
    match version {
        // It has a limit of its own for clients that ask for nothing more.
        HttpVersion::One => {
            let connection = builders.one.serve_connection(stream, service);
            ended(connection, traffic, std::future::pending(), stop).await
        }
        HttpVersion::Two => {
            let connection = builders.two.serve_connection(stream, service);
            // hyper waits without a limit for the first bytes of HTTP/2. No pings:
            // behind an answer that a slow phone takes they come too late, and
            // the system notices who is gone.
            let idle = async {
                tokio::select! {
                    () = traffic.lacks_a_request_for(pace.headers_within) => {}
                    () = traffic.ceases_for(pace.idle) => {}
                }
            };
            ended(connection, traffic, idle, stop).await
        }
    }
}

/// Waits for the end of a connection, and brings it about when it is idle or the
/// gate stops.
async fn ended<E>(
    connection: impl GracefulConnection<Error = E>,
    traffic: &Traffic,
    idle: impl Future<Output = ()>,
    mut stop: Stop,
) -> Result<(), E> {
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = stop.asked() => {}
        () = idle => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        ended = connection.as_mut() => ended,
        // Dropped, with the streams that no one takes.
        () = overstays(traffic) => Ok(()),
    }
}

/// Returns when a connection that was asked to end has had its time.
async fn overstays(traffic: &Traffic) {
    if !traffic.has_begun() {
        tokio::time::sleep(GRACE_UNUSED).await;
        if !traffic.has_begun() {
            return;
        }
    }
    for _ in 0..GRACES {
        let bytes = traffic.bytes();
        tokio::time::sleep(GRACE).await;
        if !traffic.is_busy() && !traffic.has_moved_since(bytes) {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
