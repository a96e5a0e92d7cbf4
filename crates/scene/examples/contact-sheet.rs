//! Draws contact sheets into a folder: every kind several times, and samples
//! of the three challenges.
//!
//! `cargo run --release --example contact-sheet -- FOLDER [TILE_PIXELS] [SHEET]`

use std::{env, error::Error, fs, path::Path};

use munjigi_scene::{Area, Grid, Kind, Picture, Scene, Seed, Tile, Turn, render, tile};

/// Draws the rows of a sheet, given the size of a tile.
type Draw = fn(u32) -> Vec<Vec<Picture>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "sheets".to_owned());
    let pixels: u32 = arguments.next().map_or(Ok(112), |text| text.parse())?;
    let only = arguments.next();
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let sheets: [(&str, Draw); 6] = [
        ("kinds", kinds),
        ("kinds-busy", busy),
        ("grid", grid),
        ("area", area),
        ("turn", turn),
        ("challenges", challenges),
    ];
    for (name, draw) in sheets {
        if only.as_ref().is_none_or(|only| only == name) {
            let path = folder.join(name).with_extension("png");
            write(&path, &draw(pixels))?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

/// Six instances of each kind, two kinds to a row.
fn all(pixels: u32, style: Tile) -> Vec<Vec<Picture>> {
    Kind::ALL
        .chunks(2)
        .map(|pair| {
            pair.iter()
                .flat_map(|&kind| (0..6).map(move |number| (kind, number * 100 + kind as u64)))
                .map(|(kind, number)| square(&tile(Seed::numbered(number), kind, style), pixels))
                .collect()
        })
        .collect()
}

fn kinds(pixels: u32) -> Vec<Vec<Picture>> {
    all(pixels, Tile::Plain)
}

fn busy(pixels: u32) -> Vec<Vec<Picture>> {
    all(pixels, Tile::Busy)
}

/// Four grids side by side.
fn grid(pixels: u32) -> Vec<Vec<Picture>> {
    let grids: Vec<Grid> = (0..4).map(|number| Grid::deal(Seed::numbered(number))).collect();
    for grid in &grids {
        println!("grid: {} at {:?}", grid.target.name(), grid.answer);
    }
    (0..3)
        .map(|row| {
            grids
                .iter()
                .flat_map(|grid| &grid.tiles[row * 3..row * 3 + 3])
                .map(|scene| square(scene, pixels))
                .collect()
        })
        .collect()
}

fn area(pixels: u32) -> Vec<Vec<Picture>> {
    let draw = |number| {
        let area = Area::deal(Seed::numbered(number));
        let picture = render(&area.scene, pixels * 3, pixels * 2);
        let bounds = picture.bounds(usize::from(area.answer));
        println!("area {number}: {} at {bounds:?}", area.target.name());
        picture
    };
    (0..3).map(|row| (0..3).map(|column| draw(row * 3 + column)).collect()).collect()
}

/// Three strips with eight views per row; each strip's third row starts with
/// the reference.
fn turn(pixels: u32) -> Vec<Vec<Picture>> {
    (0..3)
        .flat_map(|number| {
            let turn = Turn::deal(Seed::numbered(number), 16);
            println!("turn: {} as view {}", turn.kind.name(), turn.answer);
            let view = |index| square(&turn.view(index), pixels);
            [
                (0..8).map(view).collect::<Vec<_>>(),
                (8..16).map(view).collect(),
                vec![square(&turn.reference, pixels), view(turn.answer)],
            ]
        })
        .collect()
}

fn square(scene: &Scene, pixels: u32) -> Picture {
    render(scene, pixels, pixels)
}

/// Whole challenges as a visitor gets them: four grids, four wide pictures,
/// and two turns with their reference.
fn challenges(pixels: u32) -> Vec<Vec<Picture>> {
    let seeds = || (40..44).map(Seed::numbered);
    let grids = seeds().map(|seed| {
        let tiles: Vec<Picture> =
            Grid::deal(seed).tiles.iter().map(|scene| square(scene, pixels)).collect();
        joined(&tiles.chunks(3).map(<[Picture]>::to_vec).collect::<Vec<_>>(), 2)
    });
    let areas = seeds().map(|seed| render(&Area::deal(seed).scene, pixels * 3, pixels * 2));
    let turns = seeds().take(2).flat_map(|seed| {
        let turn = Turn::deal(seed, 16);
        let view = |row: u8| {
            (0..4).map(|column| square(&turn.view(row * 4 + column), pixels)).collect::<Vec<_>>()
        };
        let views = joined(&(0..4).map(view).collect::<Vec<_>>(), 2);
        [views, square(&turn.reference, pixels * 3 / 2)]
    });
    vec![grids.collect(), areas.collect(), turns.collect()]
}

/// Arranges pictures in rows with a white gap and writes a PNG.
fn write(path: &Path, rows: &[Vec<Picture>]) -> Result<(), Box<dyn Error>> {
    let sheet = joined(rows, 4);
    let file = fs::File::create(path)?;
    let mut encoder = png::Encoder::new(file, sheet.width, sheet.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&sheet.rgb)?;
    Ok(())
}

/// Combines rows of pictures into one, with a white gap.
fn joined(rows: &[Vec<Picture>], gap: u32) -> Picture {
    let across = |row: &Vec<Picture>| row.iter().map(|picture| picture.width + gap).sum::<u32>();
    let down = |row: &Vec<Picture>| row.iter().map(|picture| picture.height).max().unwrap_or(0);
    let width = rows.iter().map(across).max().unwrap_or(0) + gap;
    let height = rows.iter().map(|row| down(row) + gap).sum::<u32>() + gap;
    let mut rgb = vec![255u8; (width * height * 3) as usize];
    let mut top = gap;
    for row in rows {
        let mut left = gap;
        for picture in row {
            for (y, line) in (top..).zip(picture.rgb.chunks(picture.width as usize * 3)) {
                let start = ((y * width + left) * 3) as usize;
                rgb[start..start + line.len()].copy_from_slice(line);
            }
            left += picture.width + gap;
        }
        top += down(row) + gap;
    }
    Picture { width, height, rgb, labels: Vec::new() }
}
