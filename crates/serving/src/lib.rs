//! The routes of the edge, whatever it runs on: what is read from a request,
//! asked of the stores and of `munjigi-captcha`, and answered.
//!
//! Nothing here names a platform. A rule of the product found here belongs in
//! `munjigi-captcha`.

pub mod cache;
pub mod config;
pub mod counts;
