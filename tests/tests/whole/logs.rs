//! The logs of a whole stack at its most verbose, after valid calls, refused
//! ones, garbage and an outage: they contain no secret and no personal data.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hyper::Method;
use munjigi_protocol::routes;
use munjigi_tests::client::Connection;
use munjigi_tests::stage;
use munjigi_tools::process::Service;
use munjigi_tools::wait;

const ADDRESS: &str = "203.0.113.77";
const AGENT: &str = "NobodysBrowser/77.0";

/// Everything that any part logged.
fn logged(folder: &Path) -> Result<String> {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        all.push_str(&String::from_utf8_lossy(&bytes));
    }
    Ok(all)
}

/// A part of a long secret, behind its prefix: even that must not be logged.
fn part(secret: &str) -> &str {
    if secret.len() > 32 { secret.get(8..28).unwrap_or(secret) } else { secret }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_holds_a_token_a_secret_an_address_or_a_key() -> Result<()> {
    let mut stack = stage::stack(&[&[("MUNJIGI_LOG_REQUESTS", "1")]]).await?;
    let (site, other) = (stack.bench_site.clone(), stack.site.clone());
    let mut connection = Connection::open(&stack.edge.url()).await?;
    let visitor = [("cf-connecting-ip", ADDRESS), ("user-agent", AGENT)];

    let challenge = connection.challenge(&site.sitekey, &site.hostname, &visitor).await?;
    let token = connection.token(&site.sitekey, &site.hostname, &visitor).await?;
    assert!(!connection.siteverify(&other.secret, &token, &[]).await?.success);
    assert!(connection.siteverify(&site.secret, &token, &[]).await?.success);
    assert!(!connection.siteverify(&site.secret, &token, &[]).await?.success);
    assert!(!connection.siteverify("nobodys-own-secret", &token, &[]).await?.success);
    let query = format!("{}?secret={}&response={token}", routes::SITEVERIFY.path, site.secret);
    connection.send(Method::GET, &query, &visitor, "").await?;
    let garbage = format!("{{\"challenge\":\"{}\",\"nonces\":[", challenge.challenge);
    let json = [("content-type", "application/json"), ("cf-connecting-ip", ADDRESS)];
    connection.send(Method::POST, routes::SOLUTIONS.path, &json, garbage).await?;
    stack.database.ours()?.stop().await?;
    let folder = stack.logs().to_owned();
    // The edge reports that the origin did not accept its events.
    wait::until("a log line about the outage", Duration::from_mins(1), async || {
        Ok(logged(&folder)?.contains("origin-away").then_some(()))
    })
    .await?;
    stack.database.ours()?.start_again().await?;
    stage::records(&stack)?.settled(&site.sitekey, 1, Duration::from_mins(1)).await?;

    let logged = logged(&folder)?;
    for said in ["\"route\":\"siteverify\"", "\"status\":400"] {
        assert!(logged.contains(said), "the logs are silent about {said}:\n{logged}");
    }
    let key = |ring: &str| ring.split(':').next_back().unwrap_or_default().to_owned();
    let mut keys = vec![key(&stack.keys.root), key(&stack.keys.internal), stack.keys.check.clone()];
    keys.extend(stack.keys.for_edge()?["MUNJIGI_INTERNAL_KEYS"].split(',').map(key));
    let sent = [ADDRESS, AGENT, "nobodys-own-secret"].map(str::to_owned);
    let made = [challenge.challenge, token, site.secret, other.secret];
    for secret in keys.iter().chain(&sent).chain(&made) {
        let part = part(secret);
        assert!(!part.is_empty() && !logged.contains(part), "{part:?} stands in the logs");
    }
    Ok(())
}
