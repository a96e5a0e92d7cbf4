//! Descriptions that no one dealt: damaged bytes are refused or drawn, and
//! neither panics nor takes long.

use munjigi_scene::{Kind, Scene, Seed, Tile, render, tile};
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_bytes_are_refused_or_drawn(
        kind in 0..Kind::ALL.len(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let scene = tile(Seed::numbered(1), Kind::ALL[kind], Tile::Busy);
        let mut bytes = postcard::to_allocvec(&scene).expect("plain data encodes");
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(scene) = postcard::from_bytes::<Scene>(&bytes) {
            let picture = render(&scene, 8, 8);
            prop_assert_eq!(picture.rgb.len(), 8 * 8 * 3);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(scene) = postcard::from_bytes::<Scene>(&bytes) {
            render(&scene, 4, 4);
        }
    }
}
