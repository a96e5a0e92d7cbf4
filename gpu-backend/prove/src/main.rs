//! `munjigi-prove`: proves what an adapter does. Runs the GPU tests on it,
//! measures networks on wonnx and on rten, and records the results. It needs
//! nothing but itself and the test binaries, so that it can be copied to a
//! machine with a GPU and without a compiler.
#![expect(clippy::print_stdout, reason = "a command prints to its caller")]

#[path = "../../tests/cases/mod.rs"]
#[expect(
    dead_code,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    reason = "the tests' networks: they write small numbers, and single operators are not measured"
)]
mod cases;
mod nets;
mod photos;
mod ran;
mod record;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use munjigi_gpu_backend::clock::Stopwatch;
use munjigi_gpu_backend::engine::adapter;
use munjigi_gpu_backend::engine::choice::{Engines, Wish};

use record::Record;

/// The adapter of a machine without a GPU.
const SOFTWARE: &str = "llvmpipe";

#[derive(Parser)]
#[command(name = "munjigi-prove", about = "What an adapter does: tests and networks")]
struct Arguments {
    #[command(subcommand)]
    subcommand: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything, and write it down
    All {
        /// Part of the adapter's name; else a GPU, else Mesa's software adapter
        #[arg(long)]
        adapter: Option<String>,
        /// The folder of the test binaries: engines, service and munjigi-gpu-backend
        #[arg(long, default_value = ".munjigi/prove")]
        binaries: PathBuf,
        /// The gpu-backend's folder in a checkout, in which the tests run
        #[arg(long, default_value = "gpu-backend")]
        folder: PathBuf,
        /// The file that it is written into
        #[arg(long, default_value = "docs/figures.toml")]
        record: PathBuf,
        /// The day, for the record
        #[arg(long)]
        date: String,
        /// After so many minutes no further network is begun
        #[arg(long, default_value_t = 8)]
        minutes: u64,
    },
    /// Networks at batches of 1, 8 and 32: net ×batch, engine, milliseconds to load, first, best
    Nets {
        /// auto, cpu, or part of an adapter's name
        #[arg(default_value = "auto")]
        adapter: Wish,
        /// The folder of models
        #[arg(long, default_value = "models")]
        models: PathBuf,
    },
    /// A classifier on photos whose things are known
    Photos {
        /// auto, cpu, or part of an adapter's name
        #[arg(default_value = "auto")]
        adapter: Wish,
        /// The model's folder, with its version
        #[arg(long)]
        model: PathBuf,
        /// A folder of folders of photos
        #[arg(long)]
        photos: PathBuf,
        /// What they show
        #[arg(long, default_value = "real/truth.toml")]
        truth: PathBuf,
        /// How many batches of 8 the adapter computes as well; otherwise all
        #[arg(long, default_value_t = usize::MAX)]
        batches: usize,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().subcommand) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("munjigi-prove: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::Nets { adapter, models } => {
            let engines = Engines::choose(&adapter);
            println!("{engines}");
            nets::measure(&engines, &models, || false)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Photos { adapter, model, photos, truth, batches } => {
            let engines = Engines::choose(&adapter);
            println!("{engines}\n");
            photos::measure(&engines, &model, &photos, &truth, batches)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::All { adapter, binaries, folder, record, date, minutes } => {
            let start = Stopwatch::start();
            let engines = chosen(adapter)?;
            let gpu = engines.adapter.as_ref().context("an adapter was chosen")?;
            println!("{}", gpu.describe());
            let is_software = !adapter::is_real(gpu.info.device_type);
            if is_software {
                println!("This is a software adapter: nothing here says how fast a GPU is.");
            }
            let tests = ran::run(&binaries, &folder, &gpu.info.name)?;
            println!("GPU tests: {} passed, {} failed", tests.passed, tests.failed);
            let is_time_up = || start.elapsed() > Duration::from_secs(minutes * 60);
            let models = folder.join("models");
            let nets = nets::measure(&engines, &models, is_time_up)?;
            let seen = Record::new(&gpu.info, date, tests, nets);
            seen.write_into(&record)?;
            println!("written into {}", record.display());
            let failed = tests.failed > 0 || tests.passed == 0;
            Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
    }
}

/// A GPU, otherwise the software adapter; or the named one.
fn chosen(adapter: Option<String>) -> Result<Engines> {
    let wishes = match adapter {
        Some(name) => vec![Wish::Named(name.to_lowercase())],
        None => vec![Wish::Auto, Wish::Named(SOFTWARE.to_owned())],
    };
    let mut engines = wishes.iter().map(Engines::choose);
    let found = engines.find(|engines| engines.adapter.is_some());
    found.context("there is no adapter at all: install a driver, or mesa-vulkan-drivers")
}
