//! HTTP clients for the other parts of an installation.

use std::time::Duration;

use reqwest::Client;

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// The client for calls to the origin, and to a bucket.
pub fn client() -> Result<Client, reqwest::Error> {
    // An error only says that another part of the process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("munjigi-gate/", env!("CARGO_PKG_VERSION")))
        .timeout(ANSWER_WITHIN)
        .connect_timeout(CONNECT_WITHIN)
        // A signature is for one address; a redirect would carry it elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// The client for calls to the gate itself at an address. On this machine it
/// needs no certificates of the system: an image may have none.
pub fn own_client(url: &str) -> Result<Client, reqwest::Error> {
    if url.starts_with("https:") {
        return client();
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(ANSWER_WITHIN).tls_certs_only([]).build()
}
