//! Munjigi's origin: sites and their keys, records in Postgres, publishing to
//! the edge, and the `munjigi` command.
//!
//! A thin shell: bytes and names are `munjigi-protocol`'s, rules are
//! `munjigi-captcha`'s. No key that seals challenges or tokens comes here.

pub mod accounts;
pub mod anomalies;
pub mod backup;
pub mod cache;
pub mod cli;
pub mod config;
pub mod documents;
pub mod dry_run;
pub mod edge;
pub mod email;
pub mod entropy;
pub mod figures;
pub mod gpu;
pub mod http;
pub mod http_client;
pub mod jobs;
pub mod locale;
pub mod mail;
pub mod moving;
pub mod notifications;
pub mod outbox;
pub mod photos;
pub mod pictures;
pub mod privacy;
pub mod publish;
pub mod reach;
#[cfg(test)]
mod rig;
pub mod server;
pub mod settings;
mod shown;
pub mod site_keys;
pub mod solver;
pub mod statistics;
#[expect(
    deprecated,
    reason = "sqlx 0.9.0 warns of each time in a query since the queue's library brings chrono \
              beside our time, even where sqlx.toml names one; a wrong guess would not compile"
)]
pub mod store;
pub mod telemetry;
pub mod timestamp;
pub mod vendor_keys;
pub mod webhooks;
mod words;

pub use store::MIGRATOR;
