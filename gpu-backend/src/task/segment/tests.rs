//! Pictures of 64×64: 64 + 16 + 4 cells.

use super::*;

const LAYOUT: Layout = Layout { height: 64, width: 64, labels: 2, prototypes: 1 };
const CELLS: usize = 84;
const THRESHOLD: Threshold = Threshold { score: 0.5, overlap: 0.5, count: 10 };

struct Net {
    sides: Vec<f32>,
    scores: Vec<f32>,
    coefficients: Vec<f32>,
    prototypes: Vec<f32>,
}

impl Net {
    /// Nothing anywhere; each box reaches one stride to each side.
    fn empty() -> Self {
        Self {
            sides: vec![1.0; 4 * CELLS],
            scores: vec![0.0; 2 * CELLS],
            coefficients: vec![1.0; CELLS],
            prototypes: vec![1.0; 16 * 16],
        }
    }

    fn with(mut self, cell: usize, label: usize, score: f32) -> Self {
        self.scores[label * CELLS + cell] = score;
        self
    }

    fn found(&self) -> Vec<Found> {
        let Self { sides, scores, coefficients, prototypes } = self;
        let boxes = Boxes::Sides(sides);
        segment(LAYOUT, Heads { boxes, scores, coefficients, prototypes }, THRESHOLD).unwrap()
    }
}

#[test]
fn a_box_reaches_from_the_middle_of_its_cell() {
    // The fine grid's second row, third column; then the coarse grid's last.
    let found = Net::empty().with(8 + 2, 1, 0.9).with(83, 0, 0.8).found();
    let bounds = |left, top, right, bottom| Bounds { left, top, right, bottom };
    assert_eq!((found[0].label, found[0].bounds), (1, bounds(12.0, 4.0, 28.0, 20.0)));
    assert_eq!((found[1].label, found[1].bounds), (0, bounds(16.0, 16.0, 64.0, 64.0)));
}

#[test]
fn a_box_by_its_middle_reaches_half_its_size_to_each_side() {
    let mut net = Net::empty().with(10, 1, 0.9).with(83, 0, 0.8);
    for (at, [one, other]) in
        [[20.0, 60.0], [12.0, 4.0], [16.0, 20.0], [8.0, 20.0]].iter().enumerate()
    {
        net.sides[at * CELLS + 10] = *one;
        net.sides[at * CELLS + 83] = *other;
    }
    let Net { sides, scores, coefficients, prototypes } = &net;
    let heads = Heads { boxes: Boxes::Middles(sides), scores, coefficients, prototypes };
    let found = segment(LAYOUT, heads, THRESHOLD).unwrap();
    let bounds = |left, top, right, bottom| Bounds { left, top, right, bottom };
    assert_eq!((found[0].label, found[0].bounds), (1, bounds(12.0, 8.0, 28.0, 16.0)));
    assert_eq!((found[1].label, found[1].bounds), (0, bounds(50.0, 0.0, 64.0, 14.0)));
}

#[test]
fn of_overlapping_boxes_the_most_certain_stays_for_each_label() {
    let mut net = Net::empty().with(10, 1, 0.7).with(11, 1, 0.9).with(11, 0, 0.6).with(40, 1, 0.55);
    // Neighbours two strides apart overlap by a third; wider, by more.
    net.sides.fill(3.0);
    let found: Vec<_> = net.found().iter().map(|found| (found.label, found.score)).collect();
    assert_eq!(found, [(1, 0.9), (0, 0.6), (1, 0.55)]);
}

#[test]
fn a_mask_is_where_its_prototypes_say_inside_the_box() {
    let mut net = Net::empty().with(10, 0, 0.9);
    // Only the upper half of the picture.
    net.prototypes[3 * 16..].fill(-1.0);
    let mask = &net.found()[0].mask;
    let rows: Vec<usize> =
        mask.pixels.chunks(mask.width).map(|row| row.iter().filter(|&&on| on).count()).collect();
    assert_eq!(rows[..6], [0, 4, 4, 0, 0, 0]);
}

#[test]
fn uncertain_and_surplus_things_are_left_out() {
    assert!(Net::empty().with(10, 0, 0.49).found().is_empty());
    let mut net = Net::empty();
    net.scores.fill(0.9);
    net.sides.fill(0.1);
    assert_eq!(net.found().len(), THRESHOLD.count);
}

#[test]
fn heads_of_another_size_are_a_misfit() {
    let net = Net::empty();
    let heads = Heads {
        boxes: Boxes::Sides(&net.sides[1..]),
        scores: &net.scores,
        coefficients: &net.coefficients,
        prototypes: &net.prototypes,
    };
    assert_eq!(segment(LAYOUT, heads, THRESHOLD).unwrap_err().what, "the boxes");
}
