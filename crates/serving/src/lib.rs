//! The routes of the edge, for any platform: they read the request, ask the
//! stores and `munjigi-captcha`, and answer.
//!
//! [`serve::serve`] answers a request of a [`platform::Platform`]. Nothing here
//! names a platform. A rule of the product found here belongs in
//! `munjigi-captcha`.
//!
//! **edge**: what browsers and back ends call: the Worker or the gate, which run
//! the same routes.

pub mod answer;
pub mod background;
mod cache;
pub mod config;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod counts;
pub mod deny_list;
mod endpoints;
pub mod entropy;
mod form;
mod handover;
pub mod inbound;
pub mod lists;
pub mod log;
mod meter;
pub mod outbound;
pub mod own_lists;
pub mod own_sites;
mod packs;
pub mod platform;
pub mod ports;
mod rate_limit;
pub mod recall;
mod report;
mod request_context;
mod route;
pub mod serve;
mod sites;
pub mod state;
pub mod versioned;
