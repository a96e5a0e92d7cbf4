//! Munjigi's GPU backend: ONNX networks for the pictures of challenges.
//!
//! `onnx` reads a model file into one canonical form; `engine` computes it on
//! a GPU or the CPU; `trust` lets the GPU have it only where both agree;
//! `registry` is the folder of models that an operator vouches for; `task`
//! says what the numbers mean. Nothing here knows accounts, Postgres, or what
//! a challenge is.

pub mod cli;
pub mod engine;
pub mod onnx;
pub mod registry;
pub mod task;
pub mod trust;
