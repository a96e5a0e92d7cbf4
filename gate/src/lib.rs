//! The edge as a native server: adapters of the trait `Platform` of
//! `munjigi-serving`, where the routes are, and nothing else. A route or a rule
//! found here is in the wrong crate.

pub mod config;
pub mod limits;
pub mod sqlite;
