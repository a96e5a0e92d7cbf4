//! A server with Redis's protocol, if there is one.

use munjigi_process::config::Reader;
use redis::{Client, ConnectionInfo, IntoConnectionInfo};

use super::variables;

/// How to connect to it. `Debug` prints no password.
#[derive(Clone)]
pub struct RedisServer(ConnectionInfo);

impl RedisServer {
    /// Whether one is configured.
    pub(super) fn is_wanted(reader: &Reader) -> bool {
        reader.is_set(&variables::REDIS_URL)
    }

    pub(super) fn from(reader: &mut Reader) -> Option<Self> {
        reader.required(&variables::REDIS_URL, parse)
    }

    /// A client; does not connect yet.
    pub fn client(&self) -> Result<Client, redis::RedisError> {
        Client::open(self.0.clone())
    }
}

/// An address such as `redis://host:6379`.
pub fn parse(text: &str) -> Result<RedisServer, String> {
    // The parser's own message may quote the password.
    let wrong =
        || "must be a URL such as redis://name:password@host:6379/0 or rediss://…".to_owned();
    let is_ours = text.starts_with("redis://") || text.starts_with("rediss://");
    // Settings after ? can disable the verification of certificates.
    if !is_ours || text.contains(['?', '#']) {
        return Err(wrong());
    }
    text.into_connection_info().map(RedisServer).map_err(|_| wrong())
}

impl std::fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisServer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_their_password() {
        for text in ["redis://127.0.0.1:6379", "rediss://munjigi:hunter2@cache.example/1"] {
            assert_eq!(format!("{:?}", parse(text).unwrap()), "RedisServer");
        }
        for text in [
            "",
            "cache.example:6379",
            "http://cache.example",
            "rediss://a/#insecure",
            "redis://:hunter2@",
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.contains("redis://name") && !told.contains("hunter2"), "{text}: {told}");
        }
    }
}
