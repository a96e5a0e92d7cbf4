//! Compares scenes drawn on a graphics device with those drawn on the
//! processor.

#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "tests count pixels, and fail by panicking"
)]

mod adapter;

use std::sync::OnceLock;

use munjigi_gpu_backend::paint::{Order, Paint, PaintError, Painter};
use munjigi_scene::{Area, Kind, Picture, Scene, Seed, Tile, Turn, render, tile};

/// Largest mean difference of channels, in steps of a byte.
const MEAN: f64 = 1.0;
/// Share of pixels that may differ by more than `FAR` in some channel.
const STRAY: f64 = 0.01;
const FAR: u8 = 16;
/// Share of pixels whose labels may differ: outlines, where a ray barely hits
/// or misses a thing.
const ASTRAY: f64 = 0.005;

fn painter() -> &'static Painter {
    static PAINTER: OnceLock<Painter> = OnceLock::new();
    PAINTER.get_or_init(|| {
        let gpu = adapter::engines().adapter.expect("there is one");
        Painter::new(&gpu.device, &gpu.queue).unwrap()
    })
}

/// The difference of two pictures: the mean over channels, and the shares of
/// pixels that differ strongly and in their label.
fn apart(one: &Picture, other: &Picture) -> [f64; 3] {
    assert_eq!([one.width, one.height], [other.width, other.height]);
    let pixels = one.labels.len() as f64;
    let steps = || std::iter::zip(&one.rgb, &other.rgb).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = steps().map(f64::from).sum();
    let steps: Vec<u8> = steps().collect();
    let far = steps.chunks(3).filter(|pixel| pixel.iter().any(|&step| step > FAR)).count();
    let labels = std::iter::zip(&one.labels, &other.labels).filter(|(a, b)| a != b).count();
    [sum / (pixels * 3.0), far as f64 / pixels, labels as f64 / pixels]
}

/// Draws both. Each picture must stay within three times the limits, all
/// together within the limits: in a small picture few pixels make a large
/// share.
fn agree(name: &str, scenes: &[Scene], width: u32, height: u32) {
    let orders: Vec<Order> = scenes.iter().map(|scene| Order { scene, width, height }).collect();
    let found = painter().paint_all(&orders).unwrap();
    let mut sums = [0.0; 3];
    for (index, (scene, picture)) in scenes.iter().zip(&found).enumerate() {
        let found = apart(&render(scene, width, height), picture);
        for ((sum, found), limit) in sums.iter_mut().zip(found).zip([MEAN, STRAY, ASTRAY]) {
            *sum += found / scenes.len() as f64;
            assert!(found <= limit * 3.0, "{name} {index} differs by {found:?}");
        }
    }
    eprintln!("{name}: mean {:.3}, stray {:.5}, labels {:.5}", sums[0], sums[1], sums[2]);
    for (sum, limit) in sums.into_iter().zip([MEAN, STRAY, ASTRAY]) {
        assert!(sum <= limit, "{name} differ by {sums:?}");
    }
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn every_kind_is_painted_as_it_is_rendered() {
    let scenes: Vec<Scene> =
        Kind::ALL.iter().map(|&kind| tile(Seed::numbered(21), kind, Tile::Busy)).collect();
    agree("tiles", &scenes, 64, 64);
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn wide_pictures_are_painted_as_they_are_rendered() {
    let scenes: Vec<Scene> = (30..33).map(|seed| Area::deal(Seed::numbered(seed)).scene).collect();
    agree("areas", &scenes, 150, 100);
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn turns_are_painted_as_they_are_rendered() {
    let scenes: Vec<Scene> = (30..33)
        .flat_map(|seed| {
            let turn = Turn::deal(Seed::numbered(seed), 16);
            [turn.view(turn.answer), turn.reference]
        })
        .collect();
    agree("turns", &scenes, 64, 64);
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn pictures_of_several_sizes_come_back_in_order() {
    let scenes = [Kind::Apple, Kind::Key].map(|kind| tile(Seed::numbered(5), kind, Tile::Plain));
    let orders = [
        Order { scene: &scenes[0], width: 40, height: 24 },
        Order { scene: &scenes[1], width: 17, height: 33 },
    ];
    let together = painter().paint_all(&orders).unwrap();
    for (order, picture) in orders.iter().zip(&together) {
        let alone = painter().paint(order.scene, order.width, order.height).unwrap();
        assert_eq!(&alone, picture);
        assert!(picture.area(0) > 0);
    }
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_picture_that_does_not_fit_is_refused() {
    let scene = tile(Seed::numbered(5), Kind::Apple, Tile::Plain);
    for (width, height) in [(0, 8), (8, 0), (70_000, 70_000), (1, 1_000_000)] {
        let answer = painter().paint(&scene, width, height);
        assert_eq!(answer, Err(PaintError::TooLarge), "{width} x {height}");
    }
    assert!(painter().paint(&scene, 8, 8).is_ok(), "and the next is drawn");
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_lost_device_is_an_error() {
    let gpu = adapter::engines().adapter.expect("there is one");
    let painter = Painter::new(&gpu.device, &gpu.queue).unwrap();
    gpu.device.destroy();
    let scene = tile(Seed::numbered(5), Kind::Apple, Tile::Plain);
    assert!(painter.paint(&scene, 8, 8).is_err());
}
