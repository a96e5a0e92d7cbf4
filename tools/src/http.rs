//! Small questions to local services over HTTP.

use std::sync::Once;

/// A client.
///
/// Nothing here speaks TLS, but where another package of the same build asks
/// reqwest for it, a client cannot be made without a provider of cryptography.
#[must_use]
pub fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Somebody else's provider will do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::new()
}

/// Whether a GET of the address succeeds.
pub async fn answers(url: &str) -> bool {
    client().get(url).send().await.is_ok_and(|response| response.status().is_success())
}
