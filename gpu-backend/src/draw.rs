//! Pictures of challenges: dealt by `munjigi-scene`, painted by a [`Brush`],
//! laid out and encoded here, with the answer and how plain it is. One file
//! per kind of challenge.

mod area;
pub mod brush;
mod grid;
mod turn;

#[cfg(test)]
mod tests;

use munjigi_protocol::{PictureType, RenderedImage, RenderedPicture, base64};
use munjigi_scene::{Kind, Picture, Scene, Seed};
use munjigi_sheet::{Sheet, jpeg};

use crate::paint::Order;

use brush::{Brush, Left};

/// A picture to draw.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which kind.
    pub picture_type: PictureType,
    /// What it is drawn from.
    pub seed: Seed,
    /// The seed as the caller spelt it.
    pub seed_text: String,
}

/// A drawn picture, and what a judge needs of it.
#[derive(Debug)]
pub struct Drawn {
    /// What the caller gets.
    pub picture: RenderedPicture,
    /// The images that a model would look at one by one, before encoding;
    /// empty where no model answers.
    pub tiles: Vec<Sheet>,
}

/// The caller no longer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Draws a picture. Between its parts, `left` says how long the caller will
/// still wait; `None` stops the drawing.
pub fn draw(ask: &Ask, brush: &Brush, left: &Left) -> Result<Drawn, Stopped> {
    let easel = Easel { brush, left };
    let Parts { prompt, rows, columns, images, answer, clarity, tiles } = match ask.picture_type {
        PictureType::Grid => grid::draw(ask.seed, &easel)?,
        PictureType::Area => area::draw(ask.seed, &easel)?,
        PictureType::Turn => turn::draw(ask.seed, &easel)?,
    };
    let picture = RenderedPicture {
        picture_type: ask.picture_type,
        seed: ask.seed_text.clone(),
        prompt: prompt.name().to_owned(),
        rows,
        columns,
        images,
        answer,
        clarity,
        judgement: None,
    };
    Ok(Drawn { picture, tiles })
}

/// What each kind of challenge makes.
struct Parts {
    prompt: Kind,
    rows: u8,
    columns: u8,
    images: Vec<RenderedImage>,
    answer: munjigi_protocol::RightRound,
    clarity: f32,
    tiles: Vec<Sheet>,
}

/// An encoded sheet as the caller gets it.
fn encoded(sheet: &Sheet, content_type: &str, bytes: &[u8]) -> RenderedImage {
    RenderedImage {
        content_type: content_type.to_owned(),
        width: sheet.width,
        height: sheet.height,
        data: base64::encode(bytes),
    }
}

/// As a JPEG, which every browser decodes.
fn as_jpeg(sheet: &Sheet) -> RenderedImage {
    encoded(sheet, jpeg::CONTENT_TYPE, &jpeg::encode(sheet))
}

/// Paints for as long as somebody waits.
struct Easel<'a> {
    brush: &'a Brush,
    left: &'a Left<'a>,
}

impl Easel<'_> {
    /// Several pictures at once: one rarely fills a GPU.
    fn paint_all(&self, orders: &[Order]) -> Result<Vec<Picture>, Stopped> {
        self.brush.paint(orders, self.left).ok_or(Stopped)
    }

    /// Stops if nobody waits any more; asked before each long step.
    fn waits(&self) -> Result<(), Stopped> {
        (self.left)().map(|_| ()).ok_or(Stopped)
    }

    fn paint(&self, scene: &Scene, width: u32, height: u32) -> Result<Picture, Stopped> {
        self.paint_all(&[Order { scene, width, height }])?.pop().ok_or(Stopped)
    }
}
