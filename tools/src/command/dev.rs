//! `munjigi-tools dev`: runs everything on this machine until Ctrl-C.

mod gate;
mod pictures;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::builds::Build;
use crate::clock::Stopwatch;
use crate::http::answers;
use crate::manifest::Manifest;
use crate::node::Node;
use crate::process::{Process, Program};
use crate::project::Project;
use crate::stack::{EdgeKind, Folder, Pictures, Site, Stack, StackOptions};
use crate::wrangler::forget_own_variables;
use crate::{files, ports, say, setup};

use gate::Beside;

const SHOP_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const CRON_EVERY: Duration = Duration::from_mins(5);

/// Arguments of `munjigi-tools dev`. Every port may be set.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Forget the database, keys and sites of earlier starts
    #[arg(long)]
    fresh: bool,
    /// Put the gate in the Worker's place: it starts faster, and needs no wrangler
    #[arg(long)]
    gate: bool,
    /// Port of the edge
    #[arg(long, env = "MUNJIGI_EDGE_PORT", default_value_t = 8787)]
    edge_port: u16,
    /// Port of the origin
    #[arg(long, env = "MUNJIGI_ORIGIN_PORT", default_value_t = 8080)]
    origin_port: u16,
    /// Port of the example shop
    #[arg(long, env = "MUNJIGI_EXAMPLE_PORT", default_value_t = 8788)]
    example_port: u16,
    /// Port of the example shop that shows every visitor a picture
    #[arg(long, env = "MUNJIGI_PICTURES_EXAMPLE_PORT", default_value_t = 8789)]
    pictures_example_port: u16,
    /// Port of the other gate, which has keys and a site of its own
    #[arg(long, env = "MUNJIGI_GATE_PORT", default_value_t = 8786)]
    gate_port: u16,
    /// Port of the gate's form
    #[arg(long, env = "MUNJIGI_GATE_FORM_PORT", default_value_t = 8784)]
    gate_form_port: u16,
    /// Port of the gpu-backend
    #[arg(long, env = "MUNJIGI_GPU_PORT", default_value_t = 8090)]
    gpu_port: u16,
}

