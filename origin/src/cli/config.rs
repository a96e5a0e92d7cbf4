//! `munjigi config`.

use super::table::columns;
use super::{Fail, Shell, print};
use crate::config::{self, Config};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi config                 as a table
  munjigi config --markdown      as in the documentation
  munjigi config --check         whether `munjigi serve` would take this environment")]
pub struct Arguments {
    /// Print a Markdown table.
    #[arg(long)]
    markdown: bool,
    /// Report every mistake of this environment, as `munjigi serve` would.
    #[arg(long, conflicts_with = "markdown")]
    check: bool,
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    if arguments.check {
        Config::read(&shell.environment)?;
        return print("This environment has no mistakes.\n");
    }
    if arguments.markdown {
        return print(&config::markdown());
    }
    print(&columns(&config::rows()))
}
