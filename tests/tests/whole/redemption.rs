//! A token is spent exactly once, under any replay, in parallel or late.

use anyhow::{Result, bail, ensure};
use munjigi_protocol::{Code, Problem, SiteverifyCode, SiteverifyReply, SolutionReply, routes};
use munjigi_tests::client::{Connection, solution_request};
use munjigi_tests::stage;
use munjigi_tools::stack::{Site, Stack};
use tokio::task::JoinSet;

/// Calls siteverify on all `tokens` at once, each over a connection of its own
/// that was opened before the first call.
async fn verify_at_once(edge: &str, site: &Site, tokens: Vec<String>) -> Result<(usize, usize)> {
    let mut connections = Vec::new();
    for _ in 0..tokens.len() {
        connections.push(Connection::open(edge).await?);
    }
    let mut calls = JoinSet::new();
    for (mut connection, token) in connections.into_iter().zip(tokens) {
        let secret = site.secret.clone();
        calls.spawn(async move { connection.siteverify(&secret, &token, &[]).await });
    }
    let (mut successes, mut duplicates) = (0, 0);
    while let Some(reply) = calls.join_next().await {
        let reply = reply??;
        if reply.success {
            successes += 1;
        } else {
            ensure!(
                stage::refused_with(&reply, SiteverifyCode::TimeoutOrDuplicate),
                "refused for another reason: {reply:?}"
            );
            duplicates += 1;
        }
    }
    Ok((successes, duplicates))
}

