//! `GET /version`: what runs here.

use munjigi_protocol::Version;

use crate::answer::Answer;
use crate::platform::Program;

/// Answers with name, version and build.
pub fn answer(program: Program) -> Answer {
    Answer::json(&version(program))
}

/// Name, version and build.
pub fn version(program: Program) -> Version {
    let Program { name, version, build } = program;
    Version { name: name.to_owned(), version: version.to_owned(), build: build.to_owned() }
}
