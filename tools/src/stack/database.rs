//! The stack's database: ours, or one that is given and never touched but by
//! its address.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::postgres::{Data, Postgres};
use crate::process::Service;
use crate::project::Project;

/// A database to connect to.
#[derive(Debug)]
pub enum Database {
    /// Started here.
    Ours(Box<Postgres>),
    /// `MUNJIGI_DATABASE_URL`.
    Given(String),
}

impl Database {
    pub(super) async fn start(
        project: &Project,
        given: Option<String>,
        data: Data,
        log: PathBuf,
    ) -> Result<Self> {
        match given {
            Some(url) => Ok(Self::Given(url)),
            None => Ok(Self::Ours(Box::new(Postgres::start(project, data, None, log).await?))),
        }
    }

    /// The connection string.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Ours(postgres) => postgres.url(),
            Self::Given(url) => url.clone(),
        }
    }

    /// A fast shutdown; nothing where the database is not ours.
    pub async fn stop(&mut self) -> Result<()> {
        match self {
            Self::Ours(postgres) => postgres.stop().await,
            Self::Given(_) => Ok(()),
        }
    }

    /// The Postgres itself, to stop, kill and start again.
    pub fn ours(&mut self) -> Result<&mut Postgres> {
        match self {
            Self::Ours(postgres) => Some(&mut **postgres),
            Self::Given(_) => None,
        }
        .context("this test stops Postgres; run it without MUNJIGI_DATABASE_URL")
    }

    pub(super) fn check_alive(&mut self) -> Result<()> {
        match self {
            Self::Ours(postgres) => postgres.check_alive(),
            Self::Given(_) => Ok(()),
        }
    }
}
