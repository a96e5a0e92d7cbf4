//! The outputs that a network needs for its task. They are identified by their
//! shapes when the model is opened, so that a network that does not fit its
//! manifest is refused then and not at each call.

use super::error::RegistryError;
use super::manifest::{Input, Manifest, Task};
use crate::onnx::Canonical;

/// Pixels between the cells of each of a segmenter's grids, in the order of the
/// heads.
pub const STRIDES: [usize; 3] = [8, 16, 32];
/// Pixels of the picture per pixel of a mask prototype.
pub const PROTOTYPE_STRIDE: usize = 4;
/// Numbers per box.
const BOX: usize = 4;

/// How the outputs are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// One number for each label.
    Classes(Scores),
    /// Boxes with scores and coefficients, and the prototypes of masks.
    Things(Heads),
}

/// The form of a classifier's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scores {
    /// Before softmax.
    Raw,
    /// The network ends with a softmax.
    Probabilities,
}

/// How a segmenter's numbers are spread over its outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// Sides, scores, coefficients and prototypes are separate outputs.
    Apart,
    /// As Ultralytics exports YOLO: boxes, scores and coefficients are one
    /// output, prototypes the other.
    Joined {
        /// Index of the first.
        rows: usize,
        /// Index of the other.
        prototypes: usize,
    },
}

impl Outputs {
    /// Identifies the outputs by a network's shapes at batch size 1.
    pub fn of(manifest: &Manifest, model: &Canonical) -> Result<Self, RegistryError> {
        let shapes: Vec<&[usize]> = model.outputs.iter().map(|name| shape(model, name)).collect();
        let labels = manifest.labels.len();
        let found = match (manifest.task, shapes.as_slice()) {
            (Task::Classify, [[1, count, rest @ ..]])
                if *count == labels && rest.iter().all(|&size| size == 1) =>
            {
                Some(Self::Classes(scores(model)))
            }
            (Task::Segment, shapes) => heads(&manifest.input, labels, shapes)?.map(Self::Things),
            _ => None,
        };
        found.ok_or_else(|| RegistryError::Outputs {
            task: manifest.task.as_str(),
            wanted: wanted(manifest),
            found: listed(model),
        })
    }
}

/// Number of cells of all of a segmenter's grids.
pub fn cells(height: usize, width: usize) -> usize {
    STRIDES.iter().map(|stride| (height / stride) * (width / stride)).sum()
}

fn heads(
    input: &Input,
    labels: usize,
    shapes: &[&[usize]],
) -> Result<Option<Heads>, RegistryError> {
    let Input { height, width, .. } = *input;
    let [.., coarsest] = STRIDES;
    if !height.is_multiple_of(coarsest) || !width.is_multiple_of(coarsest) {
        let what = "input.height and input.width of a segmenter are multiples of 32";
        return Err(RegistryError::Manifest(what.to_owned()));
    }
    let cells = cells(height, width);
    let masks = [height / PROTOTYPE_STRIDE, width / PROTOTYPE_STRIDE];
    let is_masks = |shape: &[usize], count: usize| shape == [1, count, masks[0], masks[1]];
    let is_rows = |shape: &[usize], count: usize| shape == [1, count, cells];
    Ok(match shapes {
        [sides, scores, [1, count, _], prototypes]
            if is_rows(sides, BOX)
                && is_rows(scores, labels)
                && is_rows(shapes[2], *count)
                && is_masks(prototypes, *count) =>
        {
            Some(Heads::Apart)
        }
        [one, other] => {
            [(0, one, other), (1, other, one)].into_iter().find_map(|(at, one, two)| {
                let count = *two.get(1)?;
                let fits = is_rows(one, BOX + labels + count) && is_masks(two, count);
                fits.then_some(Heads::Joined { rows: at, prototypes: 1 - at })
            })
        }
        _ => None,
    })
}

/// Whether the only output comes from a softmax.
fn scores(model: &Canonical) -> Scores {
    let mut name = model.outputs.first().map(String::as_str);
    while let Some(node) = name.and_then(|name| {
        model.nodes.iter().find(|node| node.outputs.iter().any(|output| output == name))
    }) {
        match node.op.as_str() {
            "Softmax" => return Scores::Probabilities,
            "Reshape" => name = node.input(0),
            _ => return Scores::Raw,
        }
    }
    Scores::Raw
}

fn wanted(manifest: &Manifest) -> String {
    let Manifest { labels, input: Input { height, width, .. }, .. } = manifest;
    let labels = labels.len();
    match manifest.task {
        Task::Classify => format!("one output of 1×{labels}, a number for each label"),
        Task::Segment => {
            let cells = cells(*height, *width);
            let masks = format!("1×P×{}×{}", height / PROTOTYPE_STRIDE, width / PROTOTYPE_STRIDE);
            let rows = BOX + labels;
            format!(
                "1×({rows}+P)×{cells} and {masks}, or 1×{BOX}×{cells}, 1×{labels}×{cells}, \
                 1×P×{cells} and {masks} (boxes, {labels} labels, P coefficients, prototypes)"
            )
        }
    }
}

fn listed(model: &Canonical) -> String {
    let output = |name: &String| {
        let sizes: Vec<String> = shape(model, name).iter().map(ToString::to_string).collect();
        format!("'{name}' {}", sizes.join("×"))
    };
    model.outputs.iter().map(output).collect::<Vec<_>>().join(", ")
}

fn shape<'a>(model: &'a Canonical, name: &str) -> &'a [usize] {
    model.shapes.get(name).map(Vec::as_slice).unwrap_or_default()
}
