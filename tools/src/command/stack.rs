//! `munjigi-tools stack`: runs a whole stack for programs in other languages.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Error, Result};
use clap::ValueEnum;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::stack::{EdgeKind, Folder, Order, Part, Pictures, Stack, StackOptions, Variant, pools};
use crate::workerd::MeterFault;

/// Two cores draw some of every kind in less time.
const FILLED_WITHIN: Duration = Duration::from_mins(5);

/// Arguments of `munjigi-tools stack`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How the edge runs
    #[arg(long, value_enum, default_value_t = Kind::Workerd)]
    edge: Kind,
    /// A variable of the edge, NAME=VALUE; can be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    vars: Vec<(String, String)>,
    /// A variable of the origin, NAME=VALUE; can be repeated
    #[arg(long = "origin-var", value_name = "NAME=VALUE", value_parser = variable)]
    origin_vars: Vec<(String, String)>,
    /// A variable of the gpu-backend, NAME=VALUE; can be repeated
    #[arg(long = "gpu-var", value_name = "NAME=VALUE", value_parser = variable)]
    gpu_vars: Vec<(String, String)>,
    /// Draw pictures, and wait for some of every kind
    #[arg(long)]
    pictures: bool,
    /// Least work of the sites, in expected hashes: little, for tests that do not look at the price
    #[arg(long)]
    work_floor: Option<u64>,
    /// Give the origin a Redis
    #[arg(long)]
    redis: bool,
    /// Put a PgBouncer with so many connections before Postgres
    #[arg(long)]
    pooler: Option<u32>,
    /// Plain workerd reports at `/__rows` how many rows its objects wrote
    #[arg(long)]
    count_rows: bool,
    /// What is wrong with the meter's objects, on plain workerd
    #[arg(long, value_enum, default_value_t)]
    meter_fault: MeterFault,
    /// HOST:PORT of an application behind the edge's route, which plain workerd then reaches in
    /// place of the origin
    #[arg(long)]
    application: Option<String>,
    /// A folder to keep data, keys and sites for the next start
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Folder for logs [default: inside the stack's folder]
    #[arg(long)]
    logs: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Workerd,
    Wrangler,
    Gate,
}

fn variable(text: &str) -> Result<(String, String)> {
    let (name, value) = text.split_once('=').context("not of the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Starts it, prints it, and stops it when standard input closes. A line of
/// input is an order, `kill PART` or `start PART`, which is answered by a line
/// when it is done.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let vars: BTreeMap<String, String> = arguments.vars.into_iter().collect();
    let options = StackOptions {
        edge: match arguments.edge {
            Kind::Workerd => EdgeKind::Workerd,
            Kind::Wrangler => EdgeKind::Wrangler,
            Kind::Gate => EdgeKind::Gate,
        },
        folder: arguments.folder.map_or(Folder::Temporary, Folder::Kept),
        variants: vec![Variant {
            vars,
            counts_rows: arguments.count_rows,
            meter_fault: arguments.meter_fault,
            application: arguments.application,
            ..Variant::default()
        }],
        logs: arguments.logs,
        work_floor: arguments.work_floor,
        redis: arguments.redis,
        pooler: arguments.pooler,
        pictures: if arguments.pictures { Pictures::Made } else { Pictures::None },
        gpu_variables: arguments.gpu_vars.into_iter().collect(),
        origin_variables: arguments.origin_vars.into_iter().collect(),
        ..StackOptions::default()
    };
    let mut stack = tokio::select! {
        started = start(options) => started?,
        stopped = super::stop_requested() => {
            stopped?;
            return Ok(ExitCode::FAILURE);
        }
    };
    println!("{}", stack.describe());
    tokio::select! {
        obeyed = obey(&mut stack, super::lines()) => obeyed?,
        stopped = super::stop_requested() => stopped?,
    }
    stack.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn obey(stack: &mut Stack, mut lines: UnboundedReceiver<String>) -> Result<()> {
    while let Some(line) = lines.recv().await {
        let (order, part) = line.split_once(' ').context("an order must be two words")?;
        let order = Order::from_str(order, false).map_err(Error::msg)?;
        let part = Part::from_str(part, false).map_err(Error::msg)?;
        stack.steer(order, part).await.with_context(|| line.clone())?;
        println!("{}", serde_json::json!({ "done": line }));
    }
    Ok(())
}

async fn start(options: StackOptions) -> Result<Stack> {
    let filled = options.pictures == Pictures::Made;
    let stack = Stack::start_saying(options, |what| eprintln!("starting {what}")).await?;
    if filled {
        eprintln!("filling the pools");
        pools::wait_for_kinds(&stack.database.url(), &pools::KINDS, FILLED_WITHIN).await?;
    }
    Ok(stack)
}
