//! Finds the node that two engines disagree about.

use std::collections::HashSet;

use crate::engine::Engine;
use crate::onnx::Canonical;
use crate::onnx::graph::Node;
use crate::trust::probe::{difference, inputs};

/// The first node, in the model's order, up to which the engines differ by more
/// than the tolerance; `None` if they agree, or if the reference fails.
///
/// Cuts the network after a node and compares every open value, then bisects:
/// an engine that fuses nodes also does so before the cut.
pub fn first_difference<'a>(
    model: &'a Canonical,
    reference: &dyn Engine,
    engine: &dyn Engine,
    tolerance: f32,
) -> Option<&'a Node> {
    let differs = |count: usize| differs(model, count, reference, engine, tolerance);
    let (mut agrees, mut found) = (0, model.nodes.len());
    if found == 0 || !differs(found)? {
        return None;
    }
    while found - agrees > 1 {
        let middle = agrees + (found - agrees) / 2;
        if differs(middle)? { found = middle } else { agrees = middle }
    }
    model.nodes.get(found - 1)
}

/// Whether the first `count` nodes differ; `None` if the reference fails.
fn differs(
    model: &Canonical,
    count: usize,
    reference: &dyn Engine,
    engine: &dyn Engine,
    tolerance: f32,
) -> Option<bool> {
    let nodes = &model.nodes[..count];
    let read: HashSet<&String> = nodes.iter().flat_map(|node| &node.inputs).collect();
    let written = nodes.iter().flat_map(|node| &node.outputs);
    let open: Vec<String> = written
        .filter(|name| !read.contains(name) || model.outputs.contains(name))
        .cloned()
        .collect();
    let cut = model.with_outputs(&open);
    let numbers = inputs(&cut, 0);
    let views: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    let wanted = reference.load(&cut).ok()?.run(&views).ok()?;
    // An engine that fails on the part is at fault there.
    let Ok(session) = engine.load(&cut) else { return Some(true) };
    let Ok(found) = session.run(&views) else { return Some(true) };
    Some(found.iter().zip(&wanted).any(|(a, b)| !difference(a, b).within(tolerance)))
}
