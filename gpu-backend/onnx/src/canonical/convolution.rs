//! `Conv` with everything stated, `BatchNormalization` folded into it, and two
//! relatives that only the CPU engine computes.

use super::linear::transposed;
use super::{Builder, Step, signed, size};
use crate::error::ModelError;
use crate::graph::{Attribute, Node, Tensor};

/// Widest kernel, stride, dilation or pad, in pixels: no sum of them overflows.
const MAX_WINDOW: usize = 1 << 12;

/// How a window moves over a picture; all in pixels, height before width.
pub(super) struct Window {
    pub kernel: [usize; 2],
    pub strides: [usize; 2],
    pub dilations: [usize; 2],
    /// Top, left, bottom, right.
    pub pads: [usize; 4],
}

impl Window {
    /// Reads the window of a node over pictures of this height and width.
    pub(super) fn read(
        node: &Node,
        kernel: [usize; 2],
        from: [usize; 2],
    ) -> Result<Self, ModelError> {
        let strides = list::<2>(node, "strides")?.unwrap_or([1; 2]);
        let dilations = list::<2>(node, "dilations")?.unwrap_or([1; 2]);
        if kernel.contains(&0) || strides.contains(&0) || dilations.contains(&0) {
            return Err(node.unsupported("a kernel, stride or dilation of 0").into());
        }
        let mut pads = list::<4>(node, "pads")?.unwrap_or([0; 4]);
        let rule = node.text("auto_pad", "NOTSET");
        match rule {
            "NOTSET" => {}
            "VALID" => pads = [0; 4],
            "SAME_UPPER" | "SAME_LOWER" => {
                for at in 0..2 {
                    let reach = (from[at].div_ceil(strides[at]) - 1) * strides[at];
                    let extent = dilations[at] * (kernel[at] - 1) + 1;
                    let total = (reach + extent).saturating_sub(from[at]);
                    let (less, more) = (total / 2, total - total / 2);
                    let (begin, end) =
                        if rule == "SAME_UPPER" { (less, more) } else { (more, less) };
                    pads[at] = begin;
                    pads[at + 2] = end;
                }
            }
            other => return Err(node.unsupported(format!("auto_pad '{other}'")).into()),
        }
        Ok(Self { kernel, strides, dilations, pads })
    }

    /// The height and width of the result; `None` if the window does not fit.
    /// `round_up` counts a last, partial window.
    pub(super) fn result(&self, from: [usize; 2], round_up: bool) -> Option<[usize; 2]> {
        let mut to = [0; 2];
        for at in 0..2 {
            let extent = self.dilations[at].checked_mul(self.kernel[at] - 1)?.checked_add(1)?;
            let padded = from[at].checked_add(self.pads[at])?.checked_add(self.pads[at + 2])?;
            let room = padded.checked_sub(extent)?;
            to[at] = room / self.strides[at] + 1;
            let begun = room / self.strides[at] * self.strides[at] + self.strides[at];
            if round_up && room % self.strides[at] != 0 && begun < from[at] + self.pads[at] {
                to[at] += 1;
            }
        }
        Some(to)
    }

    /// Adds all of the window's parameters to a node.
    pub(super) fn state(&self, node: Node) -> Node {
        node.with("kernel_shape", Attribute::Ints(signed(&self.kernel)))
            .with("strides", Attribute::Ints(signed(&self.strides)))
            .with("dilations", Attribute::Ints(signed(&self.dilations)))
            .with("pads", Attribute::Ints(signed(&self.pads)))
    }
}

/// A list of exactly `N` sizes.
pub(super) fn list<const N: usize>(
    node: &Node,
    name: &str,
) -> Result<Option<[usize; N]>, ModelError> {
    let Some(values) = node.ints(name) else { return Ok(None) };
    let sizes = values.iter().map(|&value| size(node, value)).collect::<Result<Vec<_>, _>>()?;
    if sizes.iter().any(|&size| size > MAX_WINDOW) {
        return Err(node.unsupported(format!("'{name}' beyond {MAX_WINDOW} pixels")).into());
    }
    let sizes = <[usize; N]>::try_from(sizes)
        .map_err(|_| node.unsupported(format!("'{name}' is no list of {N}; 2-D is needed")))?;
    Ok(Some(sizes))
}

/// Batch, channels, height and width.
pub(super) fn picture(node: &Node, shape: &[usize]) -> Result<[usize; 4], ModelError> {
    <[usize; 4]>::try_from(shape)
        .map_err(|_| node.unsupported(format!("input {shape:?} is no batch of pictures")).into())
}

