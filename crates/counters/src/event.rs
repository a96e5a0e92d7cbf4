//! What is counted.

use munjigi_protocol::AttemptId;
use serde::{Deserialize, Serialize};

use super::mix;

/// What a name is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterEvent {
    Issued,
    /// A token was handed out, to whom.
    Solved(Payer),
    /// A solution or an answer was wrong.
    Failed,
}

/// Who was handed a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payer {
    /// A visitor who paid what people pay, and is not known from before a
    /// flood.
    Newcomer,
    /// The same, of an address that passed before the site was flooded.
    Regular,
    /// A visitor who paid at least twice the floor because of the counters: no
    /// share and no allowance is measured by these.
    Charged,
}

/// An event that counts once per attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its solution or answer was wrong.
    Failed,
    /// A token was handed out.
    Solved,
    /// It expired before a solution arrived.
    Abandoned,
    /// It was admitted with SHA-256 and has paid its price.
    Fallback,
    /// More was required after the step with this number.
    Stepped(u32),
    /// A report of what became of it was taken: this one, by its words.
    Reported(u64),
}

impl Event {
    pub(super) fn of(self, id: &AttemptId) -> u64 {
        let name = id.0.first_chunk().copied().map(u64::from_le_bytes);
        let number = match self {
            Self::Failed => 1,
            Self::Solved => 2,
            Self::Abandoned => 3,
            Self::Fallback => 4,
            Self::Stepped(step) => u64::from(step) << 8 | 6,
            Self::Reported(words) => mix(words) << 8 | 7,
        };
        name.unwrap_or_default() ^ mix(number)
    }
}
