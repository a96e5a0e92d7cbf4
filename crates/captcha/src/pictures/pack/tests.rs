use munjigi_protocol::Pack;

use super::*;

fn item(answer: RightRound, images: usize) -> PackItem {
    PackItem {
        prompt: "cup".to_owned(),
        images: vec![ImageSpan { at: 0, len: 10 }; images],
        answer,
    }
}

fn pack(picture_type: PictureType, rows: u8, columns: u8, items: Vec<PackItem>) -> Pack {
    Pack {
        id: PackId([0; 8]),
        picture_type,
        rows,
        columns,
        content_type: "image/jpeg".to_owned(),
        image_bytes: 10,
        items,
    }
}

fn grid(cells: &[&[u8]]) -> Pack {
    let items = cells.iter().map(|cells| item(RightRound::Grid { cells: cells.to_vec() }, 1));
    pack(PictureType::Grid, 3, 3, items.collect())
}

/// A valid pack of grids: three, four or five of nine.
fn grids() -> Pack {
    grid(&[&[0, 1, 2], &[3, 4, 5, 6], &[4, 5, 6, 7, 8]])
}

/// Pictures in which this many of 1,000 squares are right.
fn areas(right: usize) -> Pack {
    let mut mask = vec![0; 125];
    for square in 0..right {
        mask[square / 8] |= 1 << (square % 8);
    }
    let answer = RightRound::Area { columns: 40, rows: 25, mask };
    pack(PictureType::Area, 1, 1, vec![item(answer, 1); 4])
}

fn turns(views: u8, right: &[u8]) -> Pack {
    let answer = RightRound::Turn { views: right.to_vec() };
    pack(PictureType::Turn, 1, views, vec![item(answer, 2); 4])
}

fn rounds(pack: Pack) -> Result<usize, PackError> {
    PicturePack::parse(pack).map(|pack| pack.rounds())
}

#[test]
fn rounds_keep_a_guess_below_one_in_two_hundred() {
    for (what, pack, rounds) in [
        ("three to five of nine", grids(), Ok(1)),
        ("always one of nine", grid(&[&[0], &[3], &[8]]), Ok(3)),
        ("always three of nine", grid(&[[0, 1, 2].as_slice(); 64]), Ok(2)),
        ("three of nine by chance", grid(&[&[0, 1, 2], &[3, 4, 5], &[0, 1, 2, 3]]), Ok(1)),
        ("two or three of nine", grid(&[&[0, 1], &[3, 4, 5]]), Ok(2)),
        ("areas of 4 %", areas(40), Ok(2)),
        ("areas of 8 %", areas(80), Ok(3)),
        ("areas of 11 %", areas(110), Err(PackError::Guessed)),
        ("one of sixteen views", turns(16, &[3]), Ok(2)),
        ("two of sixteen views", turns(16, &[3, 4]), Ok(3)),
        ("one of five views", turns(5, &[3]), Err(PackError::Guessed)),
    ] {
        assert_eq!(self::rounds(pack), rounds, "{what}");
    }
}

#[test]
fn what_does_not_fit_together_is_no_pack() {
    let changed = |change: fn(&mut Pack)| {
        let mut pack = grids();
        change(&mut pack);
        rounds(pack)
    };
    let answered = |answer: RightRound| {
        let mut pack = grids();
        pack.items[0].answer = answer;
        rounds(pack)
    };
    let cells = |cells: &[u8]| answered(RightRound::Grid { cells: cells.to_vec() });
    for (what, result, error) in [
        ("nothing", changed(|pack| pack.items.clear()), PackError::Items),
        (
            "too much",
            changed(|pack| pack.items = vec![pack.items[0].clone(); 1_025]),
            PackError::Items,
        ),
        ("no tiles", changed(|pack| pack.rows = 0), PackError::Layout),
        ("many tiles", changed(|pack| pack.rows = 22), PackError::Layout),
        (
            "an area in tiles",
            changed(|pack| pack.picture_type = PictureType::Area),
            PackError::Layout,
        ),
        (
            "a script",
            changed(|pack| pack.content_type = "text/html".to_owned()),
            PackError::ContentType,
        ),
        ("no prompt", changed(|pack| pack.items[0].prompt.clear()), PackError::Prompt),
        ("a bell", changed(|pack| pack.items[0].prompt.push('\u{7}')), PackError::Prompt),
        ("a novel", changed(|pack| pack.items[0].prompt = "a".repeat(65)), PackError::Prompt),
        ("no image", changed(|pack| pack.items[0].images.clear()), PackError::Images),
        ("an empty image", changed(|pack| pack.items[0].images[0].len = 0), PackError::Images),
        ("one outside", changed(|pack| pack.items[0].images[0].at = 1), PackError::Images),
        (
            "one far outside",
            changed(|pack| pack.items[0].images[0].at = u32::MAX),
            PackError::Images,
        ),
        ("no tile", cells(&[]), PackError::Answer),
        ("every tile", cells(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), PackError::Answer),
        ("a tile twice", cells(&[1, 1]), PackError::Answer),
        ("backwards", cells(&[2, 1]), PackError::Answer),
        ("a tenth tile", cells(&[9]), PackError::Answer),
        ("a view", answered(RightRound::Turn { views: vec![1] }), PackError::Answer),
    ] {
        assert_eq!(result, Err(error), "{what}");
    }
}

#[test]
fn a_mask_has_a_bit_for_each_square_and_no_other() {
    let masked = |columns, rows, mask: &[u8]| {
        let mut pack = areas(35);
        pack.items[0].answer = RightRound::Area { columns, rows, mask: mask.to_vec() };
        rounds(pack)
    };
    assert_eq!(masked(30, 3, &[1; 12]), Ok(3));
    for (columns, rows, mask) in [
        (30, 3, [1; 11].as_slice()),
        (30, 3, &[1; 13]),
        (30, 3, &[0; 12]),
        (30, 3, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0b100]),
        (65, 1, &[1; 9]),
        (0, 3, &[]),
    ] {
        assert_eq!(masked(columns, rows, mask), Err(PackError::Answer), "{columns} × {rows}");
    }
}

#[test]
fn an_image_is_found_by_item_and_place() {
    let pack = PicturePack::parse(turns(16, &[3])).unwrap();
    assert_eq!(pack.image(3, 1), Some(ImageSpan { at: 0, len: 10 }));
    assert_eq!(pack.image(3, 2), None);
    assert_eq!(pack.image(4, 0), None);
}