impl Builder {
    pub(super) fn convolution(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let [batch, channels, height, width] = picture(node, &from)?;
        let (weights, _) = self.floats(node, 1)?;
        let [filters, depth, kernel_height, kernel_width] = picture(node, &weights.shape)?;
        let group = size(node, node.int("group", 1))?;
        if group == 0 || depth.checked_mul(group) != Some(channels) || filters % group != 0 {
            let what =
                format!("{group} groups of {depth} channels for {channels}, {filters} filters");
            return Err(node.unsupported(what).into());
        }
        let stated = list::<2>(node, "kernel_shape")?;
        if stated.is_some_and(|kernel| kernel != [kernel_height, kernel_width]) {
            return Err(node.unsupported("kernel_shape is not the weights'").into());
        }
        let window = Window::read(node, [kernel_height, kernel_width], [height, width])?;
        let [to_height, to_width] = window
            .result([height, width], false)
            .ok_or_else(|| node.unsupported("the kernel is larger than the picture"))?;
        let output = &node.outputs[0];
        let bias = if node.input(2).is_some() {
            if self.floats(node, 2)?.1.len() != filters {
                return Err(node.unsupported("the bias is not one number per filter").into());
            }
            node.inputs[2].clone()
        } else {
            self.constant(output, "bias", Tensor::floats(&[filters], vec![0.0; filters]))
        };
        let spelled = window
            .state(Node::new(&node.name, "Conv", &[&source, &node.inputs[1], &bias], &[output]))
            .with("group", Attribute::Int(node.int("group", 1)));
        self.push(spelled, vec![batch, filters, to_height, to_width])
    }

    pub(super) fn transposed_convolution(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let [batch, _, height, width] = picture(node, &from)?;
        let (weights, _) = self.floats(node, 1)?;
        let [_, depth, kernel_height, kernel_width] = picture(node, &weights.shape)?;
        let plain =
            node.text("auto_pad", "NOTSET") == "NOTSET" && node.ints("output_shape").is_none();
        let more = list::<2>(node, "output_padding")?.unwrap_or([0; 2]);
        if !plain || more != [0; 2] || node.int("group", 1) != 1 {
            return Err(node.unsupported("only plain strides and pads are known").into());
        }
        let window = Window::read(node, [kernel_height, kernel_width], [height, width])?;
        let grown = |at: usize, size: usize| {
            let full = (size - 1) * window.strides[at]
                + window.dilations[at] * (window.kernel[at] - 1)
                + 1;
            full.checked_sub(window.pads[at] + window.pads[at + 2])
        };
        let (Some(to_height), Some(to_width)) = (grown(0, height), grown(1, width)) else {
            return Err(node.unsupported("it pads away the whole picture").into());
        };
        if window.strides == window.kernel && window.pads == [0; 4] && window.dilations == [1; 2] {
            return self.tiles(node, &source, [batch, height, width]);
        }
        let mut inputs = vec![source.as_str(), &node.inputs[1]];
        inputs.extend(node.input(2));
        let spelled = window
            .state(Node::new(&node.name, "ConvTranspose", &inputs, &[&node.outputs[0]]))
            .with("group", Attribute::Int(1));
        self.push(spelled, vec![batch, depth, to_height, to_width])
    }

