//! Draws contact sheets into a folder: every kind several times, and samples
//! of the three challenges.
//!
//! `cargo run --release --example contact-sheet -- FOLDER [TILE_PIXELS] [SHEET]`

use std::{env, error::Error, fs, path::Path};

use munjigi_scene::{Area, Grid, Kind, Picture, Scene, Seed, Tile, Turn, render, tile};

/// Draws the rows of a sheet from the size of a tile.
type Draw = fn(u32) -> Vec<Vec<Picture>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "sheets".to_owned());
    let pixels: u32 = arguments.next().map_or(Ok(112), |text| text.parse())?;
    let only = arguments.next();
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let sheets: [(&str, Draw); 5] =
        [("kinds", kinds), ("kinds-busy", busy), ("grid", grid), ("area", area), ("turn", turn)];
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

/// Three strips, twelve views to a row; the reference opens each strip's
/// third row.
fn turn(pixels: u32) -> Vec<Vec<Picture>> {
    (0..3)
        .flat_map(|number| {
            let turn = Turn::deal(Seed::numbered(number), 24);
            println!("turn: {} as view {}", turn.kind.name(), turn.answer);
            let view = |index| square(&turn.view(index), pixels);
            [
                (0..12).map(view).collect::<Vec<_>>(),
                (12..24).map(view).collect(),
                vec![square(&turn.reference, pixels), view(turn.answer)],
            ]
        })
        .collect()
}

fn square(scene: &Scene, pixels: u32) -> Picture {
    render(scene, pixels, pixels)
}

/// Puts pictures into rows with a white gap and writes a PNG.
fn write(path: &Path, rows: &[Vec<Picture>]) -> Result<(), Box<dyn Error>> {
    const GAP: usize = 4;
    let size = |picture: &Picture| (picture.width as usize, picture.height as usize);
    let width = rows
        .iter()
        .map(|row| row.iter().map(|picture| size(picture).0 + GAP).sum::<usize>() + GAP)
        .max()
        .unwrap_or(0);
    let height = rows.iter().map(|row| size(&row[0]).1 + GAP).sum::<usize>() + GAP;
    let mut sheet = vec![255u8; width * height * 3];
    let mut top = GAP;
    for row in rows {
        let mut left = GAP;
        for picture in row {
            let (across, down) = size(picture);
            for (y, line) in picture.rgb.chunks(across * 3).enumerate().take(down) {
                let start = ((top + y) * width + left) * 3;
                sheet[start..start + line.len()].copy_from_slice(line);
            }
            left += across + GAP;
        }
        top += size(&row[0]).1 + GAP;
    }
    let file = fs::File::create(path)?;
    let mut encoder = png::Encoder::new(file, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&sheet)?;
    Ok(())
}
