//! What every service process does, the origin as well as the gpu-backend:
//! tell the time, read the environment, log, record metrics, take signed
//! calls, put the same headers onto every answer, and stop when asked to.
//!
//! Nothing here knows what either is for. Bytes and names of the wire are
//! `munjigi-protocol`'s, keys and signatures `munjigi-keys`'s.

pub mod answer;
pub mod clock;
pub mod config;
pub mod log;
pub mod metrics;
pub mod signed;
pub mod stop;
