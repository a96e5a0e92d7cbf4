//! `munjigi config`.

use super::table::columns;
use super::{Fail, print};
use crate::config;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi config                 as a table
  munjigi config --markdown      for the documents, which hold this very output")]
pub struct Arguments {
    /// As a Markdown table.
    #[arg(long)]
    markdown: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Fail> {
    if arguments.markdown {
        return print(&config::markdown());
    }
    print(&columns(&config::rows()))
}
