use munjigi_protocol::{RenderedImage, RightRound, base64};

use super::*;

fn drawn(picture_type: PictureType, number: u64) -> Drawn {
    let ask = Ask { picture_type, seed: Seed::numbered(number), seed_text: "seed".to_owned() };
    draw(&ask, &|| true).unwrap()
}

/// Width and height of each image, decoded; an AVIF states them in its header.
fn sizes(picture: &RenderedPicture) -> Vec<(u32, u32)> {
    let size = |image: &RenderedImage| {
        let bytes = base64::decode(&image.data).unwrap();
        let found = if image.content_type == "image/avif" {
            let at = bytes.windows(4).position(|word| word == b"ispe").unwrap() + 8;
            let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
            (side(at), side(at + 4))
        } else {
            let decoded = image::load_from_memory(&bytes).unwrap();
            (decoded.width(), decoded.height())
        };
        assert_eq!(found, (image.width, image.height));
        found
    };
    picture.images.iter().map(size).collect()
}

#[test]
fn a_grid_is_nine_tiles_in_one_small_image() {
    let Drawn { picture, tiles } = drawn(PictureType::Grid, 1);
    assert_eq!(sizes(&picture), [(384, 384)]);
    assert_eq!((picture.rows, picture.columns, tiles.len()), (3, 3, 9));
    let RightRound::Grid { cells } = &picture.answer else { panic!("another kind") };
    assert!((3..=5).contains(&cells.len()));
    assert!((0.0..=1.0).contains(&picture.clarity));
    assert!(picture.images[0].data.len() * 3 / 4 <= 45_000);
}

#[test]
fn an_area_is_a_wide_image_and_a_mask_of_squares() {
    let Drawn { picture, .. } = drawn(PictureType::Area, 1);
    assert_eq!(sizes(&picture), [(480, 320)]);
    let RightRound::Area { columns, rows, mask } = &picture.answer else { panic!("another kind") };
    assert_eq!((*columns, *rows, mask.len()), (60, 40, 300));
    let covered: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    assert!(covered > 9);
    assert!(covered <= 168 || picture.clarity == 0.0);
}

#[test]
fn a_turn_is_sixteen_views_as_large_as_they_are_shown_and_a_reference() {
    let Drawn { picture, .. } = drawn(PictureType::Turn, 1);
    assert_eq!(sizes(&picture), [(896, 896), (224, 224)]);
    assert_eq!((picture.rows, picture.columns), (4, 4));
    let RightRound::Turn { views } = &picture.answer else { panic!("another kind") };
    assert!(matches!(views.as_slice(), [0..16]));
}

/// Two rounds with their step: `scripts/bench pictures` counts all of it.
#[test]
fn two_turns_fit_into_sixty_kilobytes() {
    for number in 2..4 {
        let Drawn { picture, .. } = drawn(PictureType::Turn, number);
        let bytes: usize = picture.images.iter().map(|image| image.data.len() * 3 / 4).sum();
        assert!((15_000..=29_800).contains(&bytes), "{number}: {bytes}");
        assert!(picture.images.iter().all(|image| image.content_type == "image/avif"));
    }
}

#[test]
fn the_same_seed_is_the_same_picture() {
    let once = drawn(PictureType::Grid, 7).picture;
    assert_eq!(once, drawn(PictureType::Grid, 7).picture);
    assert_ne!(once.images, drawn(PictureType::Grid, 8).picture.images);
}

#[test]
fn drawing_ends_when_no_one_waits() {
    let ask =
        Ask { picture_type: PictureType::Grid, seed: Seed::numbered(1), seed_text: String::new() };
    assert_eq!(draw(&ask, &|| false).unwrap_err(), Stopped);
}
