//! The Durable Object `Redemptions`: one shard of the rows that make a token
//! valid exactly once, with its outbox to the origin, the deny list, nonces of
//! signatures, and the prices of another way. What an operation means is
//! decided in `munjigi-captcha`; memory only holds a cache of the database.
//!
//! **redemption object**: the Durable Object that spends the tokens of its
//! share, exactly once each.

mod alarm;
mod denied;
mod durable_object;
mod kept;
mod outbox;
mod rows;
mod schema;
mod side_tables;
mod sql;
pub mod wire;

pub use durable_object::Redemptions;
