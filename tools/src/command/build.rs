//! `munjigi-tools build`: builds everything as it is published.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::builds::Build;
use crate::project::Project;
use crate::{say, setup};

/// Arguments of `munjigi-tools build`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Nothing but this
    #[arg(value_enum, conflicts_with_all = ["origin", "gpu_backend"])]
    only: Option<Only>,
    /// Also the optimised `munjigi` command
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    origin: bool,
    /// Also the optimised gpu-backend, which takes minutes
    #[arg(long)]
    gpu_backend: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Only {
    /// The widget
    Widget,
    /// The optimised gate, with the widget in it
    Gate,
}

pub fn run(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    setup::for_building(project)?;
    say::heading("Build");
    Build::Widget.run(project)?;
    match arguments.only {
        Some(Only::Widget) => return Ok(ExitCode::SUCCESS),
        Some(Only::Gate) => {
            release(project, "munjigi-gate")?;
            println!("\ntarget/release/munjigi-gate");
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    Build::Worker.run(project)?;
    if arguments.origin {
        release(project, "munjigi-origin")?;
    }
    if arguments.gpu_backend {
        let steps = "cd gpu-backend && sh set-up && \
                     exec cargo build --release --locked --bin munjigi-gpu-backend";
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", steps]).env("CARGO_TARGET_DIR", project.target());
        say::run("gpu-backend", "see the messages above", shell.current_dir(project.root()))?;
        println!("\ntarget/release/munjigi-gpu-backend; its models are in gpu-backend/models");
    }
    println!("\nbuild/ (worker), dist/ (assets), target/release/munjigi (origin)");
    Ok(ExitCode::SUCCESS)
}

/// Builds a package as it is published.
fn release(project: &Project, package: &str) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--locked", "-p", package])
        .env("SQLX_OFFLINE", "true")
        .current_dir(project.root());
    say::run(package, "see the messages above", &mut cargo)
}
