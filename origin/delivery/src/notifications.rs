//! Notifies organisations by messages posted to their webhooks. Other modules
//! decide what to report, and queue it in the transaction that makes it so
//! (`munjigi_store::webhooks`); the courier delivers it.
//!
//! At least once: if a courier dies after the receiver accepted a message and
//! before that was recorded, the next one sends it again with the same
//! `webhook-id`.

mod courier;
mod hooks;

pub use courier::{Courier, retry_after_ms};
pub use hooks::{Answer, Hooks, Outgoing, POST_TIMEOUT};
