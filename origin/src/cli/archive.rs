//! `munjigi archive …`.

mod list;

use clap::builder::{PathBufValueParser, TypedValueParser as _};
use clap::{Subcommand, ValueHint};

use super::storage::{self, Storage};
use super::{Exit, Fail, Shell};
use crate::archive::Shelf;
use crate::config::{ArchiveConfig, Environment};

const NOTHING: &str = "nothing was listed";

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the days that were put away.
    List(list::Arguments),
}

/// Where to look.
#[derive(Debug, clap::Args)]
struct Where {
    /// A folder, or part of a bucket; otherwise what `MUNJIGI_ARCHIVE` names.
    #[arg(
        long = "in",
        value_name = "FOLDER|s3://BUCKET/PREFIX",
        value_hint = ValueHint::AnyPath,
        value_parser = PathBufValueParser::new().try_map(storage::parse),
    )]
    place: Option<Storage>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        Command::List(arguments) => list::run(&shell.environment, arguments).await,
    }
}

impl Where {
    fn open(&self, environment: &Environment) -> Result<Shelf, Fail> {
        let configured = ArchiveConfig::read_place(environment)?;
        let place = self.place.clone().or(configured);
        let place = place.ok_or_else(|| {
            Fail::new(Exit::Environment, NOTHING, "MUNJIGI_ARCHIVE is not set")
                .fix("set it, or name the place with --in")
        })?;
        Ok(Shelf::open(&place, &storage::settings(NOTHING)?)?)
    }
}
