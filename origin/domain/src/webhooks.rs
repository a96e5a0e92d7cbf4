//! Webhooks: which addresses are allowed, what messages say and how they are
//! signed, according to Standard Webhooks 1.0.0
//! (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
//! Posting them is in `notifications`.

mod endpoint;
mod failure;
mod message;
mod secret;

pub use endpoint::{Endpoint, EndpointMistake};
pub use failure::DeliveryFailure;
pub use message::{AnomalyMessage, Event, body_of_anomaly, body_of_test};
pub use secret::{SecretError, WebhookSecret};

/// Maximum number of webhooks per organisation.
pub const MOST_WEBHOOKS: usize = 5;

/// How long a message is retried; after that its webhook is shown as failing.
pub const GIVE_UP_AFTER: time::Duration = time::Duration::days(1);
