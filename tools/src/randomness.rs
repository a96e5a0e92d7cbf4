//! The only place where the tools read the system's randomness.

use data_encoding::BASE64URL_NOPAD;

/// `bytes` random bytes as URL-safe base64 without padding.
///
/// # Panics
/// Panics if the operating system has no source of randomness.
#[must_use]
pub fn base64url(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    fill(&mut buffer);
    BASE64URL_NOPAD.encode(&buffer)
}

/// `N` random bytes.
///
/// # Panics
/// Panics if the operating system has no source of randomness.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0; N];
    fill(&mut buffer);
    buffer
}

fn fill(buffer: &mut [u8]) {
    #[expect(clippy::disallowed_methods, reason = "the tools' one source of randomness")]
    getrandom::fill(buffer).expect("the operating system has a random source");
}
