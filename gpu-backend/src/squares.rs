//! A picture divided into 60 × 40 squares: where something is, as coarsely as a
//! finger points.

/// Which squares are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squares(Vec<bool>);

impl Squares {
    pub const COLUMNS: u8 = 60;
    pub const ROWS: u8 = 40;

    /// The squares in which any of nine points is set; points are given as
    /// shares of the picture's width and height.
    pub fn where_any(is_on: impl Fn(f32, f32) -> bool) -> Self {
        const POINTS: [f32; 3] = [0.17, 0.5, 0.83];
        let square = |(x, y): (u8, u8)| {
            let across = |dx: f32| (f32::from(x) + dx) / f32::from(Self::COLUMNS);
            let down = |dy: f32| (f32::from(y) + dy) / f32::from(Self::ROWS);
            POINTS.iter().any(|&dy| POINTS.iter().any(|&dx| is_on(across(dx), down(dy))))
        };
        Self(Self::places().map(square).collect())
    }

    /// The squares in which any pixel of a mask is set; the mask's sides are
    /// whole multiples of the squares'.
    pub fn of_mask(mask: &[bool], width: usize) -> Self {
        let mut squares = vec![false; usize::from(Self::COLUMNS) * usize::from(Self::ROWS)];
        let side = width / usize::from(Self::COLUMNS);
        for at in mask.iter().enumerate().filter_map(|(at, &on)| on.then_some(at)) {
            let (x, y) = (at % width / side, at / width / side);
            if let Some(square) = squares.get_mut(y * usize::from(Self::COLUMNS) + x) {
                *square = true;
            }
        }
        Self(squares)
    }

    /// These squares and those around them, up to `margin` from centre to
    /// centre.
    #[must_use]
    pub fn widened(&self, margin: f32) -> Self {
        let on = |x: i16, y: i16| {
            let inside = (0..i16::from(Self::COLUMNS)).contains(&x)
                && (0..i16::from(Self::ROWS)).contains(&y);
            inside && self.has(x.unsigned_abs(), y.unsigned_abs())
        };
        let near: Vec<(i16, i16)> = (-4..=4)
            .flat_map(|y| (-4..=4).map(move |x| (x, y)))
            .filter(|&(x, y): &(i16, i16)| f32::from(x * x + y * y) <= margin * margin)
            .collect();
        let wide =
            |(x, y): (u8, u8)| near.iter().any(|(dx, dy)| on(i16::from(x) + dx, i16::from(y) + dy));
        Self(Self::places().map(wide).collect())
    }

    /// Whether a square is on.
    pub fn has(&self, x: u16, y: u16) -> bool {
        x < u16::from(Self::COLUMNS)
            && self.0.get(usize::from(y) * usize::from(Self::COLUMNS) + usize::from(x))
                == Some(&true)
    }

    /// Whether the square at a point is set, in squares from the upper left.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast ends at the type's bounds: at 0, or where no square is"
    )]
    pub fn has_point(&self, x: f32, y: f32) -> bool {
        self.has(x as u16, y as u16)
    }

    /// The share of squares that is set.
    #[expect(clippy::cast_precision_loss, reason = "there are 2,400 squares")]
    pub fn covered(&self) -> f32 {
        self.0.iter().filter(|&&on| on).count() as f32 / self.0.len() as f32
    }

    /// One bit per square, row by row, lowest bit of the first byte first.
    pub fn packed(&self) -> Vec<u8> {
        let byte =
            |bits: &[bool]| bits.iter().rev().fold(0_u8, |byte, &bit| byte << 1 | u8::from(bit));
        self.0.chunks(8).map(byte).collect()
    }

    /// Reads what [`Self::packed`] writes.
    pub fn unpacked(bytes: &[u8]) -> Self {
        Self(bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect())
    }

    /// The centre of the set squares, in squares from the upper left.
    pub fn middle(&self) -> Option<(f32, f32)> {
        let on = || Self::places().zip(&self.0).filter_map(|(place, &on)| on.then_some(place));
        let count = f32::from(u16::try_from(on().count()).ok().filter(|&count| count > 0)?);
        let sum = on().fold((0.0, 0.0), |(x, y), place| {
            (x + f32::from(place.0) + 0.5, y + f32::from(place.1) + 0.5)
        });
        Some((sum.0 / count, sum.1 / count))
    }

    fn places() -> impl Iterator<Item = (u8, u8)> {
        (0..Self::ROWS).flat_map(|y| (0..Self::COLUMNS).map(move |x| (x, y)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_a_square_to_every_side_and_corner() {
        let mut mask = vec![false; 2400];
        mask[0] = true;
        mask[60 * 20 + 30] = true;
        let wide = Squares::of_mask(&mask, 60).widened(1.5);
        let on: Vec<usize> = (0..2400).filter(|&at| wide.0[at]).collect();
        let around = [19, 20, 21].iter().flat_map(|y| [29, 30, 31].map(|x| y * 60 + x));
        let wanted: Vec<usize> = [0, 1, 60, 61].into_iter().chain(around).collect();
        assert_eq!(on, wanted);
    }

    #[test]
    fn a_point_is_in_the_square_around_it_and_in_no_other() {
        let mut mask = vec![false; 2400];
        mask[60 * 20 + 30] = true;
        mask[60] = true;
        let squares = Squares::of_mask(&mask, 60);
        for (x, y) in [(30.0, 20.0), (30.99, 20.99), (0.0, 1.5)] {
            assert!(squares.has_point(x, y), "{x} {y}");
        }
        for (x, y) in [(29.99, 20.5), (31.0, 20.5), (30.5, 19.99), (30.5, 21.0)] {
            assert!(!squares.has_point(x, y), "{x} {y}");
        }
        // Right of the picture is not the next row, and nothing is below it.
        for (x, y) in [(60.0, 0.5), (65_536.0, 0.5), (30.5, 40.0), (f32::INFINITY, f32::INFINITY)] {
            assert!(!squares.has_point(x, y), "{x} {y}");
        }
    }

    #[test]
    fn squares_are_packed_lowest_bit_first() {
        let mut mask = vec![false; 2400];
        mask[1] = true;
        mask[15] = true;
        let squares = Squares::of_mask(&mask, 60);
        assert_eq!(squares.packed()[..3], [2, 128, 0]);
        assert_eq!(Squares::unpacked(&squares.packed()), squares);
        assert_eq!(squares.middle(), Some((8.5, 0.5)));
    }
}
