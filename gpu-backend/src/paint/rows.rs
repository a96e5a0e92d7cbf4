//! Combines the rows of several scenes into the lists that the shader reads:
//! they follow each other, and every index in them is offset accordingly.

use munjigi_scene::flat::{FRAME_ROWS, Row, Rows};

/// Rows before a scene's own frame.
const HEAD_ROWS: usize = 2;

/// The lists of the scenes added so far.
#[derive(Default)]
pub(super) struct Stack {
    frames: Vec<[Row; HEAD_ROWS + FRAME_ROWS]>,
    things: Vec<Row>,
    solids: Vec<Row>,
    materials: Vec<Row>,
    points: Vec<Row>,
    solid_count: u32,
    material_count: u32,
    pixels: u32,
    largest: [u32; 2],
}

impl Stack {
    /// Adds a scene; `false` if the counts would not fit their words.
    pub fn add(&mut self, rows: &Rows, width: u32, height: u32) -> bool {
        self.try_add(rows, width, height).is_some()
    }

    fn try_add(&mut self, rows: &Rows, width: u32, height: u32) -> Option<()> {
        let count = |length: usize| u32::try_from(length).ok();
        let first_thing = count(self.things.len())? / 2;
        let first_point = count(self.points.len())?.checked_mul(2)?;
        let pixels = self.pixels.checked_add(width.checked_mul(height)?)?;
        let mut frame = [[0; 4]; HEAD_ROWS + FRAME_ROWS];
        frame[0] = [first_thing, count(rows.things.len())?, self.pixels, 0];
        frame[1] = [width, height, 0, 0];
        frame[HEAD_ROWS..].copy_from_slice(&rows.frame);
        let [_, floor, _, wall] = &mut frame[HEAD_ROWS + 10];
        *floor += self.material_count;
        if *wall > 0 {
            *wall += self.material_count;
        }
        for [ball, [first, parts, ..]] in &rows.things {
            self.things.extend([*ball, [first + self.solid_count, *parts, 0, 0]]);
        }
        for solid in &rows.solids {
            let mut solid = *solid;
            solid[6][1] += self.material_count;
            solid[6][2] += first_point;
            self.solids.extend(solid);
        }
        self.materials.extend(rows.materials.as_flattened());
        self.points.extend(&rows.points);
        self.frames.push(frame);
        self.solid_count = self.solid_count.checked_add(count(rows.solids.len())?)?;
        self.material_count = self.material_count.checked_add(count(rows.materials.len())?)?;
        self.pixels = pixels;
        self.largest = [self.largest[0].max(width), self.largest[1].max(height)];
        Some(())
    }

    /// The lists in the order of their bindings. None is empty: a buffer of no
    /// bytes cannot be bound.
    pub fn lists(&self) -> [Vec<u8>; 5] {
        let frames = self.frames.as_flattened();
        [frames, &self.things, &self.solids, &self.materials, &self.points]
            .map(|rows| if rows.is_empty() { vec![0; 16] } else { Rows::bytes(rows) })
    }

    pub fn scenes(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    /// How many pixels their pictures have together.
    pub fn pixels(&self) -> u32 {
        self.pixels
    }

    /// The widest and the highest of their pictures.
    pub fn largest_picture(&self) -> [u32; 2] {
        self.largest
    }

    /// Size in bytes of the largest buffer that drawing needs.
    pub fn largest(&self) -> u64 {
        let lists = [&self.things, &self.solids, &self.materials, &self.points];
        let rows = lists.map(|rows| rows.len() as u64).into_iter().max().unwrap_or(0);
        rows.max(u64::from(self.pixels)) * 16
    }
}

#[cfg(test)]
mod tests {
    use munjigi_scene::{Kind, Seed, Tile, tile};

    use super::*;

    #[test]
    fn indexes_of_the_second_scene_start_where_the_first_ends() {
        let scenes =
            [Kind::Scissors, Kind::Boat].map(|kind| tile(Seed::numbered(1), kind, Tile::Busy));
        let rows = scenes.each_ref().map(Rows::of);
        let mut stack = Stack::default();
        assert!(rows.iter().all(|rows| stack.add(rows, 16, 8)));
        let second = stack.frames[1];
        assert_eq!(second[0][0] as usize, rows[0].things.len());
        assert_eq!(second[0][2], 16 * 8);
        let floor = rows[1].frame[10][1] + u32::try_from(rows[0].materials.len()).unwrap();
        assert_eq!(second[HEAD_ROWS + 10][1], floor);
        assert_eq!(stack.things[rows[0].things.len() * 2 + 1][0] as usize, rows[0].solids.len());
        let points = rows[0].points.len() * 2;
        let lathe = |solid: &&[Row; 7]| solid[6][3] > 0;
        let own = rows[1].solids.iter().find(lathe).unwrap()[6][2] as usize;
        let start = rows[0].solids.len() * 7;
        let moved = stack.solids[start..].chunks(7).find(|solid| solid[6][3] > 0).unwrap();
        assert_eq!(moved[6][2] as usize, own + points);
    }

    #[test]
    fn more_pixels_than_a_word_counts_are_refused() {
        let rows = Rows::of(&tile(Seed::numbered(1), Kind::Cup, Tile::Plain));
        assert!(!Stack::default().add(&rows, 70_000, 70_000));
    }
}
