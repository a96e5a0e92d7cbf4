//! Munjigi's GPU backend: ONNX networks for the pictures of challenges.
//!
//! `onnx` reads a model file into one canonical form; `engine` computes it on a
//! GPU or the CPU; `trust` allows the GPU only where both agree; `registry` is
//! the folder of models that an operator vouches for; `task` interprets the
//! numbers. `upload` accepts images from outside; `loaded` is a model that is
//! ready, `serving` the models in service, and `device` the one thread that
//! computes them. `draw` makes the pictures of challenges, and `studio` provides
//! the threads; `http` is the service, assembled by `server`. Nothing here knows
//! accounts, Postgres, or how a picture is used.

pub mod cli;
pub mod config;
pub mod device;
pub mod draw;
pub mod engine;
mod entropy;
pub mod http;
pub mod loaded;
pub mod nonces;
pub mod queued;
pub mod registry;
pub mod server;
pub mod serving;
pub mod squares;
pub mod studio;
pub mod task;
pub mod trust;
pub mod upload;

pub use munjigi_onnx as onnx;
pub use munjigi_process::clock;
