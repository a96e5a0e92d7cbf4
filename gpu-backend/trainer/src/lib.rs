//! Trains Munjigi's own small networks on pictures that `munjigi-scene` draws,
//! and attacks its challenges with such networks and with simpler means.
//!
//! `net` computes and differentiates, `task` defines what is learnt from which
//! picture, `train` fits, `harvest` draws pictures and keeps them on disk,
//! `export` and `record` write ONNX for the gpu-backend's registry, `likeliest`
//! reads a network's scores, `attack` answers challenges as a bot would, `page`
//! reports. No GPU engine is needed here, so that this builds in a minute.

pub mod attack;
pub mod dice;
pub mod export;
pub mod harvest;
pub mod interval;
pub mod likeliest;
pub mod make;
pub mod net;
pub mod page;
pub mod picture;
pub mod record;
pub mod task;
pub mod train;
