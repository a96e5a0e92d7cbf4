//! Pictures: which one an attempt is shown, under which names its images are
//! fetched, and which answer is right. Where packs come from is a port.
//! `policy` decides that a picture is required, and `redemption` that one
//! answer counts.

mod answer;
mod deal;
mod name;
mod pack;
mod trace;

use std::sync::Arc;

use munjigi_protocol::{PackId, Pools};

use crate::ports::StoreError;

pub use answer::{RightAnswer, Squares};
pub use deal::Dealt;
pub(crate) use deal::{Deal, deal};
pub use name::PictureName;
pub use pack::{PackError, PicturePack, read_pools, write_pack, write_pools};
pub(crate) use trace::bonus;

/// The highest chance that a blind guess may pass, in ten thousandths.
pub const MOST_GUESSED: u32 = 50;

/// The packs that the origin has published.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait PackSource {
    /// The packs that pictures are dealt from now; `None` if none were ever
    /// published.
    async fn pools(&self) -> Result<Option<Arc<Pools>>, StoreError>;

    /// A pack; `None` if it is missing or cannot be dealt from.
    async fn pack(&self, id: PackId) -> Result<Option<Arc<PicturePack>>, StoreError>;
}

/// The source of an edge without pictures.
#[derive(Debug, Clone, Copy)]
pub struct NoPictures;

impl PackSource for NoPictures {
    async fn pools(&self) -> Result<Option<Arc<Pools>>, StoreError> {
        Ok(None)
    }

    async fn pack(&self, _id: PackId) -> Result<Option<Arc<PicturePack>>, StoreError> {
        Ok(None)
    }
}
