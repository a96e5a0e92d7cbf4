//! `munjigi-tools test`: runs every check, or the named ones.

use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::checks::{self, Check, Context, OnFailure, Snapshot, since};
use crate::clock::Stopwatch;
use crate::node::Node;
use crate::postgres::{Data, Postgres};
use crate::process::Service;
use crate::project::Project;
use crate::queries;
use crate::say;
use crate::setup::require::{Part, Required};
use crate::setup::{
    self, browsers, languages, old_builds, pgbouncer, photos, programs, proxies, python, vulkan,
};

/// Arguments of `munjigi-tools test`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run all checks, even after a failure
    #[arg(long)]
    keep_going: bool,
    /// Run only the checks that changes since this commit concern
    #[arg(long, value_name = "COMMIT", conflicts_with = "names")]
    since: Option<String>,
    /// Run only these checks
    names: Vec<String>,
}

pub async fn run(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    let chosen = match &arguments.since {
        Some(commit) => chosen_since(project, commit)?,
        None => choose(&arguments.names)?,
    };
    let watch = Stopwatch::start();
    let before = Snapshot::take(project)?;
    let required = Required::from_environment()?;
    setup::for_building(project)?;
    old_builds::remove(project)?;
    let browsers = browsers::prepare(project, &required)?;
    let redis = programs::prepare(&programs::REDIS, project, &required)?;
    let strace = programs::prepare(&programs::STRACE, project, &required)?;
    let install = programs::prepare(&programs::INSTALL, project, &required)?;
    let languages = languages::prepare(&required)?;
    let monitoring = programs::prepare(&programs::MONITORING, project, &required)?;
    let pgbouncer = pgbouncer::prepare(project, &required)?;
    let photos = photos::prepare(project, &required)?;
    let proxies = proxies::prepare(project, &required)?;
    let vulkan = vulkan::prepare(project, &required)?;
    let python = required.settle(Part::Python, python::prepare(project))?;
    let (database_url, mut ours) = if let Ok(given) = std::env::var("MUNJIGI_DATABASE_URL") {
        (given, None)
    } else {
        let log = project.state().join("logs/postgres-tests.log");
        let postgres = Postgres::start(project, Data::Temporary, None, log).await?;
        // Every test's database is a copy of it.
        let template = postgres.url_of("template1");
        queries::migrate(&template, &project.at("origin/store/migrations")).await?;
        (postgres.url(), Some(postgres))
    };
    let context = Context {
        project: project.clone(),
        node: Node::find(project)?,
        required,
        browsers,
        install,
        languages,
        monitoring,
        pgbouncer,
        photos,
        proxies,
        python,
        redis,
        strace,
        vulkan,
        database_url,
        before,
        programs: std::sync::Mutex::default(),
    };
    let on_failure = if arguments.keep_going { OnFailure::Go } else { OnFailure::Stop };
    let summary = tokio::task::block_in_place(|| checks::run(&context, &chosen, on_failure));
    if let Some(postgres) = &mut ours {
        postgres.stop().await?;
    }
    say::heading(&format!("Summary after {watch}"));
    println!("{summary}");
    Ok(if summary.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The checks that changes concern; says why, and which are left out.
fn chosen_since(project: &Project, commit: &str) -> Result<Vec<Check>> {
    let all = since::concerned(project, commit)?;
    say::heading(&format!("What changed since {commit} concerns"));
    for (check, path) in &all {
        let why = path.as_deref().unwrap_or("nothing: left out");
        println!("   {:<14}{why}", check.name);
    }
    Ok(all.into_iter().filter_map(|(check, path)| path.map(|_| check)).collect())
}

fn choose(names: &[String]) -> Result<Vec<Check>> {
    let known: Vec<&str> = checks::ALL.iter().map(|check| check.name).collect();
    for name in names {
        ensure!(
            known.contains(&name.as_str()),
            "no check `{name}`; available checks: {}",
            known.join(", ")
        );
    }
    let wanted = |check: &&Check| names.is_empty() || names.iter().any(|name| name == check.name);
    Ok(checks::ALL.iter().filter(wanted).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_every_check_and_an_unknown_one_is_refused() {
        assert_eq!(choose(&[]).unwrap().len(), checks::ALL.len());
        assert_eq!(choose(&["clippy".to_owned()]).unwrap().len(), 1);
        assert!(choose(&["clipy".to_owned()]).is_err());
    }
}
