//! `munjigi-tools images`: builds the gate for servers without Rust.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::builds::Build;
use crate::images::{Machine, NAME, Release};
use crate::project::Project;
use crate::setup::cross::Cross;
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
}

pub fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    let machines = match &arguments.machines[..] {
        [] => &[Machine::X86, Machine::Arm],
        named => named,
    };
    let targets: Vec<&str> = machines.iter().map(|machine| machine.target()).collect();
    if !arguments.built {
        setup::for_building(project)?;
    }
    let cross = Cross::prepare(project, &targets)?;
    if !arguments.built {
        say::heading("Build");
        // It is part of the program.
        Build::Widget.run(project)?;
        for target in &targets {
            let mut cargo = cross.build(target)?;
            cargo.args(["-p", NAME]).current_dir(project.root());
            say::run(&format!("{NAME} for {target}"), "see the messages above", &mut cargo)?;
        }
    }
    say::heading("Archives and images");
    let folder = project.at(FOLDER);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("remove the images of an earlier run")?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("create {FOLDER}"))?;
    let release = Release {
        project,
        certificates: std::fs::read(cross.certificates()).context("read certifi's file")?,
        moment: moment()?,
        folder,
    };
    for machine in machines {
        release.write(*machine)?;
    }
    release.sum()?;
    println!("\n{FOLDER}");
    Ok(ExitCode::SUCCESS)
}

/// The time that files bear: `SOURCE_DATE_EPOCH`, or none.
fn moment() -> Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.parse().with_context(|| format!("SOURCE_DATE_EPOCH is {text:?}")),
        Err(_) => Ok(0),
    }
}
