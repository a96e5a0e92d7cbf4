//! Publishes the worker: the prerequisites, what would be uploaded, and the
//! upload itself. Wrangler does the work.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::manifest::Manifest;
use crate::node::Node;
use crate::project::Project;
use crate::{files, say};

/// Largest compressed worker, including its glue.
pub const MAX_GZIP_KIB: f64 = 316.0;

const SECRETS: [&str; 3] = ["MUNJIGI_ROOT_KEYS", "MUNJIGI_INTERNAL_KEYS", "MUNJIGI_KEY_CHECK"];
const PLACEHOLDER: &str = "00000000000000000000000000000000";

/// Checks `wrangler.toml`, packs the worker and prints its size. Needs neither
/// login nor network.
pub fn dry_run(project: &Project) -> Result<()> {
    let manifest = Manifest::read(&project.at("wrangler.toml"))?;
    let problems = problems_of(&manifest);
    ensure!(problems.is_empty(), "wrangler.toml: {}", problems.join("; "));
    ensure!(
        project.at(&manifest.main).exists(),
        "{} is not built; run `scripts/build`",
        manifest.main
    );
    let packed = project.state().join("publish");
    let mut wrangler = wrangler(project, &["deploy", "--dry-run", "--outdir"])?;
    let output = files::output_of(wrangler.arg(&packed), None)?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}{}", String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "wrangler ended with {}", output.status);
    let size = gzip_kib(&text).context("wrangler printed no size")?;
    say::line(&format!("   worker: {size} KiB gzip, at most {MAX_GZIP_KIB} KiB"));
    ensure!(size <= MAX_GZIP_KIB, "the worker is larger than {MAX_GZIP_KIB} KiB gzip");
    Ok(())
}

/// Publishes after the same checks and after those that need a login.
pub fn publish(project: &Project) -> Result<()> {
    dry_run(project)?;
    let text = std::fs::read_to_string(project.at("wrangler.toml"))?;
    ensure!(
        !text.contains(PLACEHOLDER),
        "wrangler.toml still has the placeholder id of a KV namespace; replace it with your own: `npx wrangler kv namespace create SITES`"
    );
    let manifest = Manifest::read(&project.at("wrangler.toml"))?;
    let origin = manifest.vars.get("MUNJIGI_ORIGIN_URL").map_or("", String::as_str);
    ensure!(
        !is_loopback(origin),
        "MUNJIGI_ORIGIN_URL in wrangler.toml is {origin}, which the edge cannot reach; set it to your origin's public URL, or leave it empty to keep events at the edge"
    );
    let missing = missing_secrets(project)?;
    ensure!(
        missing.is_empty(),
        "secrets are missing: {}; generate them with `munjigi keys generate` and set each with `npx wrangler secret put NAME`",
        missing.join(", ")
    );
    say::run("wrangler deploy", "see the messages above", &mut wrangler(project, &["deploy"])?)?;
    say::line("\nUndo: `npx wrangler rollback` restores the previous version.");
    Ok(())
}

fn wrangler(project: &Project, arguments: &[&str]) -> Result<Command> {
    let mut command = Node::find(project)?.command();
    command.arg(project.wrangler()).args(arguments).current_dir(project.root());
    Ok(command)
}

