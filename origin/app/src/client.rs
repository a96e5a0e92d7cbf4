//! The client of a request.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::http::header;
use munjigi_domain::accounts::{Account, session};
use munjigi_store::audit::Actor;

use crate::ConsoleApp;
use crate::request_id::RequestId;

#[derive(Debug, Clone)]
pub struct Client {
    /// Browser and operating system as text.
    pub agent: String,
    /// Network of the client: a /24 of IPv4, a /48 of IPv6, or `unknown`.
    pub prefix: String,
    pub request_id: String,
}

impl Client {
    pub fn of(app: &ConsoleApp, request: &Request) -> Self {
        let headers = request.headers();
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let address = peer.map(|peer| app.console.proxies.client(peer, headers, app.clock.now()));
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
        Self {
            agent: session::agent(agent.unwrap_or_default()),
            prefix: address.map_or_else(|| "unknown".to_owned(), session::prefix),
            request_id: id.0,
        }
    }

    /// For the audit log, once the client has proved that this account is
    /// theirs.
    pub fn actor(&self, account: &Account) -> Actor {
        Actor {
            account: account.id.clone(),
            email: account.email.to_string(),
            prefix: self.prefix.clone(),
            request_id: self.request_id.clone(),
        }
    }
}
