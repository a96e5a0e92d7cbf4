//! Labels, counted by what was noticed: so their order does not matter, and
//! many visits that look alike cost no more time than one.

use std::collections::BTreeMap;

use munjigi_protocol::{Outcome, Sign, Signs};

use super::Label;

/// How often each set of signs was labelled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// All labels of each kind.
    pub all: Tally,
    of: BTreeMap<u64, Tally>,
}

/// How many labels say what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Labels that say "legitimate".
    pub legitimate: u32,
    /// Labels that say "fraudulent".
    pub fraudulent: u32,
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        let of = match outcome {
            Outcome::Legitimate => &mut self.legitimate,
            Outcome::Fraudulent => &mut self.fraudulent,
        };
        *of = of.saturating_add(1);
    }

    /// Whether there are this many of each.
    pub const fn has(self, each: u32) -> bool {
        self.legitimate >= each && self.fraudulent >= each
    }
}

impl Counted {
    /// Counts labels. What was learned before is no sign.
    pub fn of(labels: &[Label]) -> Self {
        let outcomes = Signs::NONE.with(Sign::Outcomes).bits();
        let mut counted = Self::default();
        for label in labels {
            counted.all.add(label.outcome);
            counted.of.entry(label.signs.bits() & !outcomes).or_default().add(label.outcome);
        }
        counted
    }

    /// What was noticed, and how often it was labelled.
    pub fn rows(&self) -> impl Iterator<Item = (Signs, Tally)> {
        self.of.iter().map(|(bits, tally)| (Signs::of_bits(*bits), *tally))
    }
}
