//! `GET /version`: what runs here.

use munjigi_protocol::Version;

use crate::answer::Answer;

/// Answers with name, version and build.
pub fn answer() -> Answer {
    Answer::json(&version())
}

/// Name, version and build.
pub fn version() -> Version {
    Version {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: option_env!("MUNJIGI_BUILD").unwrap_or("unknown").to_owned(),
    }
}
