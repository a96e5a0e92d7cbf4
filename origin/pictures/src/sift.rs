//! Which pictures may be dealt: those that follow the protocol, are clear
//! enough for a person, and do not fall to a blind guess.

use munjigi_protocol::{PictureType, RenderedPicture, RightRound, base64};
use munjigi_store::pictures::content_type;

/// A picture below this is ambiguous.
const LEAST_CLARITY: f32 = 0.5;
/// Largest share of an `area`'s squares that may be right. The mean of a pack
/// is then below 4.1 %, which keeps a guess of two rounds below 0.5 % even for
/// a guesser who knows where things tend to be; otherwise there would have to be
/// three.
const MOST_AREA: f64 = 0.06;
/// Maximum size of one image; a pack of 1,024 would still be refused as too
/// large.
const MOST_IMAGE_BYTES: usize = 1024 * 1024;

/// Why a picture is not dealt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drop {
    /// A person could take it for something else.
    Ambiguous,
    /// A blind guess passes too often.
    Guessable,
    Broken,
}

impl Drop {
    /// The spelling in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Guessable => "guessable",
            Self::Broken => "broken",
        }
    }
}

/// Tiles or views of a kind's first image, as rows and columns.
pub const fn shape(kind: PictureType) -> (u8, u8) {
    match kind {
        PictureType::Grid => (3, 3),
        PictureType::Area => (1, 1),
        PictureType::Turn => (4, 4),
    }
}

/// A picture that may be dealt.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    pub images: Vec<u8>,
    /// Their lengths in bytes.
    pub image_lengths: Vec<i32>,
}

/// Sifts one picture.
pub fn sift(kind: PictureType, picture: &RenderedPicture) -> Result<Fit, Drop> {
    let fit = read(kind, picture).ok_or(Drop::Broken)?;
    let clear = picture.clarity >= LEAST_CLARITY;
    let guessable = guessable(kind, &picture.answer).ok_or(Drop::Broken)?;
    match (clear, guessable) {
        (false, _) => Err(Drop::Ambiguous),
        (true, true) => Err(Drop::Guessable),
        (true, false) => Ok(fit),
    }
}

fn read(kind: PictureType, picture: &RenderedPicture) -> Option<Fit> {
    let prompt = &picture.prompt;
    let named = (1..=32).contains(&prompt.len())
        && prompt.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_'));
    let count = if kind == PictureType::Turn { 2 } else { 1 };
    let right_shape = picture.picture_type == kind
        && (picture.rows, picture.columns) == shape(kind)
        && picture.images.len() == count;
    if !named || !right_shape {
        return None;
    }
    let (mut images, mut image_lengths) = (Vec::new(), Vec::new());
    for image in &picture.images {
        let bytes = base64::decode(&image.data)?;
        let fits = !bytes.is_empty() && bytes.len() <= MOST_IMAGE_BYTES;
        if !fits || image.content_type != content_type(kind) {
            return None;
        }
        image_lengths.push(i32::try_from(bytes.len()).ok()?);
        images.extend(bytes);
    }
    Some(Fit { images, image_lengths })
}

/// Whether a blind guess passes too often; `None` if the answer does not fit
/// this kind of picture.
pub fn guessable(kind: PictureType, answer: &RightRound) -> Option<bool> {
    let (rows, columns) = shape(kind);
    let tiles = rows * columns;
    match (kind, answer) {
        (PictureType::Grid, RightRound::Grid { cells }) => {
            listed(cells, tiles).then_some(cells.len() < 2 || cells.len() > usize::from(tiles) - 2)
        }
        (PictureType::Turn, RightRound::Turn { views }) => {
            listed(views, tiles).then_some(views.len() != 1)
        }
        (PictureType::Area, RightRound::Area { columns, rows, mask }) => {
            let squares = usize::from(*columns) * usize::from(*rows);
            let bounded = (1..=64).contains(columns) && (1..=64).contains(rows);
            if !bounded || mask.len() != squares.div_ceil(8) {
                return None;
            }
            let bit = |square: usize| {
                mask.get(square / 8).is_some_and(|byte| byte >> (square % 8) & 1 == 1)
            };
            let right = (0..squares).filter(|square| bit(*square)).count();
            let share =
                f64::from(u32::try_from(right).ok()?) / f64::from(u32::try_from(squares).ok()?);
            (right > 0).then_some(share > MOST_AREA)
        }
        _ => None,
    }
}

