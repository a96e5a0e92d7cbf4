//! The command line: arguments, and messages for the operator. `registry` and
//! `trust` decide what a model must be.

mod models;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::engine::choice::Wish;

#[derive(Parser)]
#[command(name = "munjigi-gpu-backend", version, about = "Draws and judges Munjigi's pictures")]
struct Arguments {
    /// Where to compute: auto, gpu, cpu, or part of an adapter's name
    #[arg(long, global = true, env = "MUNJIGI_GPU_ENGINE", default_value = "auto")]
    engine: Wish,
    /// The folder of models
    #[arg(long, global = true, env = "MUNJIGI_GPU_MODELS", default_value = "models")]
    models: PathBuf,
    #[command(subcommand)]
    subcommand: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Serve calls over HTTP; the README lists the variables
    Serve,
    /// Manage models
    #[command(subcommand)]
    Models(models::Task),
    /// Print the engines of this machine and why they were chosen
    Engines,
}

/// Runs the command that the process was given.
pub fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("munjigi-gpu-backend: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.subcommand {
        Task::Serve => serve::run(&arguments.engine, &arguments.models),
        Task::Models(task) => {
            start_log();
            models::run(task, &arguments.models, &arguments.engine)
        }
        Task::Engines => {
            start_log();
            println!("{}", crate::engine::choice::Engines::choose(&arguments.engine));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// For commands that end: logs only problems, unless more is requested.
fn start_log() {
    let filter = EnvFilter::try_from_env("MUNJIGI_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
