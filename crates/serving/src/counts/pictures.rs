//! Counts the outcomes of pictures, by pack, until they are sent. There are few
//! packs, and visitors choose none of their names.

use munjigi_captcha::{PictureFate, PictureTally};
use munjigi_protocol::PictureCount;

/// Maximum number of different counts: more than any operator has packs.
const MAX_COUNTS: usize = 256;

/// The counts that have not been sent.
#[derive(Debug, Default)]
pub struct Pictures(Vec<PictureCount>);

impl Pictures {
    /// Counts one event in a minute since 1970.
    pub fn add(&mut self, tally: PictureTally, minute: u64) {
        let PictureTally { kind, pack, fate } = tally;
        let same = |count: &PictureCount| {
            (count.minute, count.picture_type, count.pack) == (minute, kind, pack)
        };
        let place = self.0.iter().rposition(same).unwrap_or(self.0.len());
        if place == self.0.len() {
            if place >= MAX_COUNTS {
                return;
            }
            let (dealt, right, wrong, way) = (0, 0, 0, 0);
            self.0.push(PictureCount {
                minute,
                picture_type: kind,
                pack,
                dealt,
                right,
                wrong,
                way,
            });
        }
        if let Some(count) = self.0.get_mut(place) {
            let number = match fate {
                PictureFate::Dealt => &mut count.dealt,
                PictureFate::Right => &mut count.right,
                PictureFate::Wrong => &mut count.wrong,
                PictureFate::Way => &mut count.way,
            };
            *number = number.saturating_add(1);
        }
    }

    /// Takes everything: at most 40 KB as JSON.
    pub fn take(&mut self) -> Vec<PictureCount> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::{PackId, PictureType};

    use super::*;

    fn tally(pack: Option<u8>, fate: PictureFate) -> PictureTally {
        let pack = pack.map(|number| PackId([number; 8]));
        PictureTally { kind: PictureType::Grid, pack, fate }
    }

    #[test]
    fn each_pack_has_its_own_numbers() {
        let mut pictures = Pictures::default();
        for fate in [PictureFate::Dealt, PictureFate::Dealt, PictureFate::Right, PictureFate::Way] {
            pictures.add(tally(Some(1), fate), 7);
        }
        pictures.add(tally(Some(2), PictureFate::Wrong), 7);
        pictures.add(tally(None, PictureFate::Dealt), 7);
        pictures.add(tally(Some(1), PictureFate::Dealt), 8);
        let numbers: Vec<_> = pictures
            .take()
            .into_iter()
            .map(|count| {
                (count.minute, count.pack, [count.dealt, count.right, count.wrong, count.way])
            })
            .collect();
        let pack = |number| Some(PackId([number; 8]));
        assert_eq!(
            numbers,
            [
                (7, pack(1), [2, 1, 0, 1]),
                (7, pack(2), [0, 0, 1, 0]),
                (7, None, [1, 0, 0, 0]),
                (8, pack(1), [1, 0, 0, 0]),
            ]
        );
        assert!(pictures.take().is_empty());
    }

    #[test]
    fn counts_fit_a_message_however_many_there_are() {
        let mut pictures = Pictures::default();
        for minute in 0..10_000 {
            pictures.add(tally(Some(1), PictureFate::Dealt), 100_000_000 + minute);
        }
        let taken = pictures.take();
        assert_eq!(taken.len(), MAX_COUNTS);
        assert!(serde_json::to_string(&taken).unwrap().len() < 40_000);
    }
}
