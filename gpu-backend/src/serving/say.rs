//! Words a model's numbers as an answer to its caller.

use munjigi_protocol::{Prediction, SegmentedThing};

use crate::registry::Manifest;
use crate::registry::outputs::{self, Outputs, PROTOTYPE_STRIDE};
use crate::squares::Squares;
use crate::task::{Boxes, Found, Heads, Layout, Misfit, Threshold, classify, segment};
use crate::upload::Placed;

/// Most labels that a classification returns.
const MOST_CLASSES: usize = 10;
const THRESHOLD: Threshold = Threshold { score: 0.25, overlap: 0.5, count: 50 };

/// Describes one image. `read_as` is how the model's outputs are read; `size`
/// is the image's, before it was `placed`.
pub fn say(
    manifest: &Manifest,
    read_as: Outputs,
    outputs: &[Vec<f32>],
    placed: &Placed,
    size: (u32, u32),
) -> Result<Prediction, Misfit> {
    match read_as {
        Outputs::Classes(are) => {
            let scores = classify(first(outputs)?, are, manifest.labels.len())?;
            let told = scores.into_iter().take(MOST_CLASSES);
            let classes = told.map(|score| (label(manifest, score.label), score.probability));
            Ok(Prediction::Classify { classes: classes.collect() })
        }
        Outputs::Things(heads) => {
            let found = segmented(manifest, heads, outputs)?;
            let view = View { placed, size, width: manifest.input.width };
            let things = found.iter().map(|found| view.thing(label(manifest, found.label), found));
            Ok(Prediction::Segment { things: things.collect() })
        }
    }
}

fn first(outputs: &[Vec<f32>]) -> Result<&[f32], Misfit> {
    let none = Misfit { what: "the network's outputs", found: 0, wanted: 1 };
    outputs.first().map(Vec::as_slice).ok_or(none)
}

fn label(manifest: &Manifest, index: usize) -> String {
    manifest.labels.get(index).cloned().unwrap_or_default()
}

fn segmented(
    manifest: &Manifest,
    heads: outputs::Heads,
    outputs: &[Vec<f32>],
) -> Result<Vec<Found>, Misfit> {
    let (height, width) = (manifest.input.height, manifest.input.width);
    let labels = manifest.labels.len();
    let pixels = (height / PROTOTYPE_STRIDE) * (width / PROTOTYPE_STRIDE);
    let few = |wanted| Misfit { what: "the network's outputs", found: outputs.len(), wanted };
    let heads = match heads {
        outputs::Heads::Apart => {
            let [sides, scores, coefficients, prototypes] = outputs else { return Err(few(4)) };
            Heads { boxes: Boxes::Sides(sides), scores, coefficients, prototypes }
        }
        outputs::Heads::Joined { rows, prototypes } => {
            let (Some(rows), Some(prototypes)) = (outputs.get(rows), outputs.get(prototypes))
            else {
                return Err(few(2));
            };
            let cells = outputs::cells(height, width);
            let wanted = (4 + labels) * cells;
            let short = Misfit { what: "the boxes and scores", found: rows.len(), wanted };
            let (rest, coefficients) = rows.split_at_checked(wanted).ok_or(short)?;
            let (boxes, scores) = rest.split_at(4 * cells);
            Heads { boxes: Boxes::Middles(boxes), scores, coefficients, prototypes }
        }
    };
    let prototypes = heads.prototypes.len() / pixels.max(1);
    segment(Layout { height, width, labels, prototypes }, heads, THRESHOLD)
}

/// Maps coordinates of the network's picture back to the image.
struct View<'a> {
    placed: &'a Placed,
    size: (u32, u32),
    /// Width of the network's picture.
    width: usize,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides are at most 16,384 pixels and never below 0"
)]
impl View<'_> {
    fn thing(&self, label: String, found: &Found) -> SegmentedThing {
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        let x = |x: f32| ((x - self.placed.left) / self.placed.scale).clamp(0.0, width);
        let y = |y: f32| ((y - self.placed.top) / self.placed.scale).clamp(0.0, height);
        let bounds = found.bounds;
        let squares =
            Squares::where_any(|across, down| self.is_on(found, across * width, down * height));
        SegmentedThing {
            label,
            score: found.score,
            bounds: [x(bounds.left), y(bounds.top), x(bounds.right), y(bounds.bottom)],
            columns: Squares::COLUMNS,
            rows: Squares::ROWS,
            mask: munjigi_protocol::base64::encode(&squares.packed()),
        }
    }

    /// Whether a point of the image belongs to the thing.
    fn is_on(&self, found: &Found, x: f32, y: f32) -> bool {
        let quarter = |at: f32, start: f32| {
            ((at * self.placed.scale + start) / PROTOTYPE_STRIDE as f32).max(0.0) as usize
        };
        let (column, row) = (quarter(x, self.placed.left), quarter(y, self.placed.top));
        let columns = self.width / PROTOTYPE_STRIDE;
        column < columns && found.mask.pixels.get(row * columns + column) == Some(&true)
    }
}

#[cfg(test)]
mod tests;
