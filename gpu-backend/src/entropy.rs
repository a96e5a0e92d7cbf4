//! The only source of randomness: for request ids, and for nothing that affects
//! a visitor's answer. Pictures are drawn from the seeds that callers send.

use data_encoding::BASE64URL_NOPAD;

/// A new request id: 22 characters of base64url.
pub fn request_id() -> String {
    let mut bytes = [0; 16];
    #[expect(clippy::disallowed_methods, reason = "the one place where randomness is read")]
    let filled = getrandom::fill(&mut bytes);
    // Without randomness every id is the same: worse logs, no harm.
    filled.unwrap_or_default();
    BASE64URL_NOPAD.encode(&bytes)
}
