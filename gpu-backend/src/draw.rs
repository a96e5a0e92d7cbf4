//! Pictures of challenges: dealt and painted by `munjigi-scene`, arranged and
//! encoded here, with the answer and its clarity. One file per kind of
//! challenge.

mod area;
mod grid;
mod turn;

#[cfg(test)]
mod tests;

use munjigi_protocol::{PictureType, RenderedImage, RenderedPicture, base64};
use munjigi_scene::{Kind, Picture, Scene, Seed, render};
use munjigi_sheet::{Sheet, jpeg};

#[derive(Debug, Clone)]
pub struct Ask {
    pub picture_type: PictureType,
    pub seed: Seed,
    /// The seed as the caller spelt it.
    pub seed_text: String,
}

/// A drawn picture, and what a judge needs to answer it.
#[derive(Debug)]
pub struct Drawn {
    /// The part that the caller gets.
    pub picture: RenderedPicture,
    /// The images that a model looks at one by one, before encoding; empty if
    /// no model can answer.
    pub tiles: Vec<Sheet>,
}

/// The caller no longer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Draws a picture, and stops between its steps once the caller no longer
/// `waits`.
pub fn draw(ask: &Ask, waits: &dyn Fn() -> bool) -> Result<Drawn, Stopped> {
    let easel = Easel(waits);
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

/// The result of one kind of challenge.
struct Parts {
    prompt: Kind,
    rows: u8,
    columns: u8,
    images: Vec<RenderedImage>,
    answer: munjigi_protocol::RightRound,
    clarity: f32,
    tiles: Vec<Sheet>,
}

/// An encoded sheet in the form that the caller gets.
fn encoded(sheet: &Sheet, content_type: &str, bytes: &[u8]) -> RenderedImage {
    RenderedImage {
        content_type: content_type.to_owned(),
        width: sheet.width,
        height: sheet.height,
        data: base64::encode(bytes),
    }
}

/// Encodes as JPEG, which every browser decodes.
fn as_jpeg(sheet: &Sheet) -> RenderedImage {
    encoded(sheet, jpeg::CONTENT_TYPE, &jpeg::encode(sheet))
}

/// Paints for as long as the caller waits.
struct Easel<'a>(&'a dyn Fn() -> bool);

impl Easel<'_> {
    /// Stops if no one is waiting any more; called before each long step.
    fn waits(&self) -> Result<(), Stopped> {
        if (self.0)() { Ok(()) } else { Err(Stopped) }
    }

    fn paint(&self, scene: &Scene, width: u32, height: u32) -> Result<Picture, Stopped> {
        self.waits()?;
        Ok(render(scene, width, height))
    }
}
