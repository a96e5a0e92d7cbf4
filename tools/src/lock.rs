//! `Cargo.lock`, as far as tools read it.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::project::Project;

/// Every package that the workspace is built with.
#[derive(Debug, Deserialize)]
pub struct Lock {
    pub package: Vec<Package>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// SHA-256 of its archive, in hex; packages of this workspace have none.
    pub checksum: Option<String>,
}

impl Lock {
    /// Reads the workspace's.
    pub fn read(project: &Project) -> Result<Self> {
        let text = std::fs::read_to_string(project.at("Cargo.lock")).context("read Cargo.lock")?;
        Self::parse(&text)
    }

    /// Parses its text.
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("parse Cargo.lock")
    }
}
