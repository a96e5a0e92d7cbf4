//! The gate in the Worker's place: the same requests, replays and outages. And
//! the gate alone, as an operator starts it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use munjigi_protocol::SiteverifyCode;
use munjigi_tests::stage;
use munjigi_tools::gate::Gate;
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::stack::Site;
use munjigi_tools::wait;

use crate::{bad_input, outages, redemption};

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_the_same_codes_from_the_gate() -> Result<()> {
    bad_input::all_cases(&stage::gate(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_redemptions_at_the_gate_one_succeeds() -> Result<()> {
    redemption::one_of_a_thousand(&stage::gate(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solution_replayed_at_the_gate_is_one_token_to_spend() -> Result<()> {
    redemption::one_of_a_hundred_replays(&stage::gate(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_killed_under_load_spends_nothing_twice_and_forgets_nothing() -> Result<()> {
    redemption::killed_under_load(stage::gate(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_lost_with_the_gate_is_given_again_for_the_same_key_alone() -> Result<()> {
    redemption::a_lost_reply(stage::gate(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_serves_while_postgres_is_away_and_loses_nothing() -> Result<()> {
    outages::postgres_away(stage::gate(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_killed_while_the_origin_is_away_loses_nothing() -> Result<()> {
    outages::edge_killed_without_origin(stage::gate(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn redemptions_of_a_gate_without_an_origin_wait_for_it() -> Result<()> {
    let mut stack = stage::gate(&[]).await?;
    stack.restart_edge_with(&[stage::variant(&[("MUNJIGI_ORIGIN_URL", "")])]).await?;
    outages::waits_for_an_origin(stack).await
}

/// Adds a site to a file of settings, as an operator does.
fn add_site(file: &str, host: &str) -> Result<Site> {
    let words = ["site", "add", host, "--allow-loopback", "--config", file];
    let output = Gate::run(&Project::here(), &words)?;
    let value = |name: &str| {
        let line = output.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(|value| value.trim().to_owned()).with_context(|| format!("{name}: {output}"))
    };
    let (sitekey, secret) = (value("sitekey")?, value("secret")?);
    Ok(Site { sitekey, secret, hostname: "localhost".to_owned(), alias: None })
}

/// A visitor passes and a back end redeems, once.
async fn passes(gate: &Gate, site: &Site) -> Result<String> {
    let token = stage::token(&gate.url(), site).await?;
    let reply = stage::verify(&gate.url(), site, &token).await?;
    assert!(reply.success, "{reply:?}");
    Ok(token)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_alone_is_three_commands_and_keeps_what_was_spent() -> Result<()> {
    let (project, folder) = (Project::here(), tempfile::tempdir()?);
    let (file, log) = (folder.path().join("gate.toml"), folder.path().join("gate.log"));
    let shown = file.to_string_lossy().into_owned();
    Gate::run(&project, &["init", "--config", &shown])?;
    let site = add_site(&shown, "shop.example")?;
    let mut gate = Gate::start_from(&project, &file, log.clone()).await?;
    let token = passes(&gate, &site).await?;

    // Its widget comes from the program itself.
    let loader = reqwest::get(format!("{}/v1/api.js", gate.url())).await?;
    assert_eq!(loader.headers()["content-type"], "text/javascript; charset=utf-8");
    assert!(loader.text().await?.contains("/v1/frame/"));
    let frame = format!("{}/v1/frame/{}", gate.url(), site.sitekey);
    let frame = reqwest::Client::new().get(frame).header("referer", "http://localhost/");
    let frame = frame.send().await?.error_for_status()?.text().await?;
    assert!(frame.contains("<html"), "{frame}");

    gate.kill();
    gate.start_again().await?;
    let again = stage::verify(&gate.url(), &site, &token).await?;
    assert!(stage::refused_with(&again, SiteverifyCode::TimeoutOrDuplicate), "{again:?}");

    // Another site while it runs; and then a mistake, which changes nothing.
    let other = add_site(&shown, "other.example")?;
    gate.hang_up()?;
    wait::until("the other site", Duration::from_secs(20), async || {
        Ok(stage::token(&gate.url(), &other).await.is_ok().then_some(()))
    })
    .await?;
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, format!("nonsense = 1\n{}", text.replace(&other.sitekey, "mj_x")))?;
    gate.hang_up()?;
    wait::until("the log", Duration::from_secs(20), async || {
        Ok(std::fs::read_to_string(&log)?.contains("nonsense is no setting").then_some(()))
    })
    .await?;
    passes(&gate, &other).await?;
    // A line that is gone is a site that is gone.
    let without = text.lines().filter(|line| !line.starts_with(&other.sitekey));
    std::fs::write(&file, without.collect::<Vec<_>>().join("\n"))?;
    gate.hang_up()?;
    wait::until("the end of the other site", Duration::from_secs(20), async || {
        Ok(stage::token(&gate.url(), &other).await.is_err().then_some(()))
    })
    .await?;
    passes(&gate, &site).await?;
    gate.stop().await
}
