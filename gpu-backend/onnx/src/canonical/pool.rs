//! Pooling and means.

use super::convolution::{Window, list, picture};
use super::{Builder, Step, axis, signed};
use crate::graph::{Attribute, Node};

impl Builder {
    pub(super) fn pool(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let [batch, channels, height, width] = picture(node, &from)?;
        if node.outputs.iter().skip(1).any(|name| !name.is_empty()) {
            return Err(node.unsupported("the places of the maxima are asked for").into());
        }
        let kernel = list::<2>(node, "kernel_shape")?
            .ok_or_else(|| node.unsupported("kernel_shape is missing"))?;
        let window = Window::read(node, kernel, [height, width])?;
        let averages = node.op == "AveragePool";
        let round_up = node.int("ceil_mode", 0) != 0;
        let counts_pads = node.int("count_include_pad", 0) != 0;
        let wide_pads = (0..4).any(|at| window.pads[at] >= kernel[at % 2]);
        if wide_pads || node.int("storage_order", 0) != 0 {
            return Err(node.unsupported("pads as wide as the kernel, or another order").into());
        }
        let misfit = || node.unsupported("the kernel is larger than the picture");
        let to = window.result([height, width], round_up).ok_or_else(misfit)?;
        let is_begun = window.result([height, width], false) != Some(to);
        // Implementations disagree about what a partial window counts.
        if averages && (is_begun && counts_pads || window.dilations != [1, 1]) {
            return Err(node
                .unsupported("a begun window that counts its pads, or dilation")
                .into());
        }
        let mut spelled =
            window.state(Node::new(&node.name, &node.op, &[&source], &[&node.outputs[0]]));
        if averages {
            spelled.attributes.remove("dilations");
            spelled = spelled.with("count_include_pad", Attribute::Int(counts_pads.into()));
        }
        if is_begun {
            spelled = spelled.with("ceil_mode", Attribute::Int(1));
        }
        self.push(spelled, vec![batch, channels, to[0], to[1]])
    }

    pub(super) fn global_pool(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let [batch, channels, ..] = picture(node, &from)?;
        let spelled = Node::new(&node.name, &node.op, &[&source], &[&node.outputs[0]]);
        self.push(spelled, vec![batch, channels, 1, 1])
    }

    pub(super) fn mean(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let all = || (0..from.len()).collect::<Vec<_>>();
        let axes = match self.ints(node, "axes", 1)? {
            Some(axes) if !axes.is_empty() => axes
                .into_iter()
                .map(|at| axis(node, at, from.len()))
                .collect::<Result<Vec<_>, _>>()?,
            _ if node.int("noop_with_empty_axes", 0) != 0 => return self.identity(node),
            _ => all(),
        };
        let keeps = node.int("keepdims", 1) != 0;
        let mut to = Vec::with_capacity(from.len());
        for (at, &size) in from.iter().enumerate() {
            match (axes.contains(&at), keeps) {
                (false, _) => to.push(size),
                (true, true) => to.push(1),
                (true, false) => {}
            }
        }
        let spelled = Node::new(&node.name, "ReduceMean", &[&source], &[&node.outputs[0]])
            .with("axes", Attribute::Ints(signed(&axes)))
            .with("keepdims", Attribute::Int(keeps.into()));
        self.push(spelled, to)
    }
}
