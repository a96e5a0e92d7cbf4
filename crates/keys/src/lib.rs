//! The lowest layer: instants, key rings, keys derived from them, and the
//! signatures of internal calls. Every service and every tool depends on it.
//!
//! Nothing here reads a clock or draws randomness. Callers decide what a derived
//! key is for.
#![warn(missing_docs)]

mod mac;
mod ring;
pub mod signature;
mod time;

pub use mac::{MacKey, leading};
pub use ring::{KEY_BYTES, KeyRing, Kid, RingError, RingKey, parse_key};
pub use time::UnixMillis;
