//! What the origin knows without a database or a network: who may do what,
//! what settings and statistics mean, when a site is unlike its own past, and
//! what emails and webhooks say.
//!
//! The ground floor of the origin: nothing here waits for anything. The time
//! and random numbers are arguments.

pub mod accounts;
pub mod anomalies;
pub mod audit;
pub mod dry_run;
pub mod email;
pub mod entropy;
pub mod lists;
pub mod models;
pub mod new_site;
pub mod plan;
pub mod reach;
pub mod score_weights;
pub mod settings;
pub mod shown;
pub mod site_change;
pub mod site_keys;
pub mod statistics;
pub mod timestamp;
pub mod webhooks;
