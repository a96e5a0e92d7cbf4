//! The keys that the rate limits count, and when to retry. How many calls they
//! allow is set by the operator.

use munjigi_captcha::Address;
use munjigi_protocol::base64;

/// The limits' windows are one minute.
pub const RETRY_AFTER_SECONDS: u32 = 60;

/// An address on a site, as a limiter's key. Not a network: nobody is refused
/// because of a neighbour.
pub fn address_key(sitekey: &str, address: Address) -> String {
    let address = match address {
        Address::V4(bytes) => base64::encode(&bytes),
        Address::V6(bytes) => base64::encode(&bytes),
    };
    format!("{sitekey}:{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_have_keys_of_their_own() {
        let key = |address| address_key("mj_a", Address::parse(address).unwrap());
        assert_eq!(key("192.0.2.1"), "mj_a:wAACAQ");
        assert_ne!(key("192.0.2.1"), key("192.0.2.254"));
        assert_eq!(key("2001:db8:1:2::3"), "mj_a:IAENuAABAAI");
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:2:ffff::4"));
    }
}
