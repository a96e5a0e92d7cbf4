//! Chooses engines: the operator's setting, the available adapters, and the
//! reason for the result. The CPU engine is always available; a GPU takes
//! precedence if there is one.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use tracing::{info, warn};

use super::adapter::{self, Gpu};
use super::fence::{Fence, Patience};
use super::{Engine, Fenced, Rten, Wonnx, caught};

/// The operator's setting: `auto`, `gpu`, `cpu`, or a name.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Wish {
    /// A real GPU if there is one, otherwise the CPU.
    #[default]
    Auto,
    /// A real GPU; the CPU, with a warning, if there is none.
    Gpu,
    Cpu,
    /// The adapter whose name contains this, case ignored, software adapters
    /// included: `llvmpipe`, `h200`, `radeon`.
    Named(String),
}

impl FromStr for Wish {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "auto" => Self::Auto,
            "gpu" | "wonnx" => Self::Gpu,
            "cpu" | "rten" => Self::Cpu,
            name => Self::Named(name.to_owned()),
        })
    }
}

/// The engines of this process.
pub struct Engines {
    /// Preferred where a model may use it and while its adapter answers.
    pub gpu: Option<Fenced>,
    /// The adapter that `gpu` computes on.
    pub adapter: Option<Gpu>,
    /// Always available.
    pub cpu: Box<dyn Engine>,
    /// Why the GPU is used or not; for logs and `/version`.
    pub reason: String,
    /// The setting that led to this.
    pub wish: Wish,
}

impl Engines {
    /// Chooses the engines. Never fails and never panics: any problem with a
    /// GPU is a warning, and the CPU engine computes.
    pub fn choose(wish: &Wish) -> Self {
        let found = match wish {
            Wish::Cpu => Err("the CPU was requested".to_owned()),
            _ => caught(|| open_best(wish)).unwrap_or_else(Err),
        };
        let (cpu, wish) = (Box::new(Rten), wish.clone());
        match found {
            Ok(gpu) => {
                let reason = format!("{} was found", gpu.describe());
                info!(adapter = %gpu.describe(), "computing on the GPU");
                let is_real = adapter::is_real(gpu.info.device_type);
                let patience = if is_real { Patience::REAL } else { Patience::SOFTWARE };
                let engine = Fenced::new(Wonnx::new(gpu.clone()), patience);
                Self { gpu: Some(engine), adapter: Some(gpu), cpu, reason, wish }
            }
            Err(reason) => {
                if matches!(wish, Wish::Gpu | Wish::Named(_)) {
                    warn!(%reason, "no GPU; computing on the CPU");
                } else {
                    info!(%reason, "computing on the CPU");
                }
                Self { gpu: None, adapter: None, cpu, reason, wish }
            }
        }
    }

    /// Puts an engine in the place of the GPU's, without an adapter; for tests.
    pub fn with(gpu: impl Engine + 'static, patience: Patience) -> Self {
        let reason = "a stand-in for a GPU".to_owned();
        let (gpu, cpu) = (Some(Fenced::new(gpu, patience)), Box::new(Rten));
        Self { gpu, adapter: None, cpu, reason, wish: Wish::Gpu }
    }

    /// The thread with exclusive use of the adapter.
    pub fn fence(&self) -> Option<&Fence> {
        self.gpu.as_ref().map(Fenced::fence)
    }

    /// Why the adapter is no longer used; `None` while it is.
    pub fn left(&self) -> Option<String> {
        self.fence().and_then(Fence::left)
    }
}

impl fmt::Display for Engines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(gpu) = &self.gpu {
            write!(f, "{}, then ", gpu.describe())?;
        }
        write!(f, "{} ({})", self.cpu.describe(), self.reason)
    }
}

fn open_best(wish: &Wish) -> Result<Gpu, String> {
    let adapters = adapter::adapters();
    let names: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    let fits = |adapter: &&wgpu::Adapter| {
        let info = adapter.get_info();
        match wish {
            Wish::Named(name) => info.name.to_ascii_lowercase().contains(name),
            _ => adapter::is_real(info.device_type),
        }
    };
    let adapter = adapters.iter().find(fits).ok_or_else(|| match wish {
        Wish::Named(name) => format!("no adapter is named '{name}'; available: {names:?}"),
        _ => format!("no adapter is a GPU; available: {names:?}"),
    })?;
    adapter::open(adapter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_in_any_case() {
        let read = |text: &str| text.parse::<Wish>().unwrap();
        assert_eq!(read("AUTO"), Wish::Auto);
        assert_eq!(read("gpu"), Wish::Gpu);
        assert_eq!(read("Rten"), Wish::Cpu);
        assert_eq!(read("LLVMpipe"), Wish::Named("llvmpipe".to_owned()));
    }

    #[test]
    fn an_adapter_that_is_not_there_means_the_cpu() {
        let engines = Engines::choose(&Wish::Named("no such adapter".to_owned()));
        assert!(engines.gpu.is_none());
        assert!(engines.reason.contains("no such adapter"));
    }
}
