//! The gate alone, as an operator starts it: no Postgres, no origin, no Worker.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use munjigi_protocol::SiteverifyCode;
use munjigi_tests::alone::{Alone, cheaply, site};
use munjigi_tests::kills::kill;
use munjigi_tests::stage;
use munjigi_tools::gate::Gate;
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::setup::programs::STRACE;
use munjigi_tools::stack::Site;
use munjigi_tools::wait;
use tokio::net::UnixDatagram;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Adds a site to a file of settings, as an operator does.
fn add_site(file: &Path, host: &str) -> Result<Site> {
    let file = file.to_string_lossy();
    let words = ["site", "add", host, "--allow-loopback", "--config", &file];
    site(&Gate::run(&Project::here(), &words)?)
}

/// A visitor passes and a back end redeems, once.
async fn passes(gate: &Gate, site: &Site) -> Result<String> {
    let token = stage::token(&gate.url(), site).await?;
    let reply = stage::verify(&gate.url(), site, &token).await?;
    assert!(reply.success, "{reply:?}");
    Ok(token)
}

/// How many of these calls at the same time accept a token.
async fn accepted(gate: &Gate, site: &Site, token: &str, calls: usize) -> Result<usize> {
    let mut running = JoinSet::new();
    for _ in 0..calls {
        let (url, site, token) = (gate.url(), site.clone(), token.to_owned());
        running.spawn(async move { stage::verify(&url, &site, &token).await });
    }
    let mut accepted = 0;
    while let Some(reply) = running.join_next().await {
        accepted += usize::from(reply??.success);
    }
    Ok(accepted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_gate_serves_its_widget_and_keeps_what_was_spent() -> Result<()> {
    let Alone { folder: _folder, site, mut gate } = Alone::start().await?;
    let token = passes(&gate, &site).await?;

    // Its widget comes from the program itself.
    let loader = reqwest::get(format!("{}/v1/api.js", gate.url())).await?;
    assert_eq!(loader.headers()["content-type"], "text/javascript; charset=utf-8");
    assert!(loader.text().await?.contains("v1/frame/"));
    let frame = format!("{}/v1/frame/{}", gate.url(), site.sitekey);
    let frame = reqwest::Client::new().get(frame).header("referer", "http://localhost/");
    let frame = frame.send().await?.error_for_status()?.text().await?;
    assert!(frame.contains("<html"), "{frame}");

    gate.kill();
    gate.start_again().await?;
    let again = stage::verify(&gate.url(), &site, &token).await?;
    assert!(stage::refused_with(&again, SiteverifyCode::TimeoutOrDuplicate), "{again:?}");
    gate.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_change_while_the_gate_runs_and_a_mistake_changes_nothing() -> Result<()> {
    let alone = Alone::start().await?;
    let (file, site, gate) = (alone.file(), &alone.site, &alone.gate);
    let other = add_site(&file, "other.example")?;
    gate.hang_up()?;
    wait::until("the other site", Duration::from_secs(20), async || {
        Ok(stage::token(&gate.url(), &other).await.is_ok().then_some(()))
    })
    .await?;
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, format!("nonsense = 1\n{}", text.replace(&other.sitekey, "mj_x")))?;
    gate.hang_up()?;
    wait::until("the log", Duration::from_secs(20), async || {
        Ok(alone.log()?.contains("nonsense is no setting").then_some(()))
    })
    .await?;
    passes(gate, &other).await?;
    // A line that is gone is a site that is gone.
    let without = text.lines().filter(|line| !line.starts_with(&other.sitekey));
    std::fs::write(&file, without.collect::<Vec<_>>().join("\n"))?;
    gate.hang_up()?;
    wait::until("the end of the other site", Duration::from_secs(20), async || {
        Ok(stage::token(&gate.url(), &other).await.is_err().then_some(()))
    })
    .await?;
    passes(gate, site).await?;
    Ok(())
}

/// As systemd starts it: `Type=notify`.
#[tokio::test(flavor = "multi_thread")]
async fn systemd_is_told_when_the_gate_is_ready_and_when_it_stops() -> Result<()> {
    let Alone { folder, site, mut gate } = Alone::start().await?;
    gate.kill();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path)?;
    let told = async || -> Result<String> {
        let mut bytes = [0; 64];
        let read = timeout(Duration::from_secs(20), socket.recv(&mut bytes)).await??;
        Ok(String::from_utf8_lossy(&bytes[..read]).trim().to_owned())
    };
    let variable = ("NOTIFY_SOCKET".to_owned(), path.to_string_lossy().into_owned());
    gate.set_vars([variable].into());
    gate.start_again().await?;
    assert_eq!(told().await?, "READY=1");
    passes(&gate, &site).await?;
    gate.stop().await?;
    assert_eq!(told().await?, "STOPPING=1");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_calls_with_a_token_one_is_accepted() -> Result<()> {
    let Alone { folder: _folder, site, gate } = Alone::start().await?;
    for _ in 0..3 {
        let token = stage::token(&gate.url(), &site).await?;
        assert_eq!(accepted(&gate, &site, &token, 1_000).await?, 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_killed_twenty_times_under_load_spends_nothing_twice() -> Result<()> {
    let mut alone = Alone::start_with(cheaply).await?;
    println!("{}", kill(&mut alone, 20).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gate_on_the_same_file_is_refused_in_a_sentence() -> Result<()> {
    let alone = Alone::start().await?;
    let log = alone.folder.path().join("second.log");
    let second = Gate::start_from(&Project::here(), &alone.file(), log.clone()).await;
    assert!(second.is_err(), "two gates on one file");
    let told = std::fs::read_to_string(log)?;
    assert!(told.contains("in use by another munjigi-gate"), "{told}");
    passes(&alone.gate, &alone.site).await?;
    Ok(())
}

/// A kill leaves the page cache alone, so it says nothing about the disk: what
/// the process asks of the system does.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs strace"]
async fn what_is_acknowledged_was_synced_to_the_disk_before() -> Result<()> {
    let Alone { folder, site, gate } = Alone::start_with(cheaply).await?;
    let mut tokens = Vec::new();
    for _ in 0..20 {
        tokens.push(stage::token(&gate.url(), &site).await?);
    }
    let (trace, pid) = (folder.path().join("trace"), gate.id()?.to_string());
    let calls = "trace=fdatasync,fsync";
    let mut strace = STRACE
        .command(&Project::here(), "strace")?
        .args(["-f", "-q", "-e", calls, "-o"])
        .arg(&trace)
        .args(["-p", &pid])
        .spawn()?;
    let synced = || -> Result<usize> {
        let text = std::fs::read_to_string(&trace).unwrap_or_default();
        Ok(text.lines().filter(|line| line.contains("sync(")).count())
    };
    // One after the other: each is a batch of its own.
    wait::until("strace", Duration::from_secs(20), async || {
        let token = tokens.pop().context("strace never began")?;
        assert!(stage::verify(&gate.url(), &site, &token).await?.success);
        Ok((synced()? > 0).then_some(()))
    })
    .await?;
    let before = synced()?;
    let count = tokens.len();
    ensure!(count >= 10, "strace was slow: {count} tokens are left");
    for token in tokens {
        assert!(stage::verify(&gate.url(), &site, &token).await?.success);
    }
    let synced = synced()? - before;
    strace.kill()?;
    strace.wait()?;
    assert!(synced >= count, "{synced} syncs for {count} redemptions");
    Ok(())
}
