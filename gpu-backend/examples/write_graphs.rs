//! Writes the graphs of the tests, with their inputs, for ONNX Runtime: `cargo
//! run --example write_graphs DIR`. `tests/reference/reference.py` reads the
//! folder and stores ONNX Runtime's answers.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    reason = "tests write small numbers, and fail by panicking"
)]

#[path = "../tests/cases/mod.rs"]
mod cases;

use std::path::PathBuf;

use anyhow::{Context, Result};
use munjigi_gpu_backend::onnx::{Canonical, Graph};
use munjigi_gpu_backend::trust::inputs;

fn main() -> Result<()> {
    let folder: PathBuf = std::env::args().nth(1).context("name a folder")?.into();
    std::fs::create_dir_all(&folder)?;
    let mut names = Vec::new();
    for case in cases::operators::all().into_iter().chain(cases::nets()).chain([cases::joined()]) {
        std::fs::write(folder.join(format!("{}.onnx", case.name)), &case.file)?;
        let graph = Graph::read(&case.file).context(case.name)?;
        for &batch in case.batches {
            let model = Canonical::new(&graph, batch).context(case.name)?;
            let mut listed = Vec::new();
            for (name, numbers) in model.inputs.iter().zip(inputs(&model, 7)) {
                let file = format!("{}.{batch}.{name}.bin", case.name);
                let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
                std::fs::write(folder.join(&file), bytes)?;
                let shape = serde_json::to_value(&model.shapes[name])?;
                listed.push(serde_json::json!({ "name": name, "file": file, "shape": shape }));
            }
            names.push(serde_json::json!({ "case": case.name, "batch": batch, "inputs": listed }));
        }
    }
    std::fs::write(folder.join("cases.json"), serde_json::to_string_pretty(&names)?)?;
    println!("{} cases in {}", names.len(), folder.display());
    let is_moved = |case: &cases::Case| case.place == cases::Place::Cpu;
    println!("{} only on the CPU", cases::operators::all().iter().filter(|c| is_moved(c)).count());
    Ok(())
}