/// Starts everything and waits.
pub async fn run(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    let watch = Stopwatch::start();
    let wanted = [
        ("edge", "MUNJIGI_EDGE_PORT", arguments.edge_port),
        ("origin", "MUNJIGI_ORIGIN_PORT", arguments.origin_port),
        ("example shop", "MUNJIGI_EXAMPLE_PORT", arguments.example_port),
        (
            "example shop with pictures",
            "MUNJIGI_PICTURES_EXAMPLE_PORT",
            arguments.pictures_example_port,
        ),
        ("gate", "MUNJIGI_GATE_PORT", arguments.gate_port),
        ("gate's form", "MUNJIGI_GATE_FORM_PORT", arguments.gate_form_port),
        ("gpu-backend", "MUNJIGI_GPU_PORT", arguments.gpu_port),
    ];
    for (what, variable, port) in wanted {
        ensure!(
            ports::is_free(port),
            "port {port} (the {what}'s) is in use; is another scripts/dev running? Set {variable} to use another port"
        );
    }
    if arguments.fresh {
        forget(&project.state())?;
    }
    setup::for_building(project)?;
    say::heading("Build");
    Build::ensure_all(project)?;
    Build::Gate.ensure(project)?;
    say::heading("Start");
    let (mut stack, mut shops, mut gate) = tokio::select! {
        started = start(project, arguments) => started?,
        stopped = super::stop_requested() => {
            stopped?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    announce(project, &stack, &gate, arguments)?;
    println!("\nStarted in {watch}. Ctrl-C stops all of it.\n");

    let watched = watch_over(project, &mut stack, &mut shops, &mut gate);
    tokio::select! {
        ended = watched => ended?,
        stopped = super::stop_requested() => stopped?,
    }
    println!("\nStopping.");
    drop((shops, gate));
    stack.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn start(project: &Project, arguments: Arguments) -> Result<(Stack, [Process; 2], Beside)> {
    let state = project.state();
    let options = StackOptions {
        folder: Folder::Kept(state.clone()),
        edge: if arguments.gate { EdgeKind::Gate } else { EdgeKind::Wrangler },
        edge_port: Some(arguments.edge_port),
        origin_port: Some(arguments.origin_port),
        pictures: Pictures::Later,
        gpu_port: Some(arguments.gpu_port),
        // Two cores draw these within minutes; operators keep more.
        origin_variables: BTreeMap::from([("MUNJIGI_PICTURES_PER_PACK".into(), "16".into())]),
        logs: Some(state.join("logs")),
        ..StackOptions::default()
    };
    let stack = Stack::start_saying(options, |what| println!("   {what}")).await?;
    println!("   a demo account");
    let mut words = vec!["account", "demo"];
    for site in [&stack.site, &stack.pictures_site] {
        words.extend(["--site", &site.sitekey]);
    }
    let account = stack.origin.run(&words)?;
    for line in account.lines() {
        println!("      {line}");
    }
    println!("   two example shops");
    let shop = start_shop(project, &stack, &stack.site, arguments.example_port).await?;
    let port = arguments.pictures_example_port;
    let pictures_shop = start_shop(project, &stack, &stack.pictures_site, port).await?;
    println!("   a gate beside the Worker");
    let gate = Beside::start(project, arguments.gate_port, arguments.gate_form_port).await?;
    Ok((stack, [shop, pictures_shop], gate))
}

async fn start_shop(project: &Project, stack: &Stack, site: &Site, port: u16) -> Result<Process> {
    let node = Node::find(project)?;
    let log = stack.logs().join(format!("example-{port}.log"));
    let mut program = Program::new("the example shop", node.binary(), log);
    let command = program.command();
    node.prepare(command);
    forget_own_variables(command);
    command
        .arg("examples/shop-node/server.mjs")
        .current_dir(project.root())
        .env("MUNJIGI_EDGE", stack.edge.url())
        .env("MUNJIGI_SITEKEY", &site.sitekey)
        .env("MUNJIGI_SECRET", &site.secret)
        .env("PORT", port.to_string());
    let mut shop = program.start()?;
    let page = format!("http://localhost:{port}/");
    shop.ready_when(SHOP_WITHIN, async || Ok(answers(&page).await)).await?;
    Ok(shop)
}

/// Returns an error when a part ends by itself; calls the worker's crons, which
/// `wrangler dev` does not call. Pictures are drawn meanwhile.
async fn watch_over(
    project: &Project,
    stack: &mut Stack,
    shops: &mut [Process],
    gate: &mut Beside,
) -> Result<()> {
    let crons = Manifest::read(&project.at("wrangler.toml"))?.triggers.crons;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut calls = tokio::time::interval(CRON_EVERY);
    let mut making = pictures::Making::begin(project, stack);
    loop {
        tokio::select! {
            _ = looks.tick() => {
                making.look(stack).await;
                stack.check_alive()?;
                shops.iter_mut().try_for_each(Process::check_alive)?;
                gate.check_alive()?;
            }
            _ = calls.tick() => {
                for cron in &crons {
                    if let Err(error) = stack.edge.run_cron(cron).await {
                        eprintln!("the edge's cron failed: {error:#}");
                    }
                }
            }
        }
    }
}

fn announce(project: &Project, stack: &Stack, gate: &Beside, arguments: Arguments) -> Result<()> {
    let example = format!("http://localhost:{}", arguments.example_port);
    let pictures = format!("http://localhost:{}", arguments.pictures_example_port);
    let described = json!({
        "edge": stack.edge.url(),
        "origin": stack.origin.url(),
        "operators": stack.origin.operators(),
        "gate": gate.gate.url(),
        "gate_operators": gate.gate.operators(),
        "gate_form": gate.form,
        "gate_site": gate.site,
        "gpu": stack.gpu.url(),
        "example": example,
        "pictures_example": pictures,
        "site": stack.site,
        "bench_site": stack.bench_site,
        "pictures_site": stack.pictures_site,
        "dialects": stack.dialect_keys(),
    });
    let file = project.state().join("dev.json");
    files::write_private(&file, &format!("{described:#}\n"))?;
    let Site { sitekey, hostname, .. } = &stack.site;
    println!(
        "\n   example shop   {example}   <- open this one\n   with pictures  {pictures}   <- every visitor gets a picture\n   edge           {}\n   gate           {}   <- the edge as a server: a form is at {}, figures at {}\n   \
         console        {}   <- log in as the demo account, or sign up; emails are under /mailbox\n   for operators  {}/health/ready, /metrics\n   gpu-backend    {}\n   Postgres       {}\n   demo site      {sitekey} for {hostname}\n   \
         logs           {}\n   for tools      {}\n\nCheck it:\n   target/debug/munjigi probe --edge {} \
         --sitekey {sitekey} --secret \"$(node -p \"require('./.munjigi/dev.json').site.secret\")\"",
        stack.edge.url(),
        gate.gate.url(),
        gate.form,
        gate.gate.operators(),
        stack.origin.url(),
        stack.origin.operators(),
        stack.gpu.url(),
        stack.database.url(),
        stack.logs().display(),
        file.display(),
        stack.edge.url(),
    );
    Ok(())
}

fn forget(state: &Path) -> Result<()> {
    for name in ["postgres", "edge", gate::FOLDER, "keys.json", "sites.json", "dev.json"] {
        let path = state.join(name);
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else if path.exists() {
            std::fs::remove_file(&path)
        } else {
            Ok(())
        };
        removed.with_context(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_start_forgets_state_and_keeps_tools() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("postgres/data")).unwrap();
        std::fs::create_dir_all(dir.path().join("tools/bin")).unwrap();
        std::fs::write(dir.path().join("keys.json"), "{}").unwrap();
        forget(dir.path()).unwrap();
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}
