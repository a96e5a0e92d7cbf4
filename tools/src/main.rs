//! `munjigi-tools`: the program behind `scripts/`. Each subcommand has its own
//! module.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use munjigi_tools::{command, failures, project::Project};

#[derive(Parser)]
#[command(name = "munjigi-tools", about = "Set-up, local services, checks and publishing")]
struct Arguments {
    #[command(subcommand)]
    subcommand: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing
    Setup(command::setup::Arguments),
    /// Build everything as it is published
    Build(command::build::Arguments),
    /// Write the JavaScript glue of the worker's module
    Bindgen(command::bindgen::Arguments),
    /// Make the gate's archives and container images
    Images(command::images::Arguments),
    /// Start everything on this machine until Ctrl-C
    Dev(command::dev::Arguments),
    /// Run all checks, or only the named ones
    Test(command::test::Arguments),
    /// Compare the origin's translations with each other and with the code
    I18n,
    /// Print the benchmark tables
    Bench(command::bench::Arguments),
    /// Test the gpu-backend on an adapter and record the results
    Prove(command::prove::Arguments),
    /// Publish the worker after checking it
    Publish(command::publish::Arguments),
    /// Start a Postgres; run a command with DATABASE_URL, or print it and wait
    Postgres(command::postgres::Arguments),
    /// Describe the origin's SQL queries in origin/store/.sqlx, or check that
    Queries(command::queries::Arguments),
    /// Write the READMEs' comparison and the names of SECURITY.md's tests
    Readme,
    /// Take the READMEs' screenshots again
    Screenshots,
    /// Start a whole stack, print it as one JSON line, stop when stdin closes
    Stack(command::stack::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.subcommand) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("munjigi-tools: {error:#}");
            eprint!("{}", failures::last_lines(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let project = Project::here();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match task {
            Task::Setup(arguments) => command::setup::run(&project, arguments),
            Task::Build(arguments) => command::build::run(&project, arguments),
            Task::Bindgen(arguments) => command::bindgen::run(&arguments),
            Task::Images(arguments) => command::images::run(&project, &arguments),
            Task::Dev(arguments) => command::dev::run(&project, arguments).await,
            Task::Test(arguments) => command::test::run(&project, arguments).await,
            Task::I18n => command::i18n::run(&project),
            Task::Bench(arguments) => command::bench::run(&project, &arguments),
            Task::Prove(arguments) => command::prove::run(&project, &arguments),
            Task::Publish(arguments) => command::publish::run(&project, arguments),
            Task::Postgres(arguments) => command::postgres::run(&project, arguments).await,
            Task::Queries(arguments) => command::queries::run(&project, arguments).await,
            Task::Readme => command::readme::run(&project),
            Task::Screenshots => command::screenshots::run(&project),
            Task::Stack(arguments) => command::stack::run(arguments).await,
        }
    })
}
