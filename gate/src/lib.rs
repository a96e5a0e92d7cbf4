//! The edge as a native server: adapters of the trait `Platform` of
//! `munjigi-serving`, where the routes are, and nothing else. A route or a rule
//! found here is in the wrong crate.
//!
//! **gate**: the edge as one native server with a file of its own.

pub mod assets;
pub mod backup;
pub mod command;
pub mod config;
mod connections;
mod conversation;
mod delivery;
pub mod figures;
mod html;
mod http;
mod http_client;
pub mod images;
pub mod limits;
mod list_files;
pub mod listen;
mod live;
pub mod meter;
pub mod native;
mod networks;
mod operators;
mod paced;
mod proxy_header;
mod random;
mod request;
mod respond;
pub mod server;
pub mod sqlite;
pub mod tls;
mod traffic;
