//! What leaves the origin: emails, webhooks, publications to the edge, traces;
//! and the HTTP clients that carry them, guarded where a customer chose the
//! address.
//!
//! Rows wait in the store until they are delivered; `outbox` is the loop, with a
//! handler per topic. Their content comes from `munjigi-domain`.

pub mod back_off;
pub mod edge;
pub mod http_client;
pub mod lists;
pub mod mail;
pub mod notifications;
pub mod outbox;
pub mod publish;
pub mod telemetry;
