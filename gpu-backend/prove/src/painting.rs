//! Pictures per second on the adapter and on one core of the processor.

use anyhow::Result;
use munjigi_gpu_backend::clock::Stopwatch;
use munjigi_gpu_backend::engine::choice::Engines;
use munjigi_gpu_backend::paint::{Order, Paint, Painter};
use munjigi_scene::{Area, Kind, Scene, Seed, Tile, render, tile};
use serde::{Deserialize, Serialize};

/// Duration of the measurement of each side, in seconds.
const SECONDS: f64 = 5.0;

/// One size of picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Painted {
    pub picture: String,
    /// Number of pictures given to the adapter at once.
    pub at_once: usize,
    pub per_second: f64,
    /// On one core of the processor.
    pub core_per_second: f64,
}

/// Measures both; without an adapter, prints the processor's figures only.
pub fn measure(engines: &Engines) -> Result<Vec<Painted>> {
    let painter = match &engines.adapter {
        Some(gpu) => Some(Painter::new(&gpu.device, &gpu.queue)?),
        None => None,
    };
    let tiles: Vec<Scene> =
        Kind::ALL.iter().map(|&kind| tile(Seed::numbered(1), kind, Tile::Busy)).collect();
    let areas: Vec<Scene> = (0..4).map(|seed| Area::deal(Seed::numbered(seed)).scene).collect();
    let mut all = Vec::new();
    for (name, scenes, [width, height]) in
        [("tile 128 × 128", &tiles, [128, 128]), ("area 480 × 320", &areas, [480, 320])]
    {
        let core = rate(|turn| {
            let scene = &scenes[turn % scenes.len()];
            std::hint::black_box(render(scene, width, height));
            Ok(1)
        })?;
        println!("{name}  one core  {core:.1} per second");
        let Some(painter) = &painter else { continue };
        for at_once in [1, scenes.len()] {
            let device = rate(|turn| {
                let orders: Vec<Order> = (0..at_once)
                    .map(|index| &scenes[(turn * at_once + index) % scenes.len()])
                    .map(|scene| Order { scene, width, height })
                    .collect();
                Ok(painter.paint_all(&orders)?.len())
            })?;
            println!(
                "{name}  adapter, {at_once} at once  {device:.1} per second, adapter/core = {:.2}",
                device / core
            );
            let [per_second, core_per_second] =
                [device, core].map(|rate| (rate * 10.0).round() / 10.0);
            let picture = name.to_owned();
            all.push(Painted { picture, at_once, per_second, core_per_second });
        }
    }
    Ok(all)
}

/// Pictures per second. The first call, in which a device compiles and caches,
/// does not count.
#[expect(clippy::cast_precision_loss, reason = "few pictures")]
fn rate(mut draw: impl FnMut(usize) -> Result<usize>) -> Result<f64> {
    draw(0)?;
    let start = Stopwatch::start();
    let (mut drawn, mut turn) = (0, 0);
    while start.elapsed().as_secs_f64() < SECONDS {
        drawn += draw(turn)?;
        turn += 1;
    }
    Ok(drawn as f64 / start.elapsed().as_secs_f64())
}
