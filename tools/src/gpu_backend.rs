//! The gpu-backend as a supervised process. It draws and judges pictures in
//! advance; no one waits for it, so a stack is complete without it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::http::answers;
use crate::keys::Keys;
use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::wrangler::forget_own_variables;

/// Every model runs on both engines before it is trusted.
const START_WITHIN: Duration = Duration::from_mins(3);

/// The gpu-backend, running or not.
#[derive(Debug)]
pub struct GpuBackend {
    project: Project,
    port: u16,
    environment: BTreeMap<String, String>,
    log: PathBuf,
    process: Option<Process>,
}

impl GpuBackend {
    /// Prepares it; nothing runs yet, and it need not be built yet.
    pub fn prepare(
        project: &Project,
        port: u16,
        keys: &Keys,
        given: &BTreeMap<String, String>,
        log: PathBuf,
    ) -> Result<Self> {
        let models = project.at("gpu-backend/models").to_string_lossy().into_owned();
        let mut environment = BTreeMap::from([
            ("MUNJIGI_GPU_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("MUNJIGI_GPU_MODELS".to_owned(), models),
            ("MUNJIGI_LOG".to_owned(), "info".to_owned()),
        ]);
        environment.extend(keys.for_gpu()?);
        environment.extend(given.clone());
        Ok(Self { project: project.clone(), port, environment, log, process: None })
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether it was started and has not been stopped or killed since.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.process.is_some()
    }

    /// Starts it, also after `stop` or `kill`, and waits until it is ready.
    pub async fn start(&mut self) -> Result<()> {
        self.launch()?;
        let ready = self.ready_address();
        if let Some(process) = &mut self.process {
            process.ready_when(START_WITHIN, async || Ok(answers(&ready).await)).await?;
        }
        Ok(())
    }

    pub async fn is_ready(&self) -> bool {
        answers(&self.ready_address()).await
    }

    fn ready_address(&self) -> String {
        format!("{}/health/ready", self.url())
    }

    /// Starts it without waiting.
    pub fn launch(&mut self) -> Result<()> {
        self.kill();
        let binary = self.project.debug_binary("munjigi-gpu-backend");
        ensure!(
            binary.exists(),
            "{} is not built; run `cargo build` in gpu-backend after `./set-up`",
            binary.display()
        );
        let mut program = Program::new("the gpu-backend", binary, self.log.clone());
        let command = program.command();
        forget_own_variables(command);
        command.arg("serve").envs(&self.environment);
        self.process = Some(program.start()?);
        Ok(())
    }
}

impl Service for GpuBackend {
    const STOP_WITHIN: Duration = Duration::from_secs(30);

    fn process(&mut self) -> &mut Option<Process> {
        &mut self.process
    }
}
