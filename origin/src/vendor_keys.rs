//! Proof that an operator who imports a vendor's key controls its host: a file
//! with the import's token at an address of the host that only its operator can
//! serve. A vendor's sitekey is in public pages, so knowing it proves nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use munjigi_captcha::Hostname;
use munjigi_delivery::http_client::{CallError, Lookup, guarded, system_lookup};
use munjigi_domain::reach::Reach;
use munjigi_domain::webhooks::{Endpoint, EndpointMistake};
use reqwest::{Response, header};

const PROOF_PATH: &str = "/.well-known/munjigi-import.txt";
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 4_096;

/// Why a host does not prove control.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// At least one of its addresses is in a private network.
    #[error("the host name resolves to an address that is not public")]
    Private,
    #[error("no response within {} seconds", FETCH_TIMEOUT.as_secs())]
    Timeout,
    /// No connection, or it broke.
    #[error("the host is unreachable: {0}")]
    Unreachable(String),
    /// A status other than success.
    #[error("the host answered {0}; it must answer 200, and redirects are not followed")]
    Status(u16),
    /// Where people may upload pages, a page does not speak for the host.
    #[error("the file is not served as text/plain")]
    NotText,
    /// More than a few tokens.
    #[error("the file is longer than {MOST_BYTES} bytes")]
    TooLong,
    /// Another token, or none.
    #[error("the file has no line with this import's token")]
    Wrong,
}

/// An address built from a host name is well-formed, so it can only be private.
impl From<EndpointMistake> for ProofError {
    fn from(_: EndpointMistake) -> Self {
        Self::Private
    }
}

impl From<CallError> for ProofError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotPublic => Self::Private,
            CallError::Timeout => Self::Timeout,
            CallError::Unreachable(reason) => Self::Unreachable(reason),
        }
    }
}

/// Where a host publishes its tokens. `port` is for loopback names, which are
/// called without encryption.
pub fn proof_url(host: &Hostname, port: Option<u16>) -> String {
    match (host.is_loopback(), port) {
        (false, _) => format!("https://{host}{PROOF_PATH}"),
        (true, None) => format!("http://{host}{PROOF_PATH}"),
        (true, Some(port)) => format!("http://{host}:{port}{PROOF_PATH}"),
    }
}

/// Checks whether a host publishes a token. The caller must know whether
/// loopback names are allowed for the site.
pub async fn prove(host: &Hostname, port: Option<u16>, token: &str) -> Result<(), ProofError> {
    prove_by(system_lookup(), FETCH_TIMEOUT, host, port, token).await
}

async fn prove_by(
    lookup: Lookup,
    timeout: Duration,
    host: &Hostname,
    port: Option<u16>,
    token: &str,
) -> Result<(), ProofError> {
    // Loopback names mean this machine, whatever a resolver says.
    let (reach, lookup) = if host.is_loopback() {
        (Reach::Anywhere, this_machine())
    } else {
        (Reach::Public, lookup)
    };
    let endpoint = Endpoint::parse(&proof_url(host, port), reach)?;
    let client = guarded(reach, lookup, timeout)
        .map_err(|error| ProofError::Unreachable(error.to_string()))?;
    let response =
        client.get(endpoint.url().clone()).send().await.map_err(|error| CallError::of(&error))?;
    if response.status() != 200 {
        return Err(ProofError::Status(response.status().as_u16()));
    }
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("text/plain") {
        return Err(ProofError::NotText);
    }
    let text = read(response).await?;
    let is_there = text.lines().any(|line| line.trim() == token);
    if is_there { Ok(()) } else { Err(ProofError::Wrong) }
}

async fn read(mut response: Response) -> Result<String, ProofError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| CallError::of(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            return Err(ProofError::TooLong);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn this_machine() -> Lookup {
    Arc::new(|_| Box::pin(async { Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))]) }))
}

#[cfg(test)]
mod tests;
