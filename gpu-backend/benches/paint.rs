//! Pictures per second on the graphics device beside the processor, one core:
//! `cargo bench --bench paint [-- ADAPTER]`.

use std::error::Error;
use std::time::Instant;

use munjigi_gpu_backend::engine::choice::{Engines, Wish};
use munjigi_gpu_backend::paint::{Order, Paint, Painter};
use munjigi_scene::{Area, Kind, Scene, Seed, Tile, render, tile};

/// Seconds that each side is measured for.
const SECONDS: f64 = 5.0;

fn main() -> Result<(), Box<dyn Error>> {
    let adapter = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let engines = Engines::choose(&adapter.map_or(Wish::Auto, Wish::Named));
    println!("{engines}");
    let painter = match &engines.adapter {
        Some(gpu) => Some(Painter::new(&gpu.device, &gpu.queue)?),
        None => None,
    };
    let tiles: Vec<Scene> =
        Kind::ALL.iter().map(|&kind| tile(Seed::numbered(1), kind, Tile::Busy)).collect();
    let areas: Vec<Scene> = (0..4).map(|seed| Area::deal(Seed::numbered(seed)).scene).collect();
    for (name, scenes, [width, height]) in
        [("tile 128 x 128", &tiles, [128, 128]), ("area 480 x 320", &areas, [480, 320])]
    {
        let cpu = rate(|turn| {
            let scene = &scenes[turn % scenes.len()];
            std::hint::black_box(render(scene, width, height));
            Ok(1)
        })?;
        println!("{name}, processor: {cpu:.1} per second");
        let Some(painter) = &painter else { continue };
        for batch in [1, scenes.len()] {
            let gpu = rate(|turn| {
                let orders: Vec<Order> = (0..batch)
                    .map(|index| &scenes[(turn * batch + index) % scenes.len()])
                    .map(|scene| Order { scene, width, height })
                    .collect();
                Ok(painter.paint_all(&orders)?.len())
            })?;
            println!(
                "{name}, device, {batch} at once: {gpu:.1}, device/processor = {:.2}",
                gpu / cpu
            );
        }
    }
    Ok(())
}

/// Pictures per second; the first call, in which a device compiles and caches,
/// does not count.
#[expect(clippy::cast_precision_loss, reason = "few pictures")]
fn rate(
    mut draw: impl FnMut(usize) -> Result<usize, Box<dyn Error>>,
) -> Result<f64, Box<dyn Error>> {
    draw(0)?;
    #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
    let start = Instant::now();
    let (mut drawn, mut turn) = (0, 0);
    while start.elapsed().as_secs_f64() < SECONDS {
        drawn += draw(turn)?;
        turn += 1;
    }
    Ok(drawn as f64 / start.elapsed().as_secs_f64())
}
