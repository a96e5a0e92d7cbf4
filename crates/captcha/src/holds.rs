//! What is known about a condition: it holds, it does not, or that is open. The
//! conditions themselves are in `site::rules`.

/// Whether a condition holds, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// What is known does not decide it.
    Open,
}

impl Holds {
    /// What is known for certain.
    pub const fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    /// A condition that is not set always holds; one about an unknown part is
    /// open.
    pub fn condition<W, S>(
        wanted: Option<W>,
        seen: Option<S>,
        holds: impl FnOnce(W, S) -> Self,
    ) -> Self {
        match (wanted, seen) {
            (None, _) => Self::Yes,
            (Some(_), None) => Self::Open,
            (Some(wanted), Some(seen)) => holds(wanted, seen),
        }
    }

    /// Whether both of two hold.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Open, _) | (_, Self::Open) => Self::Open,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    /// Whether one of two holds.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Open, _) | (_, Self::Open) => Self::Open,
            (Self::No, Self::No) => Self::No,
        }
    }
}
