//! ONNX Runtime's answers; `tests/reference/reference.py` stores them.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

#[derive(Deserialize)]
struct Output {
    length: usize,
    largest: f32,
    samples: Vec<f32>,
}

/// Largest distance from the stored answer, relative to its largest number.
const TOLERANCE: f32 = 1e-3;

pub fn is_stored(case: &str, batch: usize) -> bool {
    stored().contains_key(&format!("{case} x{batch}"))
}

/// Compares an answer with the stored one.
pub fn compare(case: &str, batch: usize, found: &[Vec<f32>]) -> Result<(), String> {
    let wanted = &stored()[&format!("{case} x{batch}")];
    if found.len() != wanted.len() {
        return Err(format!("{} outputs, {} are stored", found.len(), wanted.len()));
    }
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        if found.len() != wanted.length {
            return Err(format!("output {index}: {} numbers, not {}", found.len(), wanted.length));
        }
        let count = wanted.samples.len();
        for (at, sample) in wanted.samples.iter().enumerate() {
            let number = found[at * wanted.length / count];
            let far = (number - sample).abs() / wanted.largest.max(1e-6);
            if !far.is_finite() || far > TOLERANCE {
                return Err(format!("output {index}: {number} for {sample} (sample {at})"));
            }
        }
    }
    Ok(())
}

fn stored() -> &'static HashMap<String, Vec<Output>> {
    static STORED: OnceLock<HashMap<String, Vec<Output>>> = OnceLock::new();
    STORED.get_or_init(|| serde_json::from_str(include_str!("../reference/outputs.json")).unwrap())
}
