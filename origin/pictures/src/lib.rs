//! The picture factory: keeps a pool of packs per kind filled, without a
//! visitor ever waiting for it. `plan` decides what to do, `sift` which
//! pictures may be dealt, `policy` which kinds are dealt at all.
//!
//! Jobs of the queue draw a pack (`queue`, `draw`), `publish` delivers it, and
//! each step is recorded in Postgres: any process may end at
//! any moment, and another continues from there. `photos` makes packs from an
//! operator's own photos; they take the same path.
#![expect(missing_docs, reason = "only the origin's own crates use this library")]

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
pub use queue::{Backlog as QueueBacklog, backlog as queue_backlog, migrate as migrate_queue};
pub use settings::Pictures;
pub use sift::guessable;
