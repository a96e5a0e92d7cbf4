//! The stack's edge: plain workerd, wrangler or the gate, with the same
//! operations.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::gate::Gate;
use crate::http::{self, answers};
use crate::process::Service;
use crate::project::Project;
use crate::wait;
use crate::workerd::{MeterFault, WorkerOptions, Workerd};
use crate::wrangler::Wrangler;

const HEALTHY_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EdgeKind {
    /// Plain workerd: quick to start and to kill, the worker itself is fast.
    #[default]
    Workerd,
    /// `wrangler dev`.
    Wrangler,
    Gate,
}

/// Variables of one worker that override the stack's.
#[derive(Debug, Clone, Default)]
pub struct Variant {
    /// Such as another ring or another number of shards.
    pub vars: BTreeMap<String, String>,
    /// How far plain workerd's clock is behind.
    pub behind: Duration,
    /// Whether plain workerd reports at `/__rows` how many rows the first
    /// worker's objects wrote, by the runtime's own counter.
    pub counts_rows: bool,
    /// What is wrong with the first worker's meter, on plain workerd.
    pub meter_fault: MeterFault,
    /// A folder with another build of the worker, on plain workerd.
    pub build: Option<PathBuf>,
    /// `host:port` of an application behind a route of the worker, on plain
    /// workerd. It is reached in place of the origin.
    pub application: Option<String>,
}

#[derive(Debug)]
pub enum Edge {
    Workerd(Box<Workerd>),
    /// `wrangler dev`.
    Wrangler(Box<Wrangler>),
    Gate(Box<Gate>),
}

pub(super) struct Plan<'a> {
    pub(super) project: &'a Project,
    pub(super) kind: EdgeKind,
    pub(super) folder: PathBuf,
    pub(super) port: u16,
    pub(super) variants: Vec<Variant>,
    pub(super) outside: String,
    pub(super) log: PathBuf,
}

/// The variants merged with the stack's own variables; at least one.
pub(super) fn variants(given: &[Variant], shared: &BTreeMap<String, String>) -> Vec<Variant> {
    let plain = [Variant::default()];
    let given = if given.is_empty() { &plain[..] } else { given };
    given
        .iter()
        .map(|variant| {
            let mut vars = shared.clone();
            vars.extend(variant.vars.clone());
            Variant { vars, ..variant.clone() }
        })
        .collect()
}

pub(super) async fn start(plan: Plan<'_>) -> Result<Edge> {
    let edge = match plan.kind {
        EdgeKind::Workerd => {
            let mut workers = workers(&plan.variants);
            if let Some(first) = workers.first_mut() {
                first.port = Some(plan.port);
            }
            Edge::Workerd(Box::new(
                Workerd::start(plan.project, plan.folder, &workers, plan.outside, plan.log).await?,
            ))
        }
        EdgeKind::Wrangler => {
            let vars = only(&plan.variants)?;
            let port = Some(plan.port);
            Edge::Wrangler(Box::new(
                Wrangler::start(plan.project, plan.folder, port, vars, plan.log).await?,
            ))
        }
        EdgeKind::Gate => {
            let vars = only(&plan.variants)?;
            let (folder, port) = (plan.folder.join("gate"), plan.port);
            Edge::Gate(Box::new(Gate::start(plan.project, folder, port, vars, plan.log).await?))
        }
    };
    edge.wait_until_healthy().await?;
    Ok(edge)
}

fn only(variants: &[Variant]) -> Result<BTreeMap<String, String>> {
    ensure!(variants.len() <= 1, "wrangler and the gate are one edge; several need plain workerd");
    Ok(first_vars(variants))
}

fn first_vars(variants: &[Variant]) -> BTreeMap<String, String> {
    variants.first().map(|variant| variant.vars.clone()).unwrap_or_default()
}

fn workers(variants: &[Variant]) -> Vec<WorkerOptions> {
    let name = |number| match number {
        0 => "edge".to_owned(),
        more => format!("edge-{}", more + 1),
    };
    let options = |(number, variant): (usize, &Variant)| WorkerOptions {
        name: name(number),
        port: None,
        vars: variant.vars.clone(),
        behind: variant.behind,
        counts_rows: variant.counts_rows,
        meter_fault: variant.meter_fault,
        build: variant.build.clone(),
        application: variant.application.clone(),
    };
    variants.iter().enumerate().map(options).collect()
}

