//! The frame of a seal: `mj1.<kid>.<payload>.<tag>`.

/// Longest seal that is looked at, and made.
pub const MAX_SEAL_CHARS: usize = 2_048;

/// Not sealed by us, changed, of another purpose, or by an unknown key;
/// nothing tells these apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a seal of ours")]
pub struct SealError;
