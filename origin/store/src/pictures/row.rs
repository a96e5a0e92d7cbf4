//! A pack as the factory sees it.

use munjigi_keys::UnixMillis;
use munjigi_protocol::{PackId, PictureKind};

use crate::DatabaseError;

/// Where a pack is in its life cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackState {
    /// Its candidates are being drawn.
    Drawing,
    /// Complete; to be delivered to the edge.
    Drawn,
    Published,
    /// Out of the pools; the edge still has it.
    Retiring,
    /// Deleted at the edge.
    Deleted,
}

impl PackState {
    const ALL: [Self; 5] =
        [Self::Drawing, Self::Drawn, Self::Published, Self::Retiring, Self::Deleted];

    /// The spelling in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drawing => "drawing",
            Self::Drawn => "drawn",
            Self::Published => "published",
            Self::Retiring => "retiring",
            Self::Deleted => "deleted",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRow {
    pub id: PackId,
    pub kind: PictureKind,
    pub state: PackState,
    /// Challenges that may be dealt.
    pub deal_limit: u64,
    /// Challenges dealt so far.
    pub dealt: u64,
    /// Nothing is dealt from it after this time; `None` until it is published.
    pub retire_at: Option<UnixMillis>,
}

impl PackRow {
    /// Challenges left to deal.
    pub const fn left(&self) -> u64 {
        self.deal_limit.saturating_sub(self.dealt)
    }
}

pub(super) fn pack_id(text: &str) -> Result<PackId, DatabaseError> {
    text.parse().map_err(|_| inconsistent("id", text))
}

pub(super) fn kind(text: &str, pack: &str) -> Result<PictureKind, DatabaseError> {
    text.parse().map_err(|_| inconsistent("kind", pack))
}

pub(super) fn state(text: &str, pack: &str) -> Result<PackState, DatabaseError> {
    PackState::ALL
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| inconsistent("state", pack))
}

pub(super) fn inconsistent(column: &'static str, pack: &str) -> DatabaseError {
    DatabaseError::Inconsistent { table: "packs", column, row: pack.to_owned() }
}

pub(super) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
