//! Published picture packs in memory.

use std::sync::Arc;

use munjigi_protocol::{
    ImageSpan, Pack, PackId, PackItem, PictureKind, PictureType, PoolEntry, Pools, RightRound,
};

use crate::pictures::{PackSource, PicturePack};
use crate::ports::StoreError;

/// A pack source with one pack of grids.
#[derive(Debug)]
pub struct OnePack(Arc<PicturePack>, Arc<Pools>);

impl OnePack {
    /// Name of the only pack.
    pub const ID: PackId = PackId(*b"one-pack");

    /// # Panics
    /// Never: the pack is valid.
    pub fn new() -> Self {
        let items = (0..64)
            .map(|number: u8| {
                let right = 3 + number % 3;
                let mut cells: Vec<u8> = (0..right).map(|cell| (number + 2 * cell) % 9).collect();
                cells.sort_unstable();
                PackItem {
                    prompt: "bicycle".to_owned(),
                    images: vec![ImageSpan { at: 100 * u32::from(number), len: 100 }],
                    answer: RightRound::Grid { cells },
                }
            })
            .collect();
        let pack = Pack {
            id: Self::ID,
            picture_type: PictureType::Grid,
            rows: 3,
            columns: 3,
            content_type: "image/jpeg".to_owned(),
            image_bytes: 6_400,
            items,
        };
        let entry = PoolEntry { id: Self::ID, kind: PictureKind::Grid, retire_at: u64::MAX };
        let pools = Pools { version: 1, packs: vec![entry] };
        Self(Arc::new(PicturePack::parse(pack).expect("a good pack")), Arc::new(pools))
    }
}

impl OnePack {
    /// The only pack, as the edge would load it.
    pub fn pack(&self) -> &PicturePack {
        &self.0
    }

    /// Pools that name only this pack.
    pub fn pools(&self) -> &Pools {
        &self.1
    }
}

impl PackSource for OnePack {
    async fn pools(&self) -> Result<Option<Arc<Pools>>, StoreError> {
        Ok(Some(Arc::clone(&self.1)))
    }

    async fn pack(&self, id: PackId) -> Result<Option<Arc<PicturePack>>, StoreError> {
        Ok((id == Self::ID).then(|| Arc::clone(&self.0)))
    }
}

impl Default for OnePack {
    fn default() -> Self {
        Self::new()
    }
}