    /// A transposed convolution whose tiles do not overlap, as in YOLO's masks:
    /// each pixel's tile is a 1×1 convolution, which is then rearranged.
    fn tiles(&mut self, node: &Node, source: &str, [batch, height, width]: [usize; 3]) -> Step {
        let (weights, numbers) = self.floats(node, 1)?;
        let [channels, depth, tall, wide] = picture(node, &weights.shape)?;
        let tile = tall * wide;
        let filters = depth * tile;
        // From [channels, depth · tile] to [depth · tile, channels].
        let turned = transposed(numbers, channels, filters);
        let bias = match node.input(2) {
            Some(_) => self.floats(node, 2)?.1.iter().flat_map(|&x| vec![x; tile]).collect(),
            None => vec![0.0; filters],
        };
        if bias.len() != filters {
            return Err(node.unsupported("the bias is not one number per filter").into());
        }
        let (name, output) = (node.name.as_str(), node.outputs[0].as_str());
        let turned = Tensor::floats(&[filters, channels, 1, 1], turned);
        let weights = self.constant(output, "weights", turned);
        let bias = self.constant(output, "bias", Tensor::floats(&[filters], bias));
        let [flat, split, laid] = ["tiles", "split", "laid"].map(|what| self.fresh(output, what));
        let window = Window { kernel: [1; 2], strides: [1; 2], dilations: [1; 2], pads: [0; 4] };
        let spelled = window
            .state(Node::new(name, "Conv", &[source, &weights, &bias], &[&flat]))
            .with("group", Attribute::Int(1));
        self.push(spelled, vec![batch, filters, height, width])?;
        let apart = [batch, depth, tall, wide, height, width];
        self.reshaped(&Node::new(name, "Reshape", &[], &[&split]), &flat, &apart)?;
        let spelled = Node::new(name, "Transpose", &[&split], &[&laid])
            .with("perm", Attribute::Ints(vec![0, 1, 4, 2, 5, 3]));
        self.push(spelled, vec![batch, depth, height, tall, width, wide])?;
        self.reshaped(node, &laid, &[batch, depth, height * tall, width * wide])
    }

    /// Folds into the preceding convolution if nothing else reads its output;
    /// otherwise stays a separate node.
    pub(super) fn batch_normalization(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let channels = picture(node, &from)?[1];
        if node.int("training_mode", 0) != 0 || node.int("spatial", 1) != 1 {
            return Err(node.unsupported("only inference is known").into());
        }
        for index in 1..5 {
            if self.floats(node, index)?.1.len() != channels {
                return Err(node.unsupported("not one number per channel").into());
            }
        }
        let epsilon = node.float("epsilon", 1e-5);
        let (gamma, beta) = (self.floats(node, 1)?.1, self.floats(node, 2)?.1);
        let (mean, variance) = (self.floats(node, 3)?.1, self.floats(node, 4)?.1);
        let scale: Vec<f32> = gamma
            .iter()
            .zip(variance)
            .map(|(gamma, variance)| gamma / (variance + epsilon).sqrt())
            .collect();
        let shift: Vec<f32> = (0..channels).map(|at| beta[at] - mean[at] * scale[at]).collect();
        let only_reader = self.uses.get(&source) == Some(&1);
        let before = self.nodes.iter().position(|before| {
            only_reader && before.op == "Conv" && before.outputs.first() == Some(&source)
        });
        let output = node.outputs[0].clone();
        if let Some(at) = before {
            return self.fold_scale(at, &scale, &shift, output);
        }
        let inputs: Vec<&str> = node.inputs.iter().map(String::as_str).take(5).collect();
        let spelled = Node::new(&node.name, "BatchNormalization", &inputs, &[&output])
            .with("epsilon", Attribute::Float(epsilon));
        self.push(spelled, from)
    }

    /// Scales the weights of the convolution at this index and renames its
    /// output.
    fn fold_scale(&mut self, at: usize, scale: &[f32], shift: &[f32], output: String) -> Step {
        let node = self.nodes[at].clone();
        let (weights, numbers) = self.floats(&node, 1)?;
        let (_, bias) = self.floats(&node, 2)?;
        let per_filter = numbers.len() / scale.len();
        let scaled = numbers.iter().enumerate().map(|(at, weight)| weight * scale[at / per_filter]);
        let scaled = Tensor::floats(&weights.shape, scaled.collect());
        let bias = bias
            .iter()
            .zip(scale.iter().zip(shift))
            .map(|(bias, (scale, shift))| bias * scale + shift);
        let bias = Tensor::floats(&[scale.len()], bias.collect());
        let (weights, bias) =
            (self.constant(&output, "weights", scaled), self.constant(&output, "bias", bias));
        if let Some(shape) = self.shapes.remove(&node.outputs[0]) {
            self.shapes.insert(output.clone(), shape);
        }
        let folded = &mut self.nodes[at];
        folded.inputs = vec![node.inputs[0].clone(), weights, bias];
        folded.outputs = vec![output];
        Ok(())
    }

    pub(super) fn instance_normalization(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        picture(node, &from)?;
        self.floats(node, 1)?;
        self.floats(node, 2)?;
        let inputs = [source.as_str(), &node.inputs[1], &node.inputs[2]];
        let spelled = Node::new(&node.name, "InstanceNormalization", &inputs, &[&node.outputs[0]])
            .with("epsilon", Attribute::Float(node.float("epsilon", 1e-5)));
        self.push(spelled, from)
    }
}
