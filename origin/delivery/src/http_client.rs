//! HTTP clients: for our own components, and guarded ones for addresses that
//! others choose.

mod ssrf;

use std::time::Duration;

use reqwest::{Client, ClientBuilder};

pub use ssrf::{CallError, Lookup, guarded, system_lookup};

/// Default; a call may set another.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The base of every HTTP client: this program's TLS and user agent.
pub fn client_builder() -> ClientBuilder {
    // An error only says that another part of the process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().user_agent(concat!("munjigi/", env!("CARGO_PKG_VERSION")))
}

/// A client for calls to our own components.
pub fn client() -> Result<Client, reqwest::Error> {
    client_builder()
        .timeout(CALL_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        // A signature is for one address; a redirect would carry it elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
