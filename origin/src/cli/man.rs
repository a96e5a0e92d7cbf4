//! `munjigi man`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::CommandFactory;

use super::{Exit, Fail, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi man ~/.local/share/man/man1
  man munjigi-site-set")]
pub struct Arguments {
    /// A folder; it is made where it is missing.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<(), Fail> {
    let folder = &arguments.folder;
    write(folder).map_err(|error| {
        Fail::new(Exit::Failed, format!("no pages in {}", folder.display()), error)
            .mend("name a folder that can be written to")
    })?;
    let folder = folder.display();
    print(&format!("wrote munjigi.1 and a page for each command into {folder}\n"))
}

/// Writes a page for every command, and none besides.
pub fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(super::Arguments::command(), folder)
}
