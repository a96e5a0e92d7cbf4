//! Pictures: which one an attempt is shown, under which names its images are
//! fetched, what is right. Where packs come from is a port; that a picture is
//! asked for at all is decided in `policy`, that one answer counts in
//! `redemption`.

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

/// The most often that a guess without looking may pass, in ten thousandths.
pub const MOST_GUESSED: u32 = 50;

/// The packs that the origin has published.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait PackSource {
    /// From which packs pictures are dealt now; none where none were ever
    /// published.
    async fn pools(&self) -> Result<Option<Arc<Pools>>, StoreError>;

    /// A pack; none where it is not there, or not one that can be dealt from.
    async fn pack(&self, id: PackId) -> Result<Option<Arc<PicturePack>>, StoreError>;
}

/// An edge without pictures.
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
