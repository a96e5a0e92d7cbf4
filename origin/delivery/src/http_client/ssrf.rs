//! The guard of clients for addresses that others choose (server-side request
//! forgery, SSRF). The guard resolves a host's name once per connection, and
//! the connection goes to the addresses that it allowed: there is no second
//! look-up that could answer differently (DNS rebinding).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use munjigi_domain::reach::{Reach, is_public};
use munjigi_process::reasons::reasons;
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::client_builder;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Resolves a host name.
pub type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Why a call through [`guarded`] got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// At least one of the host's addresses is in a private network.
    NotPublic,
    Timeout,
    /// No connection, or it broke.
    Unreachable(String),
}

impl CallError {
    /// Classifies an error of the client.
    pub fn of(error: &reqwest::Error) -> Self {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = next {
            if error.is::<NotPublic>() {
                return Self::NotPublic;
            }
            next = error.source();
        }
        if error.is_timeout() { Self::Timeout } else { Self::Unreachable(reasons(error)) }
    }
}

/// Uses the system's resolver.
pub fn system_lookup() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
    })
}

/// A client for addresses that others choose: it only reaches what `reach`
/// allows, and follows no redirect.
pub fn guarded(reach: Reach, lookup: Lookup, timeout: Duration) -> Result<Client, reqwest::Error> {
    client_builder()
        .timeout(timeout)
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        // A redirect would bypass the guard.
        .redirect(reqwest::redirect::Policy::none())
        // So would a proxy from the environment: it resolves names itself.
        .no_proxy()
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(Guard { lookup, reach }))
        .build()
}

/// At least one address of a name is in a private network.
#[derive(Debug, thiserror::Error)]
#[error("an address that is not public")]
struct NotPublic;

/// Allows addresses. One that is not public taints the name: an honest name
/// does not mix them.
struct Guard {
    lookup: Lookup,
    reach: Reach,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = (self.lookup)(name.as_str().to_owned());
        let reach = self.reach;
        Box::pin(async move {
            let addresses = addresses.await?;
            if reach == Reach::Public && addresses.iter().any(|address| !is_public(address.ip())) {
                return Err(Box::from(NotPublic));
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}
