//! What the origin does without pages or API, on a real database: the edge's
//! reports, jobs, deliveries, pictures, imports.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up fails the test")]

mod breakdowns;
mod deliveries;
mod http;
mod jobs;
mod lists;
mod mail;
mod notifications;
mod photos;
mod pictures;
mod publish;
mod sites;
mod vendor_keys;
mod watch;

use munjigi_rig::bare as routes;
