//! The keys that the rate limits count, and when to retry. How many calls they
//! allow is set by the operator.
//!
//! **rate limit**: a cap on calls: at the edge by client, address and site; at
//! console and API by network, account and key.

use munjigi_captcha::{Address, Sitekey, Software, Visit};
use munjigi_protocol::base64;

use crate::platform::Platform;
use crate::ports::{Admission, Limit};

/// The limits' windows are one minute.
pub const RETRY_AFTER_SECONDS: u32 = 60;

/// An address on a site, as a limiter's key. Not a network: no one is refused
/// because of a neighbour.
pub fn address_key(sitekey: &str, address: Address) -> String {
    let address = match address {
        Address::V4(bytes) => base64::encode(&bytes),
        Address::V6(bytes) => base64::encode(&bytes),
    };
    format!("{sitekey}:{address}")
}

/// Whether a visitor's call is let through: by the limit of the client, and by
/// that of its address, which is `limit`.
pub async fn admit<P: Platform>(
    platform: &P,
    limit: Limit,
    sitekey: &Sitekey,
    visit: &Visit,
) -> Admission {
    let address = address_key(&sitekey.to_string(), visit.address);
    let client = client_key(limit, &address, visit.software);
    match platform.admit(Limit::Client, &client).await {
        Admission::Pass => platform.admit(limit, &address).await,
        Admission::Refuse => Admission::Refuse,
    }
}

/// A client of an address on a site, for one kind of call.
fn client_key(limit: Limit, address: &str, software: Software) -> String {
    let call = match limit {
        Limit::Solution => "solution:",
        _ => "challenge:",
    };
    [call, address, ":", &base64::encode(&software.number().to_le_bytes())].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_an_address_have_keys_of_their_own_for_each_kind_of_call() {
        let [one, other] = ["one", "other"].map(|agent| Software::of_headers(agent, &[]));
        let key = |limit, software| client_key(limit, "mj_a:wAACAQ", software);
        assert!(key(Limit::Challenge, one).starts_with("challenge:mj_a:wAACAQ:"));
        assert_ne!(key(Limit::Challenge, one), key(Limit::Challenge, other));
        assert_ne!(key(Limit::Challenge, one), key(Limit::Solution, one));
    }

    #[test]
    fn neighbours_have_keys_of_their_own() {
        let key = |address| address_key("mj_a", Address::parse(address).unwrap());
        assert_eq!(key("192.0.2.1"), "mj_a:wAACAQ");
        assert_ne!(key("192.0.2.1"), key("192.0.2.254"));
        assert_eq!(key("2001:db8:1:2::3"), "mj_a:IAENuAABAAI");
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:2:ffff::4"));
    }
}
