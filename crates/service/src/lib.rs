//! What the origin and the gpu-backend do alike as services: they tell the
//! time, read their environment, log, record metrics, take signed calls, and
//! put the same things onto every answer.
//!
//! Nothing here knows what either is for. Bytes and names of the wire are
//! `munjigi-protocol`'s, keys and signatures `munjigi-keys`'s.

pub mod answer;
pub mod clock;
pub mod config;
pub mod log;
pub mod metrics;
pub mod signed;
mod stop;

pub use stop::asked_to_stop;
