use munjigi_protocol::base64;

use super::*;
use crate::registry::outputs::{Heads as Layouts, Scores};
use crate::squares::Squares;

fn manifest(task: &str) -> Manifest {
    let hash = "0".repeat(64);
    let text = format!(
        "name = \"m\"\nversion = \"1.0.0\"\ntask = \"{task}\"\nsha256 = \"{hash}\"\n\
         licence = \"MIT\"\nsource = \"a test\"\nlabels = [\"cup\", \"key\"]\n\
         [input]\nchannels = 3\nheight = 32\nwidth = 32\n\
         mean = [0.0, 0.0, 0.0]\ndeviation = [1.0, 1.0, 1.0]\n"
    );
    Manifest::read(&text, |_| unreachable!()).unwrap()
}

/// An image of 64 × 32 in a picture of 32 × 32: half as large, 8 from the top.
fn placed() -> Placed {
    Placed { pixels: vec![], scale: 0.5, left: 0.0, top: 8.0 }
}

const SIZE: (u32, u32) = (64, 32);
const CLASSES: Outputs = Outputs::Classes(Scores::Raw);
const APART: Outputs = Outputs::Things(Layouts::Apart);
const JOINED: Outputs = Outputs::Things(Layouts::Joined { rows: 0, prototypes: 1 });

/// Cells of the three grids of a picture of 32 × 32.
const CELLS: usize = 16 + 4 + 1;

/// A key in the picture from (8, 8) to (16, 16): the centre of the cell at (12,
/// 12) is there, half a stride from each side.
fn heads() -> Vec<Vec<f32>> {
    let cell = 4 + 1;
    let mut sides = vec![0.0; 4 * CELLS];
    let mut scores = vec![0.0; 2 * CELLS];
    for side in 0..4 {
        sides[side * CELLS + cell] = 0.5;
    }
    scores[CELLS + cell] = 0.9;
    vec![sides, scores, vec![1.0; CELLS], vec![1.0; 64]]
}

#[test]
fn a_thing_is_where_it_is_in_the_image_not_in_the_networks_picture() {
    let said = say(&manifest("segment"), APART, &heads(), &placed(), SIZE).unwrap();
    let Prediction::Segment { things } = said else { panic!("another task") };
    let [key] = things.as_slice() else { panic!("{things:?}") };
    assert_eq!((key.label.as_str(), key.score.to_bits()), ("key", 0.9_f32.to_bits()));
    assert_eq!(key.bounds.map(f32::to_bits), [16.0_f32, 0.0, 32.0, 16.0].map(f32::to_bits));
    let mask = Squares::unpacked(&base64::decode(&key.mask).unwrap());
    // The second quarter from the left, the upper half.
    assert!((mask.covered() - 0.125).abs() < 0.01, "{}", mask.covered());
    assert!(mask.has(22, 10) && !mask.has(8, 10) && !mask.has(37, 10) && !mask.has(22, 30));
}

#[test]
fn a_thing_of_joined_outputs_is_the_same() {
    let [_, scores, coefficients, prototypes]: [Vec<f32>; 4] = heads().try_into().unwrap();
    let mut boxes = vec![0.0; 4 * CELLS];
    for (at, number) in [12.0, 12.0, 8.0, 8.0].into_iter().enumerate() {
        boxes[at * CELLS + 5] = number;
    }
    let outputs = [[boxes, scores, coefficients].concat(), prototypes];
    let joined = say(&manifest("segment"), JOINED, &outputs, &placed(), SIZE).unwrap();
    let apart = say(&manifest("segment"), APART, &heads(), &placed(), SIZE).unwrap();
    assert_eq!(joined, apart);
}

#[test]
fn classes_come_likeliest_first() {
    let said = say(&manifest("classify"), CLASSES, &[vec![1.0, 3.0]], &placed(), SIZE).unwrap();
    let Prediction::Classify { classes } = said else { panic!("another task") };
    assert_eq!(classes.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>(), ["key", "cup"]);
}

#[test]
fn numbers_that_do_not_fit_the_manifest_are_a_misfit() {
    for (task, read_as, outputs) in [
        ("classify", CLASSES, vec![]),
        ("classify", CLASSES, vec![vec![0.0; 3]]),
        ("segment", APART, vec![vec![0.0; 4]]),
        ("segment", APART, vec![vec![]; 4]),
        ("segment", JOINED, vec![vec![0.0; 7 * CELLS]]),
        ("segment", JOINED, vec![vec![0.0; 5 * CELLS], vec![0.0; 64]]),
        ("segment", JOINED, vec![vec![0.0; 8 * CELLS], vec![0.0; 64]]),
    ] {
        assert!(say(&manifest(task), read_as, &outputs, &placed(), SIZE).is_err(), "{task}");
    }
}
