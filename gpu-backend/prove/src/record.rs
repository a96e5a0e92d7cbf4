//! Records the results in `docs/figures.toml`: one table per adapter, below a
//! line that marks them. The part above it is edited by people and stays.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::nets::{Measured, Nets};
use crate::ran::Ran;

/// Everything after this line is written by this program.
const MARK: &str = "# From here on written by `scripts/prove-gpu`, a table for each adapter. What a\n# software adapter measured is marked so, is no GPU's, and is not shown.\n";

/// The results of one adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub adapter: String,
    /// `discrete`, `integrated`, `virtual`, `other`, or `software`.
    #[serde(rename = "type")]
    pub device_type: String,
    pub backend: String,
    pub driver: String,
    pub date: String,
    pub command: String,
    /// Networks that there was no time for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    pub tests: Ran,
    pub net: Vec<Measured>,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    #[serde(default)]
    gpu: Vec<Record>,
}

impl Record {
    /// Assembles the record.
    pub fn new(info: &wgpu::AdapterInfo, date: String, tests: Ran, nets: Nets) -> Self {
        let driver = format!("{} {}", info.driver, info.driver_info);
        Self {
            adapter: info.name.clone(),
            device_type: word(info.device_type).to_owned(),
            backend: format!("{:?}", info.backend),
            driver: driver.trim().to_owned(),
            date,
            command: "scripts/prove-gpu".to_owned(),
            left_out: nets.left_out,
            tests,
            net: nets.measured,
        }
    }

    /// Replaces the earlier record of this adapter.
    pub fn write_into(&self, path: &Path) -> Result<()> {
        let read = || format!("read {}", path.display());
        let text = fs::read_to_string(path).with_context(read)?;
        let written = self.placed_in(&text).with_context(read)?;
        fs::write(path, written).with_context(|| format!("write {}", path.display()))
    }

    fn placed_in(&self, text: &str) -> Result<String> {
        let (kept, own) = text.split_once(MARK).unwrap_or((text, ""));
        let File { mut gpu } = toml::from_str(own)?;
        gpu.retain(|record| record.adapter != self.adapter);
        gpu.push(self.clone());
        gpu.sort_by(|a, b| a.adapter.cmp(&b.adapter));
        Ok(format!("{}\n\n{MARK}{}", kept.trim_end(), toml::to_string(&File { gpu })?))
    }
}

/// wgpu's type of an adapter, as a word.
const fn word(device_type: wgpu::DeviceType) -> &'static str {
    match device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete",
        wgpu::DeviceType::IntegratedGpu => "integrated",
        wgpu::DeviceType::VirtualGpu => "virtual",
        wgpu::DeviceType::Cpu => "software",
        wgpu::DeviceType::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(adapter: &str, date: &str) -> Record {
        let net = Measured {
            net: "squeezenet".to_owned(),
            batch: 8,
            rten_ms: 50.0,
            wonnx_ms: Some(2.5),
            wonnx_load_ms: None,
            wonnx_first_ms: None,
            wonnx_refused: Some("a limit".to_owned()),
            difference: Some(2e-7),
        };
        Record {
            adapter: adapter.to_owned(),
            device_type: word(wgpu::DeviceType::Cpu).to_owned(),
            backend: "Vulkan".to_owned(),
            driver: "a driver".to_owned(),
            date: date.to_owned(),
            command: "scripts/prove-gpu".to_owned(),
            left_out: vec!["mobilenet ×32".to_owned()],
            tests: Ran { passed: 24, failed: 0 },
            net: vec![net],
        }
    }

    #[test]
    fn a_record_replaces_its_adapters_and_leaves_the_rest() {
        let text = "# A comment.\n[[machine]]\nname = \"two-cores\"\n";
        let first = record("llvmpipe", "2026-11-21").placed_in(text).unwrap();
        assert!(
            first.starts_with("# A comment.\n[[machine]]\nname = \"two-cores\"\n\n# From here")
        );
        assert!(first.contains("type = \"software\""), "{first}");
        let both = record("Another", "2026-11-22").placed_in(&first).unwrap();
        let again = record("llvmpipe", "2026-11-23").placed_in(&both).unwrap();
        let (_, own) = again.split_once(MARK).unwrap();
        let found: File = toml::from_str(own).unwrap();
        let days = found.gpu.iter().map(|it| (it.adapter.as_str(), it.date.as_str()));
        let days: Vec<_> = days.collect();
        assert_eq!(days, [("Another", "2026-11-22"), ("llvmpipe", "2026-11-23")]);
        assert_eq!(found.gpu[1], record("llvmpipe", "2026-11-23"));
        assert_eq!(again.matches("# A comment.").count(), 1);
    }
}