fn missing_secrets(project: &Project) -> Result<Vec<String>> {
    let output = files::output_of(&mut wrangler(project, &["secret", "list"])?, None)?;
    if !output.status.success() {
        bail!(
            "wrangler cannot list the worker's secrets; log in with `npx wrangler login`:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let there: Vec<serde_json::Value> =
        serde_json::from_str(text.trim()).context("wrangler's list of secrets")?;
    let there: BTreeSet<&str> = there.iter().filter_map(|secret| secret["name"].as_str()).collect();
    Ok(SECRETS.iter().filter(|name| !there.contains(*name)).map(ToString::to_string).collect())
}

/// What the worker would lack when it runs.
fn problems_of(manifest: &Manifest) -> Vec<String> {
    let objects = &manifest.durable_objects.bindings;
    let queues = &manifest.queues;
    let assets = manifest.assets.as_ref().and_then(|assets| assets.binding.as_deref());
    let bound = [
        ("KV binding SITES", manifest.kv_namespaces.iter().any(|kv| kv.binding == "SITES")),
        ("bucket PICTURES", manifest.r2_buckets.iter().any(|r2| r2.binding == "PICTURES")),
        ("Durable Object REDEMPTIONS", objects.iter().any(|object| object.name == "REDEMPTIONS")),
        ("queue producer COUNTS", queues.producers.iter().any(|queue| queue.binding == "COUNTS")),
        (
            "consumer of each queue produced for",
            queues
                .producers
                .iter()
                .all(|sent| queues.consumers.iter().any(|taken| taken.queue == sent.queue)),
        ),
        ("assets binding ASSETS", assets == Some("ASSETS")),
        ("a cron trigger", !manifest.triggers.crons.is_empty()),
    ];
    let limits =
        ["CLIENT_LIMIT", "CHALLENGE_LIMIT", "SOLUTION_LIMIT", "VERIFY_LIMIT", "INTERNAL_LIMIT"];
    let limiters = limits
        .iter()
        .filter(|name| !manifest.ratelimits.iter().any(|limiter| limiter.name == **name))
        .map(|name| format!("rate limiter {name} is missing"));
    let exposed = SECRETS
        .iter()
        .filter(|name| manifest.vars.contains_key(**name))
        .map(|name| format!("{name} is a secret but is set in [vars]"));
    let local = manifest.vars.contains_key("MUNJIGI_LOCAL");
    let addresses = manifest.observability.logs_invocations();
    bound
        .iter()
        .filter(|(_, there)| !there)
        .map(|(what, _)| format!("{what} is missing"))
        .chain(limiters)
        .chain(exposed)
        .chain(local.then(|| "MUNJIGI_LOCAL is for a developer's machine only".to_owned()))
        .chain(addresses.then(|| {
            "the platform's invocation logs contain visitors' addresses: set `invocation_logs = \
             false` under [observability.logs]"
                .to_owned()
        }))
        .collect()
}

/// Whether an address means the machine on which it is read.
fn is_loopback(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or(url);
    ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name))
}

/// Reads wrangler's "Total Upload: 267.99 KiB / gzip: 100.79 KiB".
fn gzip_kib(text: &str) -> Option<f64> {
    let after = text.split("gzip: ").nth(1)?;
    after.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::EXAMPLE;

    #[test]
    fn missing_bindings_and_exposed_secrets_are_named() {
        let text = EXAMPLE.replace("[vars]", "[vars]\nMUNJIGI_ROOT_KEYS = \"a:b\"");
        let problems = problems_of(&Manifest::parse(&text).unwrap()).join("; ");
        assert!(problems.contains("VERIFY_LIMIT is missing"), "{problems}");
        assert!(problems.contains("MUNJIGI_ROOT_KEYS is a secret"), "{problems}");
        assert!(!problems.contains("SITES"), "{problems}");
    }

    #[test]
    fn logs_that_would_hold_addresses_are_not_published() {
        let problems = |more: &str| {
            let text = format!("{EXAMPLE}\n{more}");
            problems_of(&Manifest::parse(&text).unwrap()).join("; ").contains("invocation logs")
        };
        assert!(problems("[observability]\nenabled = true"));
        assert!(problems("[observability.logs]\nenabled = true"));
        assert!(problems("[observability.logs]\nenabled = true\ninvocation_logs = true"));
        assert!(!problems(
            "[observability]\nenabled = true\n[observability.logs]\ninvocation_logs = false"
        ));
        assert!(!problems(""));
    }

    #[test]
    fn an_address_of_this_machine_is_not_published() {
        assert!(is_loopback("http://localhost:8080") && is_loopback("http://127.0.0.1"));
        assert!(!is_loopback("https://origin.example") && !is_loopback(""));
    }

    #[test]
    fn wranglers_size_is_read() {
        let text = "Total Upload: 267.99 KiB / gzip: 100.79 KiB\n";
        assert_eq!(gzip_kib(text), Some(100.79));
        assert_eq!(gzip_kib("nothing"), None);
    }
}
