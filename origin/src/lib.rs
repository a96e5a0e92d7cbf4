//! Munjigi's origin: sites and their keys, records in Postgres, publishing to
//! the edge, and the `munjigi` command.
//!
//! A thin shell: bytes and names are `munjigi-protocol`'s, rules are
//! `munjigi-captcha`'s. No key that seals challenges or tokens comes here.
//!
//! **origin**: the service that keeps accounts, sites and records in Postgres; of
//! a page, as in browsers, its scheme, host and port.

pub mod archive;
pub mod backup;
pub mod cli;
pub mod config;
pub mod http;
pub mod server;
pub mod solver;
pub mod storage;
#[cfg(test)]
mod tests;
pub mod vendor_keys;
