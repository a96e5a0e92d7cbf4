//! `munjigi-tools images`: builds the gate for servers without Rust.

use std::process::ExitCode;

use anyhow::Result;

use crate::builds::Build;
use crate::images::{self, Machine, Profile, Wanted};
use crate::project::Project;
use crate::{say, setup};

/// The folder of everything that is made.
const FOLDER: &str = "build/images";

/// Arguments of `munjigi-tools images`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// For these machines alone
    #[arg(value_enum)]
    machines: Vec<Machine>,
    /// Pack what an earlier run built
    #[arg(long)]
    built: bool,
    /// How the program is built
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
}

pub fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    let machines = match &arguments.machines[..] {
        [] => &[Machine::X86, Machine::Arm],
        named => named,
    };
    let wanted = if arguments.built { Wanted::Packing } else { Wanted::All };
    if wanted == Wanted::All {
        setup::for_building(project)?;
        Build::Widget.run(project)?;
    }
    say::heading("Archives and images");
    images::make(project, machines, arguments.profile, project.at(FOLDER), wanted)?;
    println!("\n{FOLDER}");
    Ok(ExitCode::SUCCESS)
}
