//! `munjigi config`.

use super::table::columns;
use super::{Fail, print};
use crate::config;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi config                 as a table
  munjigi config --markdown      as in the documentation")]
pub struct Arguments {
    /// Print a Markdown table.
    #[arg(long)]
    markdown: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Fail> {
    if arguments.markdown {
        return print(&config::markdown());
    }
    print(&columns(&config::rows()))
}
