//! `Resize`, with the size of the result stated.

use super::{Builder, Step, signed, size};
use crate::error::ModelError;
use crate::graph::{Attribute, Node, Tensor};

/// Unsupported attributes that change the result, with the value at which they
/// have no effect.
const ONLY: [(&str, i64); 2] = [("antialias", 0), ("exclude_outside", 0)];

impl Builder {
    pub(super) fn resize(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let mode = node.text("mode", "nearest");
        let places = node.text("coordinate_transformation_mode", "half_pixel");
        let rounding = node.text("nearest_mode", "round_prefer_floor");
        let known = matches!(mode, "nearest" | "linear")
            && matches!(
                places,
                "half_pixel" | "asymmetric" | "align_corners" | "pytorch_half_pixel"
            )
            && ONLY.iter().all(|(name, value)| node.int(name, *value) == *value)
            && node.ints("axes").is_none()
            && node.text("keep_aspect_ratio_policy", "stretch") == "stretch";
        if self.opset < 11 || !known {
            return Err(node.unsupported(format!("mode '{mode}' with '{places}'")).into());
        }
        let to = match self.ints(node, "sizes", 3)? {
            Some(sizes) => {
                sizes.into_iter().map(|value| size(node, value)).collect::<Result<Vec<_>, _>>()?
            }
            None => self.scaled(node, &from)?,
        };
        if to.len() != from.len() || to[..2.min(to.len())] != from[..2.min(from.len())] {
            return Err(node.unsupported(format!("{from:?} to {to:?}")).into());
        }
        let output = &node.outputs[0];
        let sizes = self.constant(output, "sizes", Tensor::ints(signed(&to)));
        let spelled = Node::new(&node.name, "Resize", &[&source, "", "", &sizes], &[output])
            .with("mode", Attribute::Text(mode.to_owned()))
            .with("coordinate_transformation_mode", Attribute::Text(places.to_owned()))
            .with("nearest_mode", Attribute::Text(rounding.to_owned()));
        self.push(spelled, to)
    }

    /// The size given by scales. A product that is not a whole number is
    /// refused: the scale and the ratio of the sizes would differ, and so would
    /// the engines.
    fn scaled(&self, node: &Node, from: &[usize]) -> Result<Vec<usize>, ModelError> {
        let (_, scales) = self.floats(node, 2)?;
        if scales.len() != from.len() {
            return Err(node.unsupported("not one scale for each axis").into());
        }
        from.iter()
            .zip(scales)
            .map(|(&length, &scale)| whole(length, scale))
            .collect::<Option<_>>()
            .ok_or_else(|| node.unsupported(format!("scales {scales:?} of {from:?}")).into())
    }
}

/// The product, if it is a whole number within float precision.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the product is checked to be a small whole number"
)]
fn whole(length: usize, scale: f32) -> Option<usize> {
    let exact = length as f64 * f64::from(scale);
    let rounded = exact.round();
    let near = (exact - rounded).abs() <= 1e-4 * exact.abs().max(1.0);
    ((1.0..1e6).contains(&rounded) && near).then_some(rounded as usize)
}
