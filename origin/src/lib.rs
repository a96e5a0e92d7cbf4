//! Munjigi's origin: sites and their keys, records in Postgres, publishing to
//! the edge, and the `munjigi` command.
//!
//! A thin shell: bytes and names are `munjigi-protocol`'s, rules are
//! `munjigi-captcha`'s. No key that seals challenges or tokens comes here.

pub mod backup;
pub mod cache;
pub mod cli;
pub mod config;
pub mod documents;
pub mod edge;
pub mod figures;
pub mod gpu;
pub mod http;
pub mod http_client;
pub mod jobs;
pub mod mail;
pub mod moving;
pub mod notifications;
pub mod outbox;
pub mod photos;
pub mod pictures;
pub mod publish;
#[cfg(test)]
mod rig;
pub mod server;
pub mod solver;
pub mod telemetry;
#[cfg(test)]
mod tests;
pub mod vendor_keys;
mod words;
