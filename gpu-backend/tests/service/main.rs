//! The service as the origin meets it: signed calls over its router, and the
//! process over a socket.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    reason = "tests write small numbers, and fail by panicking"
)]

#[path = "../adapter/mod.rs"]
mod adapter;
mod bad;
mod broken;
#[path = "../cases/build.rs"]
#[expect(dead_code, reason = "the models here need few operators")]
mod build;
mod faults;
mod files;
mod judge;
mod models;
mod predict;
mod process;
mod render;
mod rig;
mod signed;
mod swap;
