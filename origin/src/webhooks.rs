//! Webhooks as they are written down: where they may lead, what messages say
//! and how they are signed, in the manner of Standard Webhooks 1.0.0
//! (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
//! How messages are posted is `notifications`'.

mod endpoint;
mod message;
mod secret;

pub use endpoint::{Endpoint, EndpointMistake};
pub use message::{AnomalyMessage, Event, body_of_anomaly, body_of_test};
pub use secret::{SecretError, WebhookSecret};

/// Webhooks of one organisation.
pub const MOST_WEBHOOKS: usize = 5;

/// A message that waited for so long is given up, and its webhook is shown as
/// failing.
pub const GIVE_UP_AFTER: time::Duration = time::Duration::days(1);
