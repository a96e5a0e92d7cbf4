//! The price of "another way": each use by a network on a site doubles it,
//! up to what a person still waits for, and it halves again with time. Never
//! a refusal. Who pays and where the number is kept is the port's.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// How often a network used another way lately: doublings of the price, as
/// of a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    uses: u32,
    at_seconds: u64,
}

/// After this long without a use, one doubling is forgotten.
pub const FORGET_SECONDS: u64 = 1_800;

/// More doublings are not remembered: the cap is reached long before, and a
/// network that stops must not wait for days.
const MAX_USES: u32 = 12;

impl Price {
    /// The price as it is now.
    #[must_use]
    pub fn at(self, now: UnixMillis) -> Self {
        let passed = now.seconds().saturating_sub(self.at_seconds);
        let forgotten = u32::try_from(passed / FORGET_SECONDS).unwrap_or(u32::MAX);
        match self.uses.saturating_sub(forgotten) {
            0 => Self { uses: 0, at_seconds: now.seconds() },
            uses => {
                let at_seconds = self.at_seconds + u64::from(forgotten) * FORGET_SECONDS;
                Self { uses, at_seconds }
            }
        }
    }

    /// The price after one more use now.
    #[must_use]
    pub fn raised(self, now: UnixMillis) -> Self {
        let current = self.at(now);
        Self { uses: (current.uses + 1).min(MAX_USES), ..current }
    }

    /// The price as its last use paid it: for a use that is asked about again.
    #[must_use]
    pub const fn before_last(self) -> Self {
        Self { uses: self.uses.saturating_sub(1), ..self }
    }

    /// The most that it can be.
    pub const HIGHEST: Self = Self { uses: MAX_USES, at_seconds: 0 };

    /// How often the price has doubled.
    pub const fn doublings(self) -> u32 {
        self.uses
    }

    /// When nothing of it is left, so that the row may go.
    pub const fn forgotten_at(self) -> UnixMillis {
        UnixMillis::from_seconds(self.at_seconds + self.uses as u64 * FORGET_SECONDS)
    }
}
