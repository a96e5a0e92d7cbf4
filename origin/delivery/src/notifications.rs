//! Telling an organisation of something: messages posted to its webhooks.
//! What there is to tell is decided elsewhere and queued in the transaction
//! that makes it so (`store::webhooks`); the courier carries it.
//!
//! At least once: a courier that dies after the receiver took a message and
//! before that was noted leaves it to the next, which sends it again under
//! the same `webhook-id`.

mod courier;
mod hooks;

pub use courier::{Courier, retry_after_ms};
pub use hooks::{Answer, Hooks, Outgoing, POST_TIMEOUT, PostError};