/// Ascending indexes below `tiles`, at least one.
fn listed(indexes: &[u8], tiles: u8) -> bool {
    !indexes.is_empty()
        && indexes.iter().all(|index| *index < tiles)
        && indexes.is_sorted_by(|a, b| a < b)
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::RenderedImage;

    use super::*;

    fn image(end: &str, data: &str) -> RenderedImage {
        let content_type = format!("image/{end}");
        RenderedImage { content_type, width: 8, height: 8, data: data.to_owned() }
    }

    fn grid(cells: &[u8]) -> RenderedPicture {
        RenderedPicture {
            picture_type: PictureType::Grid,
            seed: "00".repeat(32),
            prompt: "watering-can".to_owned(),
            rows: 3,
            columns: 3,
            images: vec![image("jpeg", "AAEC")],
            answer: RightRound::Grid { cells: cells.to_vec() },
            clarity: 0.5,
            judgement: None,
        }
    }

    fn area(right_squares: usize) -> RenderedPicture {
        let mut mask = vec![0; 24 * 16 / 8];
        for square in 0..right_squares {
            mask[square / 8] |= 1 << (square % 8);
        }
        let answer = RightRound::Area { columns: 24, rows: 16, mask };
        let picture_type = PictureType::Area;
        RenderedPicture { picture_type, rows: 1, columns: 1, answer, ..grid(&[]) }
    }

    fn turn(views: &[u8]) -> RenderedPicture {
        RenderedPicture {
            picture_type: PictureType::Turn,
            rows: 4,
            columns: 4,
            images: vec![image("avif", "AAEC"), image("avif", "AwQ")],
            answer: RightRound::Turn { views: views.to_vec() },
            ..grid(&[])
        }
    }

    #[test]
    fn a_good_picture_is_kept_with_its_images_in_a_row() {
        assert_eq!(sift(PictureType::Grid, &grid(&[0, 4, 7])).unwrap().images, [0, 1, 2]);
        let fit = sift(PictureType::Turn, &turn(&[5])).unwrap();
        assert_eq!((fit.images, fit.image_lengths), (vec![0, 1, 2, 3, 4], vec![3, 2]));
        assert!(sift(PictureType::Area, &area(23)).is_ok());
    }

    #[test]
    fn ambiguous_pictures_are_dropped() {
        for clarity in [0.499, f32::NAN] {
            let picture = RenderedPicture { clarity, ..grid(&[1, 2]) };
            assert_eq!(sift(PictureType::Grid, &picture), Err(Drop::Ambiguous));
        }
    }

    #[test]
    fn pictures_that_are_guessed_too_often_are_dropped() {
        // 27 of 384 squares are 7.03 %.
        assert_eq!(sift(PictureType::Area, &area(24)), Err(Drop::Guessable));
        assert_eq!(sift(PictureType::Turn, &turn(&[4, 5])), Err(Drop::Guessable));
        for cells in [&[3][..], &[0, 1, 2, 3, 4, 5, 6, 7]] {
            assert_eq!(sift(PictureType::Grid, &grid(cells)), Err(Drop::Guessable));
        }
    }

    #[test]
    fn what_the_protocol_does_not_know_is_dropped() {
        let broken = [
            RenderedPicture { prompt: String::new(), ..grid(&[1, 2]) },
            RenderedPicture { prompt: "<b>".to_owned(), ..grid(&[1, 2]) },
            RenderedPicture { rows: 4, ..grid(&[1, 2]) },
            RenderedPicture { images: vec![], ..grid(&[1, 2]) },
            RenderedPicture { images: vec![image("jpeg", "")], ..grid(&[1, 2]) },
            RenderedPicture { images: vec![image("jpeg", "!")], ..grid(&[1, 2]) },
            RenderedPicture { picture_type: PictureType::Turn, ..grid(&[1, 2]) },
            grid(&[]),
            grid(&[2, 1]),
            grid(&[1, 9]),
            area(0),
            turn(&[16]),
        ];
        for picture in broken {
            assert_eq!(sift(PictureType::Grid, &picture), Err(Drop::Broken), "{picture:?}");
        }
        assert_eq!(sift(PictureType::Area, &area(0)), Err(Drop::Broken));
        assert_eq!(sift(PictureType::Turn, &turn(&[16])), Err(Drop::Broken));
        let images = vec![image("jpeg", "AAEC"), image("avif", "AwQ")];
        let mixed = RenderedPicture { images, ..turn(&[5]) };
        assert_eq!(sift(PictureType::Turn, &mixed), Err(Drop::Broken));
    }
}
