//! `POST /__contract`: runs the contract suites of the ports against the real
//! objects. Built with the feature `contract` alone.

use crate::answer::Answer;
use crate::edge::Edge;

/// Answers with how many checks passed.
pub async fn answer(_edge: &Edge<'_>) -> Answer {
    Answer::json(&"no suites yet")
}
