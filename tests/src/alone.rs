//! A gate of its own, as an operator starts it: no Postgres, no origin, no
//! Worker.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use munjigi_tools::gate::Gate;
use munjigi_tools::project::Project;
use munjigi_tools::stack::Site;
use tempfile::TempDir;

/// A new installation with a site for pages on this machine, and its gate.
#[derive(Debug)]
pub struct Alone {
    pub folder: TempDir,
    pub site: Site,
    pub gate: Gate,
}

impl Alone {
    pub async fn start() -> Result<Self> {
        Self::start_with(str::to_owned).await
    }

    /// `edit` is what an operator does to the settings before the gate starts.
    pub async fn start_with(edit: impl FnOnce(&str) -> String) -> Result<Self> {
        let (project, folder) = (Project::here(), tempfile::tempdir()?);
        let told = Gate::run(&project, &["init", &folder.path().to_string_lossy()])?;
        let site = site(&told)?;
        let (file, log) = (folder.path().join("gate.toml"), folder.path().join("gate.log"));
        std::fs::write(&file, edit(&std::fs::read_to_string(&file)?))?;
        let gate = Gate::start_from(&project, &file, log).await?;
        Ok(Self { folder, site, gate })
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("gate.toml")
    }

    pub fn log(&self) -> std::io::Result<String> {
        std::fs::read_to_string(self.folder.path().join("gate.log"))
    }
}

/// Settings with which tokens cost nothing, for as many as a test needs.
pub fn cheaply(settings: &str) -> String {
    let easy = "work = { floor = 1, ceiling = 1 }, hosts =";
    let limits = "client_limit = 100_000\nchallenge_limit = 100_000\nsolution_limit = 100_000";
    format!("{limits}\n{}", settings.replace("hosts =", easy))
}

/// The site whose keys a command has printed.
pub fn site(told: &str) -> Result<Site> {
    let value = |name: &str| {
        let line = told.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(|value| value.trim().to_owned()).with_context(|| format!("{name}: {told}"))
    };
    let (sitekey, secret) = (value("sitekey")?, value("secret")?);
    Ok(Site { sitekey, secret, hostname: "localhost".to_owned(), alias: None })
}
