//! Matrix products and `Softmax`.

use super::{Builder, Step, axis, signed};
use crate::error::ModelError;
use crate::graph::{Attribute, Node, Tensor};

impl Builder {
    pub(super) fn gemm(&mut self, node: &Node) -> Step {
        let (left, left_shape) = self.input(node, 0)?;
        let (mut right, mut right_shape) = self.input(node, 1)?;
        let mut transposes = [node.int("transA", 0) != 0, node.int("transB", 0) != 0];
        if left_shape.len() != 2 || right_shape.len() != 2 {
            return Err(node.unsupported("its inputs are no matrices").into());
        }
        // PyTorch exports W transposed. Constants are transposed here, once, so
        // that the engines get the order that is fast for them.
        if transposes[1] && self.constants.contains_key(&right) {
            let (tensor, numbers) = self.floats(node, 1)?;
            let turned = transposed(numbers, tensor.shape[0], tensor.shape[1]);
            right_shape.reverse();
            let tensor = Tensor::floats(&right_shape, turned);
            right = self.constant(&node.outputs[0], "weights", tensor);
            transposes[1] = false;
        }
        let turn = |shape: &[usize], turned: bool| {
            if turned { [shape[1], shape[0]] } else { [shape[0], shape[1]] }
        };
        let [rows, depth] = turn(&left_shape, transposes[0]);
        let [same_depth, columns] = turn(&right_shape, transposes[1]);
        if depth != same_depth {
            return Err(node.unsupported(format!("depths {depth} and {same_depth} differ")).into());
        }
        let mut inputs = vec![left.as_str(), &right];
        if let Some(bias) = node.input(2) {
            let shape = self.shape_of(bias)?;
            let fits = matches!(shape, [n] if *n == columns || *n == 1)
                || matches!(shape, [m, n] if (*m == rows || *m == 1) && (*n == columns || *n == 1));
            if !fits {
                return Err(node.unsupported(format!("bias {shape:?} does not broadcast")).into());
            }
            inputs.push(bias);
        }
        let spelled = Node::new(&node.name, "Gemm", &inputs, &[&node.outputs[0]])
            .with("alpha", Attribute::Float(node.float("alpha", 1.0)))
            .with("beta", Attribute::Float(node.float("beta", 1.0)))
            .with("transA", Attribute::Int(transposes[0].into()))
            .with("transB", Attribute::Int(transposes[1].into()));
        self.push(spelled, vec![rows, columns])
    }

    pub(super) fn matmul(&mut self, node: &Node) -> Step {
        let (left, left_shape) = self.input(node, 0)?;
        let (right, right_shape) = self.input(node, 1)?;
        let ([left_stack @ .., rows, depth], [right_stack @ .., same_depth, columns]) =
            (left_shape.as_slice(), right_shape.as_slice())
        else {
            return Err(node.unsupported("its inputs are no matrices").into());
        };
        if depth != same_depth {
            return Err(node.unsupported(format!("depths {depth} and {same_depth} differ")).into());
        }
        let output = &node.outputs[0];
        if right_stack.is_empty() && !left_stack.is_empty() {
            // One matrix for the whole stack: its rows form a single product.
            let all = left_stack.iter().product::<usize>() * rows;
            let (flat, product) = (self.fresh(output, "rows"), self.fresh(output, "product"));
            let name = &node.name;
            self.reshaped(&Node::new(name, "Reshape", &[], &[&flat]), &left, &[all, *depth])?;
            self.push(
                Node::new(name, "MatMul", &[&flat, &right], &[&product]),
                vec![all, *columns],
            )?;
            let shape = [left_stack, &[*rows, *columns]].concat();
            return self.reshaped(node, &product, &shape);
        }
        let stack = broadcast(node, left_stack, right_stack)?;
        let spelled = Node::new(&node.name, "MatMul", &[&left, &right], &[output]);
        self.push(spelled, [stack.as_slice(), &[*rows, *columns]].concat())
    }

    pub(super) fn softmax(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let default = if self.opset < 13 { 1 } else { -1 };
        let at = axis(node, node.int("axis", default), from.len())?;
        let last = from.len() - 1;
        let output = &node.outputs[0];
        let spell = |source: &str, output: &str, axis: usize| {
            Node::new(&node.name, "Softmax", &[source], &[output])
                .with("axis", Attribute::Int(signed(&[axis])[0]))
        };
        if self.opset >= 13 || at == last {
            return self.push(spell(&source, output, at), from);
        }
        // Before opset 13, everything from the axis on is one row.
        let rows = [from[..at].iter().product(), from[at..].iter().product()];
        let (flat, soft) = (self.fresh(output, "rows"), self.fresh(output, "soft"));
        self.reshaped(&Node::new(&node.name, "Reshape", &[], &[&flat]), &source, &rows)?;
        self.push(spell(&flat, &soft, 1), rows.to_vec())?;
        self.reshaped(node, &soft, &from)
    }
}

/// The shape that both shapes broadcast to.
pub(super) fn broadcast(
    node: &Node,
    left: &[usize],
    right: &[usize],
) -> Result<Vec<usize>, ModelError> {
    let rank = left.len().max(right.len());
    let size_at = |shape: &[usize], at: usize| {
        (at + shape.len()).checked_sub(rank).map_or(1, |within| shape[within])
    };
    (0..rank)
        .map(|at| match (size_at(left, at), size_at(right, at)) {
            (a, b) if a == b => Ok(a),
            (1, size) | (size, 1) => Ok(size),
            _ => Err(node.unsupported(format!("{left:?} and {right:?} do not broadcast")).into()),
        })
        .collect()
}

/// Transposes a matrix of `rows` by `columns`.
pub(super) fn transposed(numbers: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(numbers.len());
    for column in 0..columns {
        turned.extend((0..rows).map(|row| numbers[row * columns + column]));
    }
    turned
}
