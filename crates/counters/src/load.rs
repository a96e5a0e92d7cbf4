//! What is counted of one name.

/// Counts of one name, decayed to now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Number of challenges issued.
    pub issued: u32,
    /// Number of tokens handed out.
    pub solved: u32,
    /// Of these, how many to visitors who were charged.
    pub charged: u32,
    /// Of these, how many to regulars.
    pub regular: u32,
    /// Number of wrong solutions and answers.
    pub failed: u32,
}

impl Load {
    /// Nothing.
    pub const NONE: Self = Self { issued: 0, solved: 0, charged: 0, regular: 0, failed: 0 };

    pub(super) const fn of([issued, solved, charged, regular, failed]: [u32; 5]) -> Self {
        Self { issued, solved, charged, regular, failed }
    }

    pub(super) const fn fields(self) -> [u32; 5] {
        [self.issued, self.solved, self.charged, self.regular, self.failed]
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        let [mut sums, other] = [self.fields(), other.fields()];
        for (sum, other) in sums.iter_mut().zip(other) {
            *sum = sum.saturating_add(other);
        }
        Self::of(sums)
    }

    /// Tokens of visitors who were not charged: those whom shares and
    /// allowances are measured by.
    pub const fn people(&self) -> u32 {
        self.solved.saturating_sub(self.charged)
    }

    /// Issued and failed challenges as one number, to which failures add at
    /// most `most_by_failures`.
    pub const fn weight(&self, most_by_failures: u32) -> u32 {
        let failures = self.failed.saturating_mul(FAILURE_WEIGHT);
        let failures = if failures > most_by_failures { most_by_failures } else { failures };
        self.issued.saturating_add(failures)
    }
}

/// A failure weighs as much as this many challenges: browsers do not fail, but
/// programs under development do. `policy` sets the upper bound.
pub const FAILURE_WEIGHT: u32 = 8;
