//! Simple requests to local services over HTTP.

use std::sync::Once;

/// A client.
///
/// Nothing here uses TLS, but if another package of the same build enables it
/// in reqwest, a client cannot be created without a cryptography provider.
#[must_use]
pub fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // A provider that is already installed works as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::new()
}

/// Whether a GET of the address succeeds.
pub async fn answers(url: &str) -> bool {
    client().get(url).send().await.is_ok_and(|response| response.status().is_success())
}
