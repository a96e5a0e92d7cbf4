//! A segmenter's output for a photo as the answer to `area`: one thing, found
//! with certainty, exactly once, and not so large that a blind guess hits it.

use munjigi_protocol::{PictureType, RightRound, SegmentedThing, base64};

use crate::guessable;

/// The thing to point at, how certain the model is of it, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    pub thing: String,
    pub score: f32,
    /// The thing and a margin of one square around it.
    pub answer: RightRound,
}

/// The most certain thing, if it can be asked for; `thing` maps a label and a
/// score to a thing, if that is certain enough.
pub fn area<'a>(
    things: &[SegmentedThing],
    thing: impl Fn(&str, f32) -> Option<&'a str>,
) -> Option<Area> {
    let surest = things.iter().max_by(|a, b| a.score.total_cmp(&b.score))?;
    let thing = thing(&surest.label, surest.score)?;
    // Of two cups, either would be right for a person.
    if things.iter().filter(|other| other.label == surest.label).count() > 1 {
        return None;
    }
    let mask = base64::decode(&surest.mask)?;
    let (columns, rows) = (surest.columns, surest.rows);
    let answer = RightRound::Area { columns, rows, mask: widened(&mask, columns, rows) };
    (guessable(PictureType::Area, &answer) == Some(false)).then(|| Area {
        thing: thing.to_owned(),
        score: surest.score.clamp(0.0, 1.0),
        answer,
    })
}

/// With a margin of one square on every side.
fn widened(mask: &[u8], columns: u8, rows: u8) -> Vec<u8> {
    let (columns, rows) = (i32::from(columns), i32::from(rows));
    let place = |x: i32, y: i32| usize::try_from(y * columns + x).ok();
    let set = |x: i32, y: i32| {
        (0..columns).contains(&x)
            && (0..rows).contains(&y)
            && place(x, y).is_some_and(|place| {
                mask.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
            })
    };
    let mut wide = vec![0; usize::try_from(columns * rows).unwrap_or_default().div_ceil(8)];
    for y in 0..rows {
        for x in 0..columns {
            let near = (-1..=1).any(|dy| (-1..=1).any(|dx| set(x + dx, y + dy)));
            let byte = place(x, y).and_then(|place| Some((wide.get_mut(place / 8)?, place % 8)));
            if let (true, Some((byte, bit))) = (near, byte) {
                *byte |= 1 << bit;
            }
        }
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(label: &str, score: f32) -> Option<&'static str> {
        (label == "cup" && score >= 0.9).then_some("cup")
    }

    /// A thing at these squares of nine by eight.
    fn thing(label: &str, score: f32, squares: &[usize]) -> SegmentedThing {
        let mut mask = vec![0_u8; 9];
        for square in squares {
            mask[square / 8] |= 1 << (square % 8);
        }
        SegmentedThing {
            label: label.to_owned(),
            score,
            bounds: [0.0; 4],
            columns: 9,
            rows: 8,
            mask: base64::encode(&mask),
        }
    }

    #[test]
    fn a_small_thing_that_is_there_once_is_asked_for_with_a_margin() {
        // In a corner, so that its margin covers four of 72 squares.
        let found = area(&[thing("cup", 0.95, &[0]), thing("tree", 0.5, &[9])], sure).unwrap();
        assert_eq!(found.thing, "cup");
        let RightRound::Area { mask, .. } = found.answer else { panic!() };
        assert_eq!(mask, [0b11, 0b110, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn uncertain_repeated_large_or_broken_things_are_not_asked_for() {
        let corner = thing("cup", 0.95, &[0]);
        for things in [
            vec![],
            vec![thing("cup", 0.8, &[0])],
            vec![corner.clone(), thing("cup", 0.3, &[63])],
            vec![thing("cup", 0.95, &[27])],
            vec![thing("cup", 0.95, &[])],
            vec![thing("A cup!", 0.95, &[0])],
            vec![SegmentedThing { mask: "?".to_owned(), ..corner.clone() }],
            vec![SegmentedThing { rows: 0, ..corner }],
        ] {
            assert_eq!(area(&things, sure), None, "{things:?}");
        }
    }
}
