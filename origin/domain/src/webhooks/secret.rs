//! The keys that sign messages: HMAC-SHA-256 as Standard Webhooks specifies it,
//! `v1`.

use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use munjigi_keys::UnixMillis;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// The specification requires 24 to 64.
const BYTES: usize = 32;
const PREFIX: &str = "whsec_";

/// A webhook's secret. `Debug` prints the type's name only; wiped on drop.
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// A stored secret has another form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret has fewer than 24 or more than 64 bytes")]
pub struct SecretError;

impl WebhookSecret {
    /// Draws a new secret.
    pub fn draw(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes::<BYTES>().to_vec()))
    }

    /// From the stored bytes.
    pub fn of_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Self, SecretError> {
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SecretError) }
    }

    /// The bytes to store, sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For its owner, in the format that libraries read.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", BASE64.encode(&self.0)))
    }

    /// The header `webhook-signature` of one attempt. Neither the id nor the
    /// time contains a full stop, so the signed text is unambiguous.
    #[expect(clippy::missing_panics_doc, reason = "a key of any length fits HMAC")]
    pub fn sign(&self, id: &str, at: UnixMillis, body: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length fits HMAC");
        let seconds = at.0 / 1_000;
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> WebhookSecret {
        let bytes = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        WebhookSecret::of_bytes(Zeroizing::new(bytes)).unwrap()
    }

    /// The vector of the specification's own libraries.
    #[test]
    fn a_webhook_message_is_signed_as_the_specification_says() {
        let signature = known().sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            UnixMillis(1_614_265_330_000),
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// The message in docs/webhooks.md is signed as the page says, so that
    /// integrators can test their code with it.
    #[test]
    fn the_message_of_the_documentation_is_signed_with_its_secret() {
        let page = include_str!("../../../../docs/webhooks.md");
        let between = |from: &str, to: &str| {
            page.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned()
        };
        let (id, at) = (between("webhook-id: ", "\n"), between("webhook-timestamp: ", "\n"));
        let signature = between("webhook-signature: ", "\n");
        let body = between("webhook-signature: ", "\n```").split("\n\n").nth(1).unwrap().to_owned();
        let text = between("signed with the secret `whsec_", "`");
        let bytes = BASE64.decode(text.as_bytes()).unwrap();
        let secret = WebhookSecret::of_bytes(Zeroizing::new(bytes)).unwrap();
        let at = UnixMillis::from_seconds(at.parse().unwrap());
        assert_eq!(secret.sign(&id, at, &body), signature);
    }

    #[test]
    fn every_part_is_signed() {
        let at = UnixMillis(1_614_265_330_000);
        let one = known().sign("msg_a", at, "{}");
        assert_ne!(known().sign("msg_b", at, "{}"), one);
        assert_ne!(known().sign("msg_a", UnixMillis(at.0 + 1_000), "{}"), one);
        assert_ne!(known().sign("msg_a", at, "{ }"), one);
        let other = WebhookSecret::draw(&Entropy::from_seed(1));
        assert_ne!(other.sign("msg_a", at, "{}"), one);
    }

    #[test]
    fn a_secret_is_shown_as_libraries_read_it_and_never_in_logs() {
        assert_eq!(*known().reveal(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let drawn = WebhookSecret::draw(&Entropy::from_seed(1));
        assert_eq!(drawn.as_bytes().len(), 32);
        assert_eq!(format!("{drawn:?}"), "WebhookSecret");
        for length in [0, 23, 65] {
            assert!(WebhookSecret::of_bytes(Zeroizing::new(vec![7; length])).is_err());
        }
    }
}
