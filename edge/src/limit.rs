//! The platform's rate limiters. How many requests they let pass stands in
//! `wrangler.toml`; where none is bound, there is no limit.

use munjigi_captcha::Prefix;
use munjigi_protocol::base64;
use worker::Env;

use crate::console;
use crate::glue;
use crate::log::{Level, Line};

/// The limiters' windows are a minute.
pub const RETRY_AFTER_SECONDS: u32 = 60;

/// A limiter, by its binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limiter {
    /// Challenges of a network on a site.
    Challenge,
    /// Solutions of a network on a site.
    Solution,
    /// Calls with one secret.
    Verify,
    /// Calls to the origin's routes without its signature.
    Internal,
}

/// What a limiter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Pass,
    /// Too many.
    Refuse,
}

impl Limiter {
    const fn binding(self) -> &'static str {
        match self {
            Self::Challenge => "CHALLENGE_LIMIT",
            Self::Solution => "SOLUTION_LIMIT",
            Self::Verify => "VERIFY_LIMIT",
            Self::Internal => "INTERNAL_LIMIT",
        }
    }

    /// Counts a key. A limiter that does not answer lets everybody pass: the
    /// policy's own counters still raise the price.
    pub async fn check(self, env: &Env, key: &str) -> Verdict {
        let Some(limiter) = glue::binding(env, self.binding()) else { return Verdict::Pass };
        match glue::allow(&limiter, key).await {
            Ok(allowed) if allowed.is_falsy() => Verdict::Refuse,
            Ok(_) => Verdict::Pass,
            Err(error) => {
                let detail = glue::reason(&error);
                console::write(&Line::new(Level::Warn, "limiter-failed").with_detail(&detail));
                Verdict::Pass
            }
        }
    }
}

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
