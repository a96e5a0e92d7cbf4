//! The factory of pictures: keeps a pool of packs per kind filled, without a
//! visitor ever waiting for it. What is to be done is decided in `plan`, what
//! is fit to be dealt in `sift`, which kinds are dealt at all in `policy`.
//!
//! A pack is drawn by jobs of the queue (`queue`, `draw`), delivered by an
//! outbox (`publish`), and each step says in Postgres that it was taken: any
//! process may end at any moment, and another goes on from there. `photos` makes
//! packs of an operator's own photos; they go the same way.

mod draw;
mod factory;
pub mod gpu;
mod hours;
pub mod photos;
mod plan;
pub mod policy;
mod publish;
mod queue;
mod run;
mod settings;
mod sift;

pub use factory::{Factory, birth};
pub use hours::Hours;
pub use plan::lead;
pub use publish::deliver_due;
pub use queue::{Backlog as QueueBacklog, backlog as queue_backlog, migrate as migrate_queue};
pub use settings::Pictures;
pub use sift::guessable;
