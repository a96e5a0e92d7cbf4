//! Guarantees of the three kinds of challenge.

use munjigi_scene::{Area, Grid, Kind, Seed, Seen, Turn, render, scene::What};
use proptest::prelude::*;

#[test]
fn a_grid_asks_for_three_to_five_tiles() {
    for seed in 0..40 {
        let grid = Grid::deal(Seed::numbered(seed));
        assert_eq!(grid.tiles.len(), 9);
        assert!((3..=5).contains(&grid.answer.len()));
        for (index, scene) in (0u8..).zip(&grid.tiles) {
            let What::Kind(kind) = scene.things[0].what else { panic!("the subject is a kind") };
            assert_eq!(kind == grid.target, grid.answer.contains(&index));
            assert!(kind == grid.target || !kind.resembles(grid.target));
        }
    }
}

#[test]
fn grids_ask_for_every_kind() {
    let mut asked: Vec<Kind> =
        (0..400).map(|seed| Grid::deal(Seed::numbered(seed)).target).collect();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), Kind::ALL.len());
}

#[test]
fn an_area_shows_exactly_one_of_the_asked_kind() {
    for seed in 0..16 {
        let area = Area::deal(Seed::numbered(seed));
        let things = &area.scene.things;
        let kinds = things.iter().filter(|thing| thing.what != What::Prop).count();
        assert!((6..=18).contains(&kinds), "{seed} holds {kinds}");
        let asked: Vec<usize> = (0..things.len())
            .filter(|&thing| things[thing].what == What::Kind(area.target))
            .collect();
        assert_eq!(asked, [usize::from(area.answer)]);
    }
}

#[test]
fn an_asked_thing_is_large_enough_to_point_at() {
    for seed in 0..24 {
        let area = Area::deal(Seed::numbered(seed));
        let answer = usize::from(area.answer);
        let seen = Seen::of(&area.scene, answer, 120, 80);
        let enough = seen.share >= 0.66 && seen.covered >= 0.012;
        assert!(enough, "{seed}: {} shows {seen:?}", area.target.name());
        let picture = render(&area.scene, 120, 80);
        let bounds = picture.bounds(answer).expect("the asked thing is seen");
        assert!(bounds.left > 0 && bounds.right < 119 && bounds.top > 0 && bounds.bottom < 79);
        assert!(picture.area(answer) >= 115, "{seed}: {} is small", area.target.name());
    }
}

/// A blind guess at one picture passes in at most 7 % of cases.
#[test]
fn an_asked_thing_and_a_margin_are_a_small_part_of_the_picture() {
    let margin = 8;
    for seed in 100..112 {
        let area = Area::deal(Seed::numbered(seed));
        let picture = render(&area.scene, 480, 320);
        let mask = picture.mask(usize::from(area.answer));
        // Squares as wide as the margin, and their neighbours.
        let (columns, rows) = (480 / margin, 320 / margin);
        let hit = |x: usize, y: usize| {
            (0..margin * margin)
                .any(|at| mask[(y * margin + at / margin) * 480 + x * margin + at % margin])
        };
        let near = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
        let right = (0..rows * columns)
            .filter(|at| {
                let (x, y) = (at % columns, at / columns);
                near(y, rows).any(|y| near(x, columns).any(|x| hit(x, y)))
            })
            .count();
        assert!(right * 100 <= rows * columns * 9, "{seed}: {right} squares");
    }
}

#[test]
fn views_of_a_turn_differ_from_each_other() {
    for seed in 0..4 {
        let turn = Turn::deal(Seed::numbered(seed), 16);
        let views: Vec<_> = (0..16).map(|view| render(&turn.view(view), 40, 40)).collect();
        for one in 0..16 {
            for other in 0..one {
                let moved = std::iter::zip(&views[one].labels, &views[other].labels)
                    .filter(|(a, b)| a != b)
                    .count();
                assert!(moved > 30, "{seed}: {one} and {other} differ in {moved} labels");
                let differing = std::iter::zip(&views[one].rgb, &views[other].rgb)
                    .filter(|(a, b)| a.abs_diff(**b) > 16)
                    .count();
                let name = turn.kind.name();
                assert!(differing > 40, "{seed}: {name} {one} and {other}: {differing}");
            }
        }
    }
}

#[test]
fn a_turning_thing_stays_in_its_picture() {
    for seed in 0..6 {
        let turn = Turn::deal(Seed::numbered(seed), 16);
        assert!(turn.kind.turns() && turn.answer < 16);
        for view in (0..16).step_by(3) {
            let picture = render(&turn.view(view), 48, 48);
            let bounds = picture.bounds(0).expect("it is seen");
            assert!(bounds.left > 0 && bounds.right < 47 && bounds.top > 0 && bounds.bottom < 47);
        }
    }
}

#[test]
fn a_reference_is_another_thing_of_its_kind() {
    for seed in 0..6 {
        let turn = Turn::deal(Seed::numbered(seed), 16);
        let kinds = [&turn.reference, &turn.scene].map(|scene| scene.things[0].what);
        assert_eq!(kinds, [What::Kind(turn.kind); 2]);
        assert_ne!(turn.reference.parts, turn.scene.parts);
        assert_ne!(turn.reference.camera, turn.scene.camera);
        assert!(turn.reference.light.towards.x * turn.scene.light.towards.x <= 0.0);
        let view = render(&turn.view(turn.answer), 48, 48);
        assert_ne!(render(&turn.reference, 48, 48).labels, view.labels);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn no_seed_panics(bytes: [u8; 32], views in 12u8..=24) {
        let seed = Seed(bytes);
        for scene in &Grid::deal(seed).tiles {
            let picture = render(scene, 12, 12);
            prop_assert!(picture.area(0) > 0);
        }
        let area = Area::deal(seed);
        prop_assert!(render(&area.scene, 36, 16).area(usize::from(area.answer)) > 0);
        prop_assert!(is_seen(&Turn::deal(seed, views)));
    }
}

/// A bicycle seen from its end is so narrow that it passes between the pixels
/// of a view 14 pixels wide.
fn is_seen(turn: &Turn) -> bool {
    [&turn.view(turn.answer), &turn.reference].iter().all(|scene| render(scene, 32, 32).area(0) > 0)
}

#[test]
fn a_bicycle_seen_from_its_end_is_seen() {
    let seed = Seed([
        17, 230, 12, 254, 190, 94, 150, 20, 62, 138, 244, 15, 141, 121, 227, 87, 109, 130, 81, 224,
        76, 129, 196, 234, 10, 68, 133, 61, 205, 241, 207, 130,
    ]);
    assert!(is_seen(&Turn::deal(seed, 18)));
}
