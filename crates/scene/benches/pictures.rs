//! Measures how fast pictures are drawn on one core, each compared with a tile
//! of the same run: `cargo bench --bench pictures`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use munjigi_scene::{Area, Grid, Kind, Seed, Tile, Turn, render, tile};

fn tiles(c: &mut Criterion) {
    let mut group = c.benchmark_group("tile 128x128");
    group.sample_size(10);
    let scenes: Vec<_> =
        Kind::ALL.iter().map(|&kind| tile(Seed::numbered(1), kind, Tile::Busy)).collect();
    group.throughput(Throughput::Elements(scenes.len() as u64));
    group.bench_function("all kinds", |b| {
        b.iter(|| scenes.iter().map(|scene| render(scene, 128, 128).rgb.len()).sum::<usize>());
    });
    group.throughput(Throughput::Elements(1));
    for kind in [Kind::Apple, Kind::Bicycle, Kind::Guitar] {
        let scene = tile(Seed::numbered(1), kind, Tile::Plain);
        group.bench_function(kind.name(), |b| b.iter(|| render(black_box(&scene), 128, 128)));
    }
    group.finish();
}

fn wide(c: &mut Criterion) {
    let mut group = c.benchmark_group("area 360x240");
    group.sample_size(10).throughput(Throughput::Elements(1));
    let area = Area::deal(Seed::numbered(0));
    group.bench_function("draw", |b| b.iter(|| render(black_box(&area.scene), 360, 240)));
    group.finish();
}

fn deals(c: &mut Criterion) {
    let mut group = c.benchmark_group("describe");
    group.sample_size(10);
    let seed = Seed::numbered(4);
    group.bench_function("grid", |b| b.iter(|| Grid::deal(black_box(seed))));
    group.bench_function("area", |b| b.iter(|| Area::deal(black_box(seed))));
    group.bench_function("turn", |b| b.iter(|| Turn::deal(black_box(seed), 16)));
    group.finish();
}

criterion_group!(benches, tiles, wide, deals);
criterion_main!(benches);
