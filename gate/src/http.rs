//! Connections of visitors and back ends: each request goes to the static files
//! or to the routes.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
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
use crate::connections::{Connections, Holder, Slot};
use crate::conversation::{Builders, HEADERS_WITHIN, HttpVersion, PROXIES, VISITORS, converse};
use crate::listen::{Connection, Listener};
use crate::live::{Live, Public};
use crate::paced::Paced;
use crate::proxy_header::{self, Refusal};
use crate::random;
use crate::request::{Caller, Ingress};
use crate::respond;
use crate::tls::{self, Tls};
use crate::traffic::Traffic;

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
    connections: Arc<Connections>,
    visitors: Builders,
    proxies: Builders,
    stop: Stop,
    warning: Rarely,
    refusals: Arc<Semaphore>,
}

/// Who speaks on a connection, and how.
struct Talk<'a> {
    builders: &'a Builders,
    version: HttpVersion,
    caller: Caller,
    traffic: Arc<Traffic>,
}

/// Answers requests until asked to stop; then those in progress, for at most
/// `within`. At most `most` connections are open at once, and of one address a
/// part of them.
pub async fn serve(live: Live, listener: Listener, most: usize, mut stop: Stop, within: Duration) {
    let door = Arc::new(Door {
        live,
        connections: Arc::new(Connections::new(most)),
        visitors: Builders::new(VISITORS),
        proxies: Builders::new(PROXIES),
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
                let is_shared_peer = door.live.now().ingress.is_shared_peer(peer);
                match door.connections.slot(peer, is_shared_peer) {
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
        let ingress = &public.ingress;
        let mut stop = self.stop.clone();
        let mut caller =
            Caller { address: peer, tls: None, is_direct: !ingress.is_shared_peer(peer) };
        if ingress.proxy_protocol {
            let named = tokio::select! {
                named = client_behind(ingress, &mut stream, peer) => named,
                () = stop.asked() => return,
            };
            match named {
                Ok(None) => {}
                Ok(Some(client)) => {
                    // Who speaks TLS there, the client or the proxy, is not said.
                    caller = Caller { address: client, is_direct: false, ..caller };
                    // Another proxy before that one speaks for many as well.
                    if !ingress.is_proxy(client) {
                        let Some(own) = self.connections.pass_on(slot, client) else {
                            return self.turn_away(stream);
                        };
                        slot = own;
                    }
                }
                Err(refusal) => return self.refuse(refusal),
            }
        }
        let builders =
            if ingress.is_proxy(caller.address) { &self.proxies } else { &self.visitors };
        let traffic = Arc::new(Traffic::default());
        let stream = Paced::new(stream, builders.pace.taken_within, traffic.written());
        let stream: Connection = Box::new(stream);
        let Some(tls) = &public.tls else {
            let talk = Talk { builders, version: HttpVersion::One, caller, traffic };
            self.converse(talk, stream).await;
            return drop(slot);
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
            self.converse(Talk { builders, version, caller, traffic }, Box::new(stream)).await;
        }
        drop(slot);
    }

    async fn converse(&self, talk: Talk<'_>, stream: Connection) {
        let (live, caller, traffic) = (self.live.clone(), talk.caller, talk.traffic);
        let connections = Arc::clone(&self.connections);
        let service = service_fn({
            let traffic = Arc::clone(&traffic);
            move |request: axum::http::Request<Incoming>| {
                let (public, request_in_progress) = (live.now(), traffic.begin());
                let connections = Arc::clone(&connections);
                async move {
                    let mut response = answer(&public, caller, request.map(body)).await;
                    if let Some(Shown(holder)) = response.extensions_mut().remove() {
                        connections.has_shown_a_secret(caller.address, holder);
                    }
                    drop(request_in_progress);
                    Ok::<_, Infallible>(response)
                }
            }
        });
        let stop = self.stop.clone();
        // Clients go away as they please.
        if let Err(error) =
            converse(talk.builders, talk.version, stream, service, &traffic, stop).await
        {
            tracing::debug!(%error, "a connection ended early");
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

/// Goes with the answer to a request that showed a secret of a site.
#[derive(Debug, Clone, Copy)]
struct Shown(Holder);

/// The body of a request; most have none.
fn body(incoming: Incoming) -> Body {
    if incoming.is_end_stream() { Body::empty() } else { Body::new(incoming) }
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
    ingress: &Ingress,
    stream: &mut Connection,
    peer: IpAddr,
) -> Result<Option<IpAddr>, Refusal> {
    if !ingress.is_proxy(peer) {
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
    let url = match public.ingress.url(&head, caller) {
        Ok(url) => url,
        Err(error) => {
            let answer = Answer::problem(Code::MalformedRequest, error.to_string());
            let answer = answer.with_status(error.http_status());
            let base = public.ingress.public.as_ref().map(PublicUrl::to_string).unwrap_or_default();
            return noted(problem(answer, &base), "none");
        }
    };
    let inbound = public.ingress.inbound(head, url, body, caller, parts.clock.now());
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
    let mut response = respond::respond(response);
    if let Some(holder) = inbound.source().shown() {
        response.extensions_mut().insert(Shown(holder));
    }
    noted(response, route)
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

    #[test]
    fn the_answer_without_a_place_is_whole() {
        let (head, body) = NO_PLACE.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["code"], Code::Unavailable.as_str());
    }
}
