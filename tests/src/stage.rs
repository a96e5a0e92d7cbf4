//! Steps that tests repeat on a running stack.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use munjigi_protocol::{ChallengeReply, SiteConfig, SiteverifyCode, SiteverifyReply, headers};
use munjigi_tools::stack::{EdgeKind, Site, Stack, StackOptions, Variant};
use reqwest::Method;

use crate::client::Connection;
use crate::pictures::Eyes;
use crate::records::Records;
use crate::signed;

/// Starts a stack on plain workerd with one worker per set of variables.
pub async fn stack(variants: &[&[(&str, &str)]]) -> Result<Stack> {
    let variants = variants.iter().map(|vars| variant(vars)).collect();
    Stack::start(StackOptions { variants, ..StackOptions::default() }).await
}

/// Starts a stack with the gate in the Worker's place.
pub async fn gate(vars: &[(&str, &str)]) -> Result<Stack> {
    let (edge, variants) = (EdgeKind::Gate, vec![variant(vars)]);
    Stack::start(StackOptions { edge, variants, ..StackOptions::default() }).await
}

/// The variables of one worker.
pub fn variant(vars: &[(&str, &str)]) -> Variant {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    Variant { vars: vars.iter().map(owned).collect::<BTreeMap<_, _>>(), ..Variant::default() }
}

/// Options of a site whose puzzles cost next to nothing, so that thousands of
/// them can be solved here.
pub const CHEAP: [&str; 4] = ["--work-floor", "10", "--work-ceiling", "1000"];

/// An address in a network of its own.
pub fn network(first: u8, number: u64) -> String {
    format!("{first}.{}.{}.7", number / 250, number % 250)
}

/// Another site for loopback pages, with options of `munjigi site add` and
/// rules.
pub async fn site(stack: &Stack, options: &[&str], rules: &str) -> Result<Site> {
    let common = "site add Further --host localhost --allow-loopback --json --rules -";
    let all: Vec<&str> = common.split(' ').chain(options.iter().copied()).collect();
    let mut site: Site = stack.origin.run_json_on(&all, rules)?;
    "localhost".clone_into(&mut site.hostname);
    let within = Duration::from_mins(1);
    site.wait_until_published(&stack.origin, within).await?;
    site.wait_until_served(&stack.edge.url(), within).await?;
    Ok(site)
}

/// Publishes a site with a change that its origin makes when it knows more, such
/// as how many visitors are expected, and waits until every worker has read it.
pub async fn publish(
    stack: &Stack,
    site: &Site,
    change: impl FnOnce(&mut SiteConfig),
) -> Result<()> {
    let admin = stack.edge.admin_url().context("plain workerd has one")?;
    let stored = reqwest::get(format!("{admin}/kv/SITES/site:{}", site.sitekey)).await?;
    let mut config: SiteConfig = stored.error_for_status()?.json().await?;
    config.version += 1;
    change(&mut config);
    let (path, body) =
        (format!("/internal/sites/{}", site.sitekey), serde_json::to_string(&config)?);
    let signature = signed::signature(stack, &Method::PUT, &path, body.as_bytes())?;
    let put = reqwest::Client::new().put(format!("{}{path}", stack.edge.url()));
    let put = put.header(headers::SIGNATURE, signature).body(body);
    put.send().await?.error_for_status()?;
    // The worker that stores it forgets what it had read.
    if stack.edge.urls().len() > 1 {
        tokio::time::sleep(Duration::from_secs(SITES_ARE_TRUSTED_SECONDS + 1)).await;
    }
    Ok(())
}

/// How long a worker believes what it has read of a site.
const SITES_ARE_TRUSTED_SECONDS: u64 = 30;

/// Reads the answers that the stack's edge seals.
pub fn eyes(stack: &Stack) -> Result<Eyes> {
    Eyes::of(&stack.keys.root, &stack.keys.check)
}

pub fn records(stack: &Stack) -> Result<Records> {
    Records::of(&stack.database.url())
}

/// Earns a new token of a site.
pub async fn token(edge: &str, site: &Site) -> Result<String> {
    let mut connection = Connection::open(edge).await?;
    Ok(connection.token(&site.sitekey, &site.hostname, &[]).await?)
}

/// A new challenge of a site, requested from the network of `address`.
pub async fn challenge(edge: &str, site: &Site, address: &str) -> Result<ChallengeReply> {
    let mut connection = Connection::open(edge).await?;
    let headers = [("cf-connecting-ip", address)];
    Ok(connection.challenge(&site.sitekey, &site.hostname, &headers).await?)
}

pub async fn verify(edge: &str, site: &Site, token: &str) -> Result<SiteverifyReply> {
    let mut connection = Connection::open(edge).await?;
    connection.siteverify(&site.secret, token, &[]).await.context("siteverify")
}

/// Whether a reply refuses with exactly this code.
pub fn refused_with(reply: &SiteverifyReply, code: SiteverifyCode) -> bool {
    !reply.success && reply.error_codes == [code]
}

/// A siteverify call that can be repeated with the same key.
pub async fn verify_with_key(
    edge: &str,
    site: &Site,
    token: &str,
    key: &str,
) -> Result<SiteverifyReply> {
    let mut connection = Connection::open(edge).await?;
    let body = serde_json::json!({
        "secret": site.secret, "response": token, "idempotency_key": key,
    });
    let path = munjigi_protocol::routes::SITEVERIFY.path;
    Ok(connection.post_json(path, &[], &body).await?.json()?)
}
