//! What is known about a condition: it holds, it does not, or that is open. The
//! conditions themselves are in `site::rules`.

/// Whether a condition holds, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Yes,
    No,
    Open,
}

impl Holds {
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

    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Open, _) | (_, Self::Open) => Self::Open,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }
}
