//! The one place where the tools read the system's randomness.

use data_encoding::BASE64URL_NOPAD;

/// `bytes` random bytes as URL-safe base64 without padding.
///
/// # Panics
/// Where the operating system has no source of randomness.
#[must_use]
pub fn base64url(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    #[expect(clippy::disallowed_methods, reason = "the tools' one source of randomness")]
    getrandom::fill(&mut buffer).expect("the operating system has a random source");
    BASE64URL_NOPAD.encode(&buffer)
}