async fn stack() -> Stack {
    stage::stack(&[]).await.expect("a stack")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_parallel_redemptions_one_succeeds() -> Result<()> {
    one_of_a_thousand(&stack().await).await
}

/// Twenty tokens, each redeemed a thousand times at once.
pub async fn one_of_a_thousand(stack: &Stack) -> Result<()> {
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    for run in 1..=20 {
        let token = stage::token(&edge, site).await?;
        let outcome = verify_at_once(&edge, site, vec![token; 1000]).await?;
        println!("run {run}: {} success, {} timeout-or-duplicate", outcome.0, outcome.1);
        assert_eq!(outcome, (1, 999), "run {run}");
    }
    Ok(())
}

/// As Cap's back ends call it.
#[tokio::test(flavor = "multi_thread")]
async fn at_a_sitekeys_own_path_its_tokens_are_spent_once() -> Result<()> {
    let stack = stack().await;
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    let token = stage::token(&edge, site).await?;
    let mut connection = Connection::open(&edge).await?;
    let body = serde_json::json!({ "secret": site.secret, "response": token });
    let mut ask = async |sitekey: &str| -> Result<SiteverifyReply> {
        let path = format!("/{sitekey}/siteverify");
        Ok(connection.post_json(&path, &[], &body).await?.json()?)
    };
    let other = ask(&stack.site.sitekey).await?;
    assert!(stage::refused_with(&other, SiteverifyCode::InvalidInputResponse), "{other:?}");
    assert!(ask(&site.sitekey).await?.success);
    let again = ask(&site.sitekey).await?;
    assert!(stage::refused_with(&again, SiteverifyCode::TimeoutOrDuplicate), "{again:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solution_replayed_a_hundred_times_in_parallel_is_one_token_to_spend() -> Result<()> {
    one_of_a_hundred_replays(&stack().await).await
}

/// One solution, posted a hundred times at once.
pub async fn one_of_a_hundred_replays(stack: &Stack) -> Result<()> {
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    let challenge = stage::challenge(&edge, site, "192.0.2.1").await?;
    let solution = serde_json::to_vec(&solution_request(&challenge)?)?;
    let mut replays = JoinSet::new();
    for _ in 0..100 {
        let (edge, solution) = (edge.clone(), solution.clone());
        replays.spawn(async move {
            let mut connection = Connection::open(&edge).await?;
            let json = [("content-type", "application/json")];
            let path = munjigi_protocol::routes::SOLUTIONS.path;
            connection.send(hyper::Method::POST, path, &json, solution).await?.json()
        });
    }
    let mut tokens = Vec::new();
    while let Some(reply) = replays.join_next().await {
        match reply?? {
            SolutionReply::Passed { token, .. } => tokens.push(token),
            SolutionReply::Next(_) => {}
        }
    }
    ensure!(!tokens.is_empty(), "no replay gave a token");
    let outcome = verify_at_once(&edge, site, tokens.clone()).await?;
    assert_eq!(outcome, (1, tokens.len() - 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_secret_does_not_accept_or_spend_a_token() -> Result<()> {
    let stack = stack().await;
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    let token = stage::token(&edge, site).await?;
    let other = stage::verify(&edge, &stack.site, &token).await?;
    assert!(stage::refused_with(&other, SiteverifyCode::InvalidInputResponse), "{other:?}");
    assert!(stage::verify(&edge, site, &token).await?.success);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shard_count_changes_while_tokens_are_out() -> Result<()> {
    let mut stack = stage::stack(&[&[("MUNJIGI_SHARDS", "64")]]).await?;
    let site = stack.bench_site.clone();
    let (spent, fresh) = {
        let edge = stack.edge.url();
        (stage::token(&edge, &site).await?, stage::token(&edge, &site).await?)
    };
    assert!(stage::verify(&stack.edge.url(), &site, &spent).await?.success);
    stack.restart_edge_with(&[stage::variant(&[("MUNJIGI_SHARDS", "7,64")])]).await?;
    let edge = stack.edge.url();
    let again = stage::verify(&edge, &site, &spent).await?;
    assert!(stage::refused_with(&again, SiteverifyCode::TimeoutOrDuplicate), "{again:?}");
    assert!(stage::verify(&edge, &site, &fresh).await?.success);
    let later = stage::token(&edge, &site).await?;
    assert_eq!(verify_at_once(&edge, &site, vec![later; 20]).await?, (1, 19));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_killed_under_load_forgets_no_spent_token() -> Result<()> {
    killed_under_load(stack().await).await
}

/// Two hundred tokens are redeemed at once, and the edge dies meanwhile.
pub async fn killed_under_load(mut stack: Stack) -> Result<()> {
    let (edge, site) = (stack.edge.url(), stack.bench_site.clone());
    let mut tokens = Vec::new();
    for _ in 0..200 {
        tokens.push(stage::token(&edge, &site).await?);
    }
    let mut calls = JoinSet::new();
    for token in tokens.clone() {
        let (edge, site) = (edge.clone(), site.clone());
        calls.spawn(async move {
            let reply = stage::verify(&edge, &site, &token).await;
            reply.is_ok_and(|reply| reply.success).then_some(token)
        });
    }
    let mut confirmed = Vec::new();
    while confirmed.len() < 20 {
        if let Some(token) = calls.join_next().await.expect("calls are left")? {
            confirmed.push(token);
        }
    }
    stack.edge.kill();
    while let Some(token) = calls.join_next().await {
        confirmed.extend(token?);
    }
    stack.edge.start_again().await?;
    let edge = stack.edge.url();
    for token in &confirmed {
        let again = stage::verify(&edge, &site, token).await?;
        assert!(stage::refused_with(&again, SiteverifyCode::TimeoutOrDuplicate), "{again:?}");
    }
    println!("{} of {} were confirmed before the kill", confirmed.len(), tokens.len());
    let rest: Vec<String> = tokens.into_iter().filter(|token| !confirmed.contains(token)).collect();
    let mut first = 0;
    for token in &rest {
        first += usize::from(stage::verify(&edge, &site, token).await?.success);
        assert!(!stage::verify(&edge, &site, token).await?.success, "spent twice");
    }
    println!("{first} of the other {} were still to be spent", rest.len());
    let settled = std::time::Duration::from_secs(30);
    let records = stage::records(&stack)?;
    let rows = records.settled(&site.sitekey, confirmed.len() + first, settled).await?;
    let rows = usize::try_from(rows)?;
    assert!(rows >= confirmed.len() + first, "{rows} rows");
    assert!(rows <= 200, "{rows} rows of 200 tokens");
    Ok(())
}

/// The edge dies after the commit and before the reply reaches the back end,
/// which repeats the call with the same key: it gets the lost answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_lost_with_the_edge_is_given_again_for_the_same_key_alone() -> Result<()> {
    a_lost_reply(stack().await).await
}

/// A call that is repeated after the edge was killed.
pub async fn a_lost_reply(mut stack: Stack) -> Result<()> {
    let site = stack.bench_site.clone();
    let token = stage::token(&stack.edge.url(), &site).await?;
    let lost = stage::verify_with_key(&stack.edge.url(), &site, &token, "order-17").await?;
    assert!(lost.success);
    stack.edge.kill();
    stack.edge.start_again().await?;
    let edge = stack.edge.url();
    let again = stage::verify_with_key(&edge, &site, &token, "order-17").await?;
    assert_eq!(again, lost);
    let other = stage::verify_with_key(&edge, &site, &token, "order-18").await?;
    assert!(stage::refused_with(&other, SiteverifyCode::TimeoutOrDuplicate), "{other:?}");
    Ok(())
}

/// A rule by what a solution says refuses the attempt, not the words.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_solution_stays_refused_whatever_it_says_next() -> Result<()> {
    let stack = stage::stack(&[&[], &[]]).await?;
    let rule = r#"[{"match":{"reason":"automation"},"verdict":"block"}]"#;
    let site = stage::site(&stack, &["--work-floor", "10"], rule).await?;
    let urls = stack.edge.urls();
    let mut edges = [Connection::open(&urls[0]).await?, Connection::open(&urls[1]).await?];
    let challenge = edges[0].challenge(&site.sitekey, &site.hostname, &[]).await?;
    let mut request = solution_request(&challenge)?;
    request.signals.webdriver = Some(true);
    let path = routes::SOLUTIONS.path;
    let refused = edges[0].post_json(path, &[], &request).await?;
    assert_eq!(refused.status, 403);
    let problem: Problem = serde_json::from_slice(&refused.body)?;
    assert_eq!(problem.code, Code::Blocked);
    request.signals.webdriver = Some(false);
    for edge in &mut edges {
        let again = edge.post_json(path, &[], &request).await?;
        let SolutionReply::Passed { token, .. } = again.json()? else { bail!("not a token") };
        let reply = stage::verify(&urls[0], &site, &token).await?;
        assert!(stage::refused_with(&reply, SiteverifyCode::TimeoutOrDuplicate), "{reply:?}");
    }
    Ok(())
}
