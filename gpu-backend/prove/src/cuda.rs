//! ONNX Runtime on CUDA, if Python has it, for comparison: it is the usual
//! choice elsewhere.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use munjigi_gpu_backend::onnx::Canonical;
use munjigi_gpu_backend::trust::inputs;

/// A Python whose ONNX Runtime computes on CUDA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    program: PathBuf,
    version: String,
}

/// Prints the version if it can compute on CUDA.
const LOOK: &str = "import onnxruntime as o; p = o.get_available_providers(); \
    assert 'CUDAExecutionProvider' in p, 'onnxruntime has no CUDAExecutionProvider'; print(o.__version__)";

/// Prints the best of the runs, in milliseconds. The session itself reports
/// when it falls back.
const MEASURE: &str = "
import sys, time, numpy, onnxruntime
model, inputs = sys.argv[1], sys.argv[2:]
session = onnxruntime.InferenceSession(model, providers=['CUDAExecutionProvider'])
assert session.get_providers()[0] == 'CUDAExecutionProvider', session.get_providers()
feeds = {}
for one, file in zip(session.get_inputs(), inputs):
    feeds[one.name] = numpy.fromfile(file, numpy.float32).reshape(one.shape)
best = float('inf')
for _ in range(6):
    start = time.perf_counter()
    session.run(None, feeds)
    best = min(best, time.perf_counter() - start)
print(best * 1e3)
";

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ONNX Runtime {}", self.version)
    }
}

impl Python {
    /// `MUNJIGI_PYTHON`, otherwise `python3`; or the reason why neither works.
    pub fn find() -> Result<Self, String> {
        let program: PathBuf =
            std::env::var_os("MUNJIGI_PYTHON").unwrap_or_else(|| "python3".into()).into();
        let output = Command::new(&program).args(["-c", LOOK]).output();
        let output = output.map_err(|error| format!("none: {}: {error}", program.display()))?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() {
            return Ok(Self { program, version: said });
        }
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("none: {}", error.trim().lines().last().unwrap_or("Python failed")))
    }

    /// The time of the best run of a network, in milliseconds.
    pub fn measure(&self, model: &Canonical) -> Result<f64> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("model.onnx");
        fs::write(&path, model.to_bytes())?;
        let mut command = Command::new(&self.program);
        command.args(["-c", MEASURE]).arg(&path);
        for (at, numbers) in inputs(model, 7).iter().enumerate() {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            let file = folder.path().join(format!("{at}.bin"));
            fs::write(&file, bytes)?;
            command.arg(file);
        }
        let output = command.output().context("start Python")?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "ONNX Runtime: {}", error.trim());
        let said = String::from_utf8_lossy(&output.stdout);
        said.trim().parse().with_context(|| format!("a time, not {said}"))
    }
}
