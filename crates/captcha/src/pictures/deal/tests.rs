use std::collections::BTreeMap;
use std::sync::Arc;

use munjigi_protocol::{ImageSpan, Pack, PackItem, PictureType, RightRound};

use super::*;
use crate::contract::{ROOT_A, authority, block_on};
use crate::ports::StoreError;

/// A source of published packs.
#[derive(Default)]
struct Packs {
    pools: Pools,
    there: BTreeMap<PackId, Arc<PicturePack>>,
    away: bool,
}

const NOW: UnixMillis = UnixMillis::from_seconds(1_000);

impl Packs {
    fn with(mut self, number: u8, kind: PictureKind, retire_at: u64) -> Self {
        let id = PackId([number; 8]);
        let picture_type = kind.picture_type();
        let (rows, columns, images) = match picture_type {
            PictureType::Area => (1, 1, 1),
            PictureType::Grid => (3, 3, 1),
            PictureType::Turn => (4, 4, 2),
        };
        let answer = |number: u8| match picture_type {
            PictureType::Grid => RightRound::Grid { cells: (0..3 + number % 3).collect() },
            PictureType::Area => {
                RightRound::Area { columns: 40, rows: 1, mask: vec![1, 0, 0, 0, 0] }
            }
            PictureType::Turn => RightRound::Turn { views: vec![number % 16] },
        };
        let items = (0..32).map(|number| PackItem {
            prompt: format!("thing {number}"),
            images: vec![ImageSpan { at: 0, len: 1 }; images],
            answer: answer(number),
        });
        let pack = Pack {
            id,
            picture_type,
            rows,
            columns,
            content_type: "image/jpeg".to_owned(),
            image_bytes: 1,
            items: items.collect(),
        };
        self.there.insert(id, Arc::new(PicturePack::parse(pack).unwrap()));
        self.pools.packs.push(PoolEntry { id, kind, retire_at });
        self
    }
}

impl PackSource for Packs {
    async fn pools(&self) -> Result<Option<Arc<Pools>>, StoreError> {
        if self.away { Err(StoreError) } else { Ok(Some(Arc::new(self.pools.clone()))) }
    }

    async fn pack(&self, id: PackId) -> Result<Option<Arc<PicturePack>>, StoreError> {
        Ok(self.there.get(&id).cloned())
    }
}

fn dealt(packs: &Packs, kinds: &[PictureKind], id: u8) -> Option<Dealt> {
    let authority = authority(ROOT_A);
    let root = authority.first().kid;
    let until = UnixMillis::from_seconds(1_900);
    let to = Deal { authority: &authority, root, id: [id; 16], kinds, now: NOW, until };
    block_on(deal(&to, packs))
}

fn all() -> Packs {
    Packs::default()
        .with(1, PictureKind::Grid, 2_000)
        .with(2, PictureKind::Area, 2_000)
        .with(3, PictureKind::Turn, 2_000)
        .with(4, PictureKind::Grid, 2_000)
        .with(5, PictureKind::PhotoGrid, 2_000)
        .with(6, PictureKind::PhotoArea, 2_000)
}

#[test]
fn an_attempt_is_dealt_the_same_picture_again_and_others_another() {
    let packs = all();
    let seen: Vec<_> = (0..=255).map(|id| dealt(&packs, PictureKind::ALL, id).unwrap()).collect();
    for (id, dealt) in (0..=255).zip(&seen) {
        assert_eq!(self::dealt(&packs, PictureKind::ALL, id).as_ref(), Some(dealt));
    }
    for number in 1..=6 {
        let often = seen.iter().filter(|dealt| dealt.pack == PackId([number; 8])).count();
        // Each kind gets a fifth of the deals; two packs share the grids.
        assert!((20..=120).contains(&often), "pack {number}: {often}");
    }
    let prompts = |dealt: &Dealt| format!("{:?} {}", dealt.pack, dealt.step.rounds[0].prompt);
    let different: std::collections::BTreeSet<_> = seen.iter().map(prompts).collect();
    assert!(different.len() > 80, "{}", different.len());
}

#[test]
fn a_site_is_dealt_the_kinds_that_it_shows() {
    let packs = all();
    for kind in PictureKind::ALL {
        let picture_type = kind.picture_type();
        for id in 0..32 {
            let dealt = dealt(&packs, &[*kind], id).unwrap();
            assert_eq!(kind.is_photo(), dealt.pack >= PackId([5; 8]));
            assert_eq!(
                (dealt.step.picture_type, dealt.answer.kind()),
                (picture_type, picture_type)
            );
            let rounds = if picture_type == PictureType::Grid { 1 } else { 2 };
            assert_eq!((dealt.step.rounds.len(), dealt.answer.rounds()), (rounds, rounds));
            let images = if picture_type == PictureType::Turn { 2 } else { 1 };
            assert!(dealt.step.rounds.iter().all(|round| round.images.len() == images));
        }
    }
    assert_eq!(dealt(&packs, &[], 1), None);
}

#[test]
fn rounds_of_a_challenge_show_different_items() {
    let packs = all();
    for id in 0..=255 {
        let dealt = dealt(&packs, &[PictureKind::Turn], id).unwrap();
        assert_ne!(dealt.step.rounds[0].prompt, dealt.step.rounds[1].prompt);
    }
}

#[test]
fn a_new_pack_changes_the_pictures_of_few() {
    let before = all();
    let after = all().with(7, PictureKind::Grid, 2_000);
    for id in 0..=255 {
        let (before, after) =
            (dealt(&before, PictureKind::ALL, id), dealt(&after, PictureKind::ALL, id));
        assert!(before == after || after.unwrap().pack == PackId([7; 8]));
    }
}

#[test]
fn nothing_is_dealt_from_what_is_retired_missing_or_away() {
    let retired = Packs::default().with(1, PictureKind::Grid, 1_000);
    assert_eq!(dealt(&retired, PictureKind::ALL, 1), None);
    let mut missing = all();
    missing.there.remove(&PackId([1; 8]));
    for id in 0..64 {
        let dealt = dealt(&missing, &[PictureKind::Grid], id).unwrap();
        assert_eq!(dealt.pack, PackId([4; 8]));
    }
    let away = Packs { away: true, ..all() };
    assert_eq!(dealt(&away, PictureKind::ALL, 1), None);
    assert_eq!(dealt(&Packs::default(), PictureKind::ALL, 1), None);
}

#[test]
fn names_say_which_image_until_when_and_to_the_edge_alone() {
    let authority = authority(ROOT_A);
    let dealt = dealt(&all(), &[PictureKind::Turn], 9).unwrap();
    for (round, items) in dealt.step.rounds.iter().enumerate() {
        for (image, path) in items.images.iter().enumerate() {
            let name = PictureName::open(&authority, path.strip_prefix("/v1/pictures/").unwrap());
            let name = name.unwrap();
            assert_eq!((name.pack, usize::from(name.image)), (dealt.pack, image), "{round}");
            assert_eq!(name.until.seconds(), 1_900);
        }
    }
}
