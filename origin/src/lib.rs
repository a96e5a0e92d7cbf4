//! Munjigi's origin: sites and their keys, records in Postgres, publishing to
//! the edge, and the `munjigi` command.
//!
//! A thin shell: bytes and names are `munjigi-protocol`'s, rules are
//! `munjigi-captcha`'s. No key that seals challenges or tokens comes here.

pub mod cli;
pub mod clock;
pub mod config;
pub mod edge;
pub mod entropy;
pub mod http;
pub mod jobs;
pub mod publish;
#[cfg(test)]
mod rig;
pub mod server;
pub mod settings;
pub mod stop;
pub mod store;
pub mod visitor;

pub use store::MIGRATOR;
