//! The keys that the rate limits count, and when to retry. How many calls they
//! allow is set by the operator.

use munjigi_captcha::Prefix;
use munjigi_protocol::base64;

/// The limits' windows are one minute.
pub const RETRY_AFTER_SECONDS: u32 = 60;

/// A network on a site, as a limiter's key.
pub fn network_key(sitekey: &str, prefix: Prefix) -> String {
    let prefix = match prefix {
        Prefix::V4(bytes) => base64::encode(&bytes),
        Prefix::V6(bytes) => base64::encode(&bytes),
    };
    format!("{sitekey}:{prefix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_share_a_key() {
        let key = |address| network_key("mj_a", Prefix::parse(address).unwrap());
        assert_eq!(key("192.0.2.1"), "mj_a:wAAC");
        assert_eq!(key("192.0.2.1"), key("192.0.2.254"));
        assert_ne!(key("192.0.2.1"), key("192.0.3.1"));
        assert_eq!(key("2001:db8:1:2::3"), "mj_a:IAENuAAB");
    }
}
