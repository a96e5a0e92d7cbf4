//! The committed description of the origin's SQL queries: written from a real
//! Postgres with the migrations applied, and compared with it. The same as
//! `cargo sqlx prepare`, without five minutes of installation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::postgres::{Data, Postgres};
use crate::process::Service;
use crate::project::Project;
use crate::{clock, say};

/// File names with their contents as JSON.
type Descriptions = BTreeMap<String, Value>;

/// The crate that holds every query.
const CRATE_ROOT: &str = "origin/store/src/lib.rs";

/// The folder of the committed descriptions.
fn committed(project: &Project) -> PathBuf {
    project.at("origin/store/.sqlx")
}

pub async fn prepare(project: &Project) -> Result<()> {
    let fresh = describe(project).await?;
    let folder = committed(project);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("remove the old descriptions")?;
    }
    std::fs::create_dir_all(&folder)?;
    for (name, description) in &fresh {
        let text = format!("{}\n", serde_json::to_string_pretty(&sorted(description))?);
        std::fs::write(folder.join(name), text)?;
    }
    say::line(&format!("   {} queries described in {}", fresh.len(), folder.display()));
    Ok(())
}

/// The same value with the keys of every object in order, whatever features of
/// `serde_json` this program was built with.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            fields.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        plain => plain.clone(),
    }
}

/// Fails if the committed descriptions do not match the sources.
pub async fn check(project: &Project) -> Result<()> {
    let remedy = "run `target/debug/munjigi-tools queries` and commit origin/store/.sqlx";
    let kept = read(&committed(project))?;
    let fresh = describe(project).await?;
    let differing: Vec<&str> = fresh
        .iter()
        .filter(|(name, description)| kept.get(*name) != Some(description))
        .map(|(name, _)| name.as_str())
        .chain(kept.keys().filter(|name| !fresh.contains_key(*name)).map(String::as_str))
        .collect();
    ensure!(differing.is_empty(), "stale or missing: {}; {remedy}", differing.join(", "));
    Ok(())
}

async fn describe(project: &Project) -> Result<Descriptions> {
    let log = project.state().join("logs/postgres-queries.log");
    let mut postgres = Postgres::start(project, Data::Temporary, None, log).await?;
    let folder = tempfile::tempdir()?;
    // The compiler does not know that the crate depends on the database, so its
    // root becomes new, and old again for all who do not ask the database.
    let root = std::fs::File::options().append(true).open(project.at(CRATE_ROOT))?;
    let modified = root.metadata()?.modified()?;
    root.set_modified(clock::wall())?;
    let described = async {
        migrate(&postgres.url(), &project.at("origin/store/migrations")).await?;
        let mut cargo = Command::new("cargo");
        cargo
            .args(["check", "--quiet", "-p", "munjigi-store", "--all-targets"])
            .current_dir(project.root())
            .env("DATABASE_URL", postgres.url())
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", folder.path());
        say::run("describing queries", "see the messages above", &mut cargo)
    }
    .await;
    root.set_modified(modified)?;
    postgres.stop().await?;
    described?;
    read(folder.path())
}

/// Applies the migrations in a folder to the database.
pub async fn migrate(url: &str, migrations: &Path) -> Result<()> {
    let pool = sqlx::PgPool::connect(url).await.context("connect to Postgres")?;
    let migrator = sqlx::migrate::Migrator::new(migrations.to_path_buf()).await?;
    migrator.run(&pool).await.context("apply the migrations")?;
    pool.close().await;
    Ok(())
}

fn read(folder: &Path) -> Result<Descriptions> {
    let mut all = Descriptions::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(all);
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("query-") && path.extension().is_some_and(|end| end == "json") {
            let text = std::fs::read_to_string(&path)?;
            let description = serde_json::from_str(&text).with_context(|| name.clone())?;
            all.insert(name, description);
        }
    }
    Ok(all)
}
