//! A plain workerd that runs the built worker on local disks, with stores that
//! outlive a restart. Fast to start and to kill, so tests and load use it;
//! developers use wrangler.

pub mod config;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::net::TcpStream;

use crate::manifest::Manifest;
use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::{files, ports};
use config::{Module, Setting, Worker};

pub use config::MeterFault;

const START_WITHIN: Duration = Duration::from_secs(30);

/// The ports and variables of a worker.
#[derive(Debug, Clone, Default)]
pub struct WorkerOptions {
    /// Service name; the first worker's is `edge`.
    pub name: String,
    /// Port for visitors; a free one if `None`.
    pub port: Option<u16>,
    /// Variables and secrets that override those of `wrangler.toml`.
    pub vars: BTreeMap<String, String>,
    /// How far its clock is behind: what it writes is that old for the next
    /// start.
    pub behind: Duration,
    /// Whether `/__rows` reports how many rows its objects wrote and how many
    /// alarms they set.
    pub counts_rows: bool,
    /// What is wrong with the meter's objects.
    pub meter_fault: MeterFault,
    /// A folder with another build, of the same files; this project's if `None`.
    pub build: Option<PathBuf>,
    /// `host:port` of an application, the one thing that it then reaches.
    pub application: Option<String>,
}

#[derive(Debug)]
pub struct Workerd {
    binary: PathBuf,
    folder: PathBuf,
    manifest: Manifest,
    modules: Vec<Module>,
    workers: Vec<Worker>,
    outside: String,
    admin_port: u16,
    log: PathBuf,
    process: Option<Process>,
}

impl Workerd {
    /// Copies the build and the assets to `folder`, so that a rebuild does not
    /// change a running worker, and starts it.
    pub async fn start(
        project: &Project,
        folder: PathBuf,
        workers: &[WorkerOptions],
        outside: String,
        log: PathBuf,
    ) -> Result<Self> {
        let binary = project.workerd();
        ensure!(
            binary.exists(),
            "workerd is missing at {}; run `npm ci --ignore-scripts`",
            binary.display()
        );
        let manifest = Manifest::read(&project.at("wrangler.toml"))?;
        let main = project.at(&manifest.main);
        ensure!(main.exists(), "{} is not built; run `scripts/build`", manifest.main);
        let build = main.parent().context("the worker's entry lies in a folder")?;
        files::copy_tree(build, &folder.join("build"))?;
        if let Some(assets) = &manifest.assets {
            files::copy_tree(&project.at(&assets.directory), &folder.join("assets"))?;
        }
        std::fs::create_dir_all(folder.join("stores"))?;
        std::fs::write(folder.join("ratelimit.js"), include_str!("workerd/ratelimit.js"))?;
        std::fs::write(folder.join("r2.js"), include_str!("workerd/r2.js"))?;
        std::fs::write(folder.join("admin.js"), include_str!("workerd/admin.js"))?;
        let entry = main.file_name().context("the worker's entry has a name")?.to_string_lossy();
        let mut made = Self {
            modules: modules_of(&folder.join("build"), &entry)?,
            binary,
            folder,
            manifest,
            workers: Vec::new(),
            outside,
            admin_port: ports::free(),
            log,
            process: None,
        };
        made.set_workers(workers)?;
        made.start_again().await?;
        Ok(made)
    }

    /// The address for visitors of the worker with this index.
    #[must_use]
    pub fn url(&self, worker: usize) -> String {
        let port = self.workers.get(worker).map_or(0, |worker| worker.port);
        format!("http://127.0.0.1:{port}")
    }

    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// The address that skips the assets' router, for load tests.
    #[must_use]
    pub fn direct_url(&self, worker: usize) -> String {
        let port = self.workers.get(worker).map_or(0, |worker| worker.direct_port);
        format!("http://127.0.0.1:{port}")
    }

    /// The address of the admin service: `/cron/<worker>?cron=`,
    /// `/kv/<binding>/<key>`, `/queue/<queue>`, `/bucket/<binding>/<key>`,
    /// `/bucket-away/<binding>`.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.admin_port)
    }

    /// Sets variables and builds for the next start; workers that keep their
    /// name keep their ports.
    pub fn set_workers(&mut self, options: &[WorkerOptions]) -> Result<()> {
        let build_of = |options: &WorkerOptions| match &options.build {
            Some(_) => format!("build-{}", options.name),
            None => "build".to_owned(),
        };
        for options in options {
            if let Some(build) = &options.build {
                files::copy_tree(build, &self.folder.join(build_of(options)))?;
            }
        }
        let old = std::mem::take(&mut self.workers);
        self.workers = options
            .iter()
            .map(|options| {
                let before = old.iter().find(|worker| worker.name == options.name);
                Worker {
                    name: options.name.clone(),
                    port: options
                        .port
                        .or(before.map(|worker| worker.port))
                        .unwrap_or_else(ports::free),
                    direct_port: before.map_or_else(ports::free, |worker| worker.direct_port),
                    vars: options.vars.clone(),
                    behind: options.behind,
                    counts_rows: options.counts_rows,
                    meter_fault: options.meter_fault,
                    build: build_of(options),
                    application: options.application.clone(),
                }
            })
            .collect();
        Ok(())
    }

    /// The folder with a SQLite file for each redemption object.
    #[must_use]
    pub fn redemptions(&self) -> PathBuf {
        self.folder.join("stores").join("munjigi-Redemptions")
    }

    /// Restarts it with the same stores and ports, after `stop` or `kill`.
    pub async fn start_again(&mut self) -> Result<()> {
        self.kill();
        let assets = self.folder.join("assets");
        let headers = std::fs::read_to_string(assets.join("_headers")).unwrap_or_default();
        let text = config::render(&Setting {
            manifest: &self.manifest,
            workers: &self.workers,
            modules: &self.modules,
            assets: &assets.to_string_lossy(),
            headers: &headers,
            stores: &self.folder.join("stores").to_string_lossy(),
            outside: &self.outside,
            admin_port: self.admin_port,
        });
        // The variables hold keys.
        files::write_private(&self.folder.join("config.capnp"), &text)?;
        let mut program = Program::new("workerd", &self.binary, self.log.clone());
        program
            .command()
            .args(["serve", "--experimental", "config.capnp", "config"])
            .current_dir(&self.folder);
        let address = ("127.0.0.1", self.admin_port);
        let is_up = async |_| TcpStream::connect(address).await.is_ok();
        self.bring_up(program, START_WITHIN, is_up).await
    }
}

impl Service for Workerd {
    const STOP_WITHIN: Duration = Duration::from_secs(10);

    fn process(&mut self) -> &mut Option<Process> {
        &mut self.process
    }
}

/// Every module below the build folder, the entry first.
fn modules_of(build: &Path, entry: &str) -> Result<Vec<Module>> {
    let mut found = Vec::new();
    let mut folders = vec![build.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let listing =
            std::fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))?;
        for item in listing {
            let path = item?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(build)?.to_string_lossy().into_owned();
            match path.extension().and_then(std::ffi::OsStr::to_str) {
                Some("js" | "mjs") => found.push(Module::Script(name)),
                Some("wasm") => found.push(Module::Wasm(name)),
                _ => {}
            }
        }
    }
    found.sort_by_key(|module| match module {
        Module::Script(name) if name == entry => (0, name.clone()),
        Module::Script(name) | Module::Wasm(name) => (1, name.clone()),
    });
    Ok(found)
}
