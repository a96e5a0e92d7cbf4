//! The stack's database: our own, or a given one that is only used through its
//! address.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{DATA, Folder, SITES};
use crate::postgres::{Data, Postgres};
use crate::process::Service;
use crate::project::Project;

#[derive(Debug)]
pub enum Database {
    /// Started by the stack.
    Ours(Box<Postgres>),
    /// The database that `MUNJIGI_DATABASE_URL` names.
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

    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Ours(postgres) => postgres.url(),
            Self::Given(url) => url.clone(),
        }
    }

    /// What to do if it cannot be migrated.
    pub(super) fn remedy(&self, folder: &Folder) -> String {
        match (self, folder) {
            (Self::Ours(_), Folder::Kept(folder)) => {
                let (data, sites) = (folder.join(DATA), folder.join(SITES));
                format!(
                    "migrate the database in {0}; if a development version before 0.1.0 made it, \
                     start over with `scripts/dev --fresh`, or delete {0} and {1}",
                    data.display(),
                    sites.display()
                )
            }
            _ => "migrate the database".to_owned(),
        }
    }

    /// Stops our own database with a fast shutdown; leaves a given one alone.
    pub async fn stop(&mut self) -> Result<()> {
        match self {
            Self::Ours(postgres) => postgres.stop().await,
            Self::Given(_) => Ok(()),
        }
    }

    /// The Postgres itself, to stop, kill and restart it; an error for a given
    /// one.
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
