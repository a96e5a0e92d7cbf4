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
    /// A folder. It is created if it does not exist.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<(), Fail> {
    let folder = &arguments.folder;
    write(folder).map_err(|error| {
        Fail::new(Exit::Failed, format!("cannot write man pages to {}", folder.display()), error)
            .fix("choose a folder that you can write to")
    })?;
    let folder = folder.display();
    print(&format!("Wrote munjigi.1 and a page for each command to {folder}\n"))
}

/// Writes a page for every command, and no others.
pub fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(super::Arguments::command(), folder)
}
