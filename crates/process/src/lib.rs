//! What every service process does, the origin as well as the gpu-backend: read
//! the clock and the environment, log, record metrics, accept signed calls, add
//! the same headers to every answer, find a client behind proxies, and stop when
//! asked to.
//!
//! Nothing here knows what the services are for. `munjigi-protocol` defines
//! bytes and names on the wire, `munjigi-keys` keys and signatures.

pub mod answer;
pub mod clock;
pub mod config;
pub mod log;
pub mod metrics;
pub mod proxies;
pub mod reasons;
pub mod signed;
pub mod stop;
