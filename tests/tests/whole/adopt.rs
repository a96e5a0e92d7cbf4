//! A gate of its own becomes the edge of an origin, and one of its own again: no
//! page and no back end notices, and what it redeemed before is on record.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use munjigi_tests::alone::{Alone, cheaply};
use munjigi_tests::client::Connection;
use munjigi_tests::records::Records;
use munjigi_tools::gate::Gate;
use munjigi_tools::keys::Keys;
use munjigi_tools::origin::Origin;
use munjigi_tools::postgres::{Data, Postgres};
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::stack::Site;
use munjigi_tools::wait;

/// Redemptions before there is an origin, unless the variable says another
/// number.
const REDEMPTIONS: usize = 300;
const VARIABLE: &str = "MUNJIGI_ADOPTED_REDEMPTIONS";

/// Visitors at a time.
const VISITORS: usize = 8;
const PUBLISHED_WITHIN: Duration = Duration::from_mins(1);

/// So many visitors pass and are verified.
async fn redeem(edge: &str, site: &Site, count: usize) -> Result<()> {
    let number = Arc::new(AtomicUsize::new(0));
    let visitors = (0..VISITORS).map(|_| {
        let (number, edge, site) = (Arc::clone(&number), edge.to_owned(), site.clone());
        tokio::spawn(async move {
            let mut connection = Connection::open(&edge).await?;
            while number.fetch_add(1, Ordering::Relaxed) < count {
                let token = connection.token(&site.sitekey, &site.hostname, &[]).await?;
                let reply = connection.siteverify(&site.secret, &token, &[]).await?;
                ensure!(reply.success, "{reply:?}");
            }
            Ok(())
        })
    });
    for visitor in visitors.collect::<Vec<_>>() {
        visitor.await??;
    }
    Ok(())
}

/// A new origin on the database, with the gate's keys as `adopt` names them.
fn origin(database: &Postgres, gate: &Alone, told: Option<&str>) -> Result<Origin> {
    let folder = gate.folder.path();
    let mut variables = Keys::fresh().for_origin();
    for name in ["MUNJIGI_KEY_CHECK", "MUNJIGI_INTERNAL_KEYS"] {
        variables.remove(name);
    }
    // Before, it has neither.
    for line in told.into_iter().flat_map(str::lines).map(str::trim) {
        if let Some((name, value)) = line.split_once('=').filter(|_| line.starts_with("MUNJIGI_")) {
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    let mail = format!("folder:{}", folder.join("mail").display());
    for (name, value) in [
        ("MUNJIGI_DATABASE_URL", database.url()),
        ("MUNJIGI_MAIL_URL", mail),
        ("MUNJIGI_MAIL_FROM", "Munjigi <no-reply@localhost>".to_owned()),
        ("MUNJIGI_SIGN_UP", "open".to_owned()),
    ] {
        variables.insert(name.to_owned(), value);
    }
    // The address in the file is that of the settings; this gate has one of its own.
    variables.insert("MUNJIGI_EDGE_URL".to_owned(), gate.gate.url());
    Origin::prepare(&Project::here(), None, variables, folder.join("origin.log"))
}

/// The lines of sites of a file of settings.
fn lines(text: &str) -> Result<BTreeMap<String, toml::Value>> {
    let settings: toml::Table = toml::from_str(text)?;
    let sites = settings.get("sites").and_then(toml::Value::as_table).context("[sites]")?;
    Ok(sites.iter().map(|(sitekey, line)| (sitekey.clone(), line.clone())).collect())
}

async fn passes(gate: &Gate, site: &Site) -> Result<()> {
    redeem(&gate.url(), site, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_is_adopted_by_an_origin_and_let_go_again() -> Result<()> {
    let count = std::env::var(VARIABLE).map_or(Ok(REDEMPTIONS), |text| text.parse())?;
    let mut alone = Alone::start_with(cheaply).await?;
    let (file, site) = (alone.file(), alone.site.clone());
    let before = std::fs::read_to_string(&file)?;
    redeem(&alone.gate.url(), &site, count).await?;

    let log = alone.folder.path().join("postgres.log");
    let database = Postgres::start(&Project::here(), Data::Temporary, None, log).await?;
    let first = origin(&database, &alone, None)?;
    first.migrate()?;
    let words = ["site", "adopt", &file.display().to_string()];
    let told = first.run(&words)?;
    let mut origin = origin(&database, &alone, Some(&told))?;
    origin.start().await?;
    // The gate has no routes for an origin until it is told of one.
    passes(&alone.gate, &site).await?;
    std::fs::write(&file, format!("origin_url = \"{}\"\n{before}", origin.url()))?;
    alone.gate.stop().await?;
    alone.gate.start_again().await?;
    passes(&alone.gate, &site).await?;
    site.wait_until_published(&origin, PUBLISHED_WITHIN).await?;
    let records = Records::of(&database.url())?;
    let rows = records.settled(&site.sitekey, count + 2, Duration::from_mins(5)).await?;
    assert_eq!(usize::try_from(rows)?, count + 2, "redemptions on record");

    // The lines may go, and so may the gate, and the site is served.
    let without = before.lines().take_while(|line| *line != "[sites]");
    let without: Vec<&str> = without.collect();
    std::fs::write(&file, format!("origin_url = \"{}\"\n{}", origin.url(), without.join("\n")))?;
    alone.gate.hang_up()?;
    wait::until("the settings to be read again", Duration::from_secs(20), async || {
        Ok(alone.log()?.contains("read the settings and their sites again").then_some(()))
    })
    .await?;
    passes(&alone.gate, &site).await?;
    alone.gate.kill();
    alone.gate.start_again().await?;
    passes(&alone.gate, &site).await?;

    // What is here already stays as it is.
    std::fs::write(&file, &before)?;
    assert!(origin.run(&words)?.contains("is here already"));
    // Back again: the same lines, and a gate that runs from them.
    let exported = origin.run(&["site", "export"])?;
    assert_eq!(lines(&exported)?, lines(&before)?);
    alone.gate.stop().await?;
    origin.stop().await?;
    std::fs::write(&file, exported)?;
    serves_alone(&mut alone, &site, &file).await
}

async fn serves_alone(alone: &mut Alone, site: &Site, file: &Path) -> Result<()> {
    Gate::run(&Project::here(), &["check", "--config", &file.display().to_string()])?;
    alone.gate.start_again().await?;
    passes(&alone.gate, site).await
}