impl Edge {
    /// The first worker's address for visitors.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Workerd(workerd) => workerd.url(0),
            Self::Wrangler(wrangler) => wrangler.url(),
            Self::Gate(gate) => gate.url(),
        }
    }

    /// Every worker's address.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        match self {
            Self::Workerd(workerd) => (0..workerd.workers()).map(|n| workerd.url(n)).collect(),
            Self::Wrangler(_) | Self::Gate(_) => vec![self.url()],
        }
    }

    /// The first worker without the assets' router, for load tests.
    #[must_use]
    pub fn direct_url(&self) -> String {
        match self {
            Self::Workerd(workerd) => workerd.direct_url(0),
            Self::Wrangler(_) | Self::Gate(_) => self.url(),
        }
    }

    #[must_use]
    pub fn admin_url(&self) -> Option<String> {
        match self {
            Self::Workerd(workerd) => Some(workerd.admin_url()),
            Self::Wrangler(_) | Self::Gate(_) => None,
        }
    }

    /// The address of a gate's routes for operators; a worker has none.
    #[must_use]
    pub fn operators(&self) -> Option<String> {
        match self {
            Self::Gate(gate) => Some(gate.operators()),
            Self::Workerd(_) | Self::Wrangler(_) => None,
        }
    }

    pub async fn run_cron(&self, expression: &str) -> Result<()> {
        match self {
            Self::Workerd(workerd) => {
                let url = format!("{}/cron/edge", workerd.admin_url());
                let query = [("cron", expression)];
                let answer = http::client().get(url).query(&query).send().await?;
                answer.error_for_status().context("the cron handler failed")?;
                Ok(())
            }
            Self::Wrangler(wrangler) => wrangler.run_cron(expression).await,
            // It has a clock of its own.
            Self::Gate(_) => Ok(()),
        }
    }

    /// Stops it gracefully.
    pub async fn stop(&mut self) -> Result<()> {
        match self {
            Self::Workerd(workerd) => workerd.stop().await,
            Self::Wrangler(wrangler) => wrangler.stop().await,
            Self::Gate(gate) => gate.stop().await,
        }
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        match self {
            Self::Workerd(workerd) => workerd.kill(),
            Self::Wrangler(wrangler) => wrangler.kill(),
            Self::Gate(gate) => gate.kill(),
        }
    }

    /// Restarts it with the same stores and ports, and waits until it is
    /// healthy.
    pub async fn start_again(&mut self) -> Result<()> {
        match self {
            Self::Workerd(workerd) => workerd.start_again().await?,
            Self::Wrangler(wrangler) => wrangler.start_again().await?,
            Self::Gate(gate) => gate.start_again().await?,
        }
        self.wait_until_healthy().await
    }

    pub(super) fn set_variants(&mut self, variants: &[Variant]) -> Result<()> {
        match self {
            Self::Workerd(workerd) => workerd.set_workers(&workers(variants))?,
            Self::Wrangler(wrangler) => wrangler.set_vars(first_vars(variants)),
            Self::Gate(gate) => gate.set_vars(first_vars(variants)),
        }
        Ok(())
    }

    /// Fails if it has ended by itself.
    pub fn check_alive(&mut self) -> Result<()> {
        match self {
            Self::Workerd(workerd) => workerd.check_alive(),
            Self::Wrangler(wrangler) => wrangler.check_alive(),
            Self::Gate(gate) => gate.check_alive(),
        }
    }

    async fn wait_until_healthy(&self) -> Result<()> {
        for url in self.urls() {
            let health = format!("{url}/health");
            wait::until(&format!("a good answer of {health}"), HEALTHY_WITHIN, async || {
                Ok(answers(&health).await.then_some(()))
            })
            .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use munjigi_process::config::variables::{self, Who};

    use super::*;

    /// One environment may serve all programs, so that none may take the
    /// edge's variables for misspelt ones.
    #[test]
    fn the_other_programs_know_the_edges_variables() {
        let known: Vec<&str> = variables::listed().map(|(variable, _)| variable.name).collect();
        let edges = munjigi_serving::config::VARIABLES.iter().map(|variable| variable.name);
        let (known, unknown): (Vec<&str>, Vec<&str>) = edges.partition(|name| known.contains(name));
        assert!(unknown.is_empty(), "{unknown:?}");
        for (variable, who) in variables::listed().filter(|(_, who)| who.contains(&Who::Edge)) {
            // The Worker's entry reads this one, and passes it to no one.
            let is_known = known.contains(&variable.name) || variable.name == "MUNJIGI_PROTECT";
            assert!(is_known, "{} of {who:?}", variable.name);
        }
    }

    fn vars(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("MUNJIGI_SHARDS".to_owned(), value.to_owned())])
    }

    #[test]
    fn a_variants_variables_override_the_stacks() {
        let all = variants(&[Variant { vars: vars("8,64"), ..Variant::default() }], &vars("64"));
        assert_eq!(all[0].vars, vars("8,64"));
        assert_eq!(variants(&[], &vars("64"))[0].vars, vars("64"));
    }
}
