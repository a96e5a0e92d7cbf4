//! Telling an organisation of something: messages posted to its webhooks,
//! signed in the manner of Standard Webhooks 1.0.0
//! (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
//! What there is to tell is decided elsewhere and queued in the transaction
//! that makes it so (`store::webhooks`); the courier carries it.
//!
//! At least once: a courier that dies after the receiver took a message and
//! before that was noted leaves it to the next, which sends it again under
//! the same `webhook-id`.

mod address;
mod courier;
mod endpoint;
mod hooks;
mod message;
mod secret;

#[cfg(test)]
mod tests;

pub use address::is_public;
pub use courier::{Courier, GIVE_UP_AFTER, retry_after_ms};
pub use endpoint::{Endpoint, EndpointMistake, Reach};
pub use hooks::{
    Answer, Hooks, Lookup, Outgoing, POST_TIMEOUT, PostError, guarded, system_lookup, why,
};
pub use message::{AnomalyMessage, Event, body_of_anomaly, body_of_test};
pub use secret::{SecretError, WebhookSecret};

/// Webhooks of one organisation.
pub const MOST_WEBHOOKS: usize = 5;
