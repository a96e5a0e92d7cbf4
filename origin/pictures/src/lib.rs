//! The picture factory: keeps a pool of packs per kind filled, without a
//! visitor ever waiting for it. `plan` decides what to do, `sift` which
//! pictures may be dealt, `policy` which kinds are dealt at all.
//!
//! `draw` has a pack drawn and `publish` delivers it. Both are topics of the
//! table of deliveries, which records each step: any process may end at any
//! moment, and another continues from there. `photos` has models label
//! an operator's own photos; packs of those that people accepted take the same
//! path. `jobs` has models look at organisations' images, `lab` at one that an
//! operator tries them with.

mod draw;
mod factory;
pub mod gpu;
mod hours;
mod jobs;
mod lab;
pub mod photos;
mod plan;
pub mod policy;
mod publish;
mod run;
mod settings;
mod sift;

pub use draw::Drawings;
pub use factory::{Factory, births};
pub use hours::Hours;
pub use plan::lead;
pub use settings::Pictures;
pub use sift::guessable;
