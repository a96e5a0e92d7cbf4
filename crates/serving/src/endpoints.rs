//! The endpoints, one file each: read the request, load, ask the core, answer.

pub mod challenges;
pub mod clearance;
pub mod errors;
pub mod frame;
pub mod health;
pub mod internal;
pub mod outcomes;
pub mod pictures;
pub mod siteverify;
pub mod solutions;
pub mod version;
