//! `munjigi completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Fail, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi completions bash > ~/.local/share/bash-completion/completions/munjigi")]
pub struct Arguments {
    /// The shell.
    shell: Shell,
}

pub fn run(arguments: &Arguments) -> Result<(), Fail> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::Arguments::command(),
        "munjigi",
        &mut script,
    );
    print(&String::from_utf8_lossy(&script))
}
