//! A key rotation in its four steps, with workers that hold different rings
//! over the same stores, as during a roll-out.

use anyhow::{Context as _, Result};
use munjigi_protocol::{ChallengeReply, SiteverifyCode, SolutionReply};
use munjigi_tests::client::Connection;
use munjigi_tests::stage;
use munjigi_tools::keys;
use munjigi_tools::stack::Stack;

/// A challenge of one worker is solved at the next and redeemed at the first:
/// every pair of workers accepts each other's seals.
async fn workers_understand_each_other(stack: &Stack, step: &str) -> Result<()> {
    let (site, edges) = (&stack.bench_site, stack.edge.urls());
    for issuing in &edges {
        for solving in &edges {
            for verifying in &edges {
                let challenge = stage::challenge(issuing, site, "192.0.2.1").await?;
                let mut connection = Connection::open(solving).await?;
                let reply = connection.solve(&challenge, &[]).await?;
                let SolutionReply::Passed { token, .. } = reply else {
                    anyhow::bail!("{step}: more work was asked");
                };
                let first = stage::verify(verifying, site, &token).await?;
                assert!(first.success, "{step}: {first:?}");
                let again = stage::verify(issuing, site, &token).await?;
                assert!(stage::refused_with(&again, SiteverifyCode::TimeoutOrDuplicate), "{step}");
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_strands_no_one_at_any_of_its_four_steps() -> Result<()> {
    let old = keys::ring("old");
    let new = keys::ring("new");
    let both = format!("{old},{new}");
    let promoted = format!("{new},{old}");
    let ring = |ring: &str| stage::variant(&[("MUNJIGI_ROOT_KEYS", ring)]);

    let mut stack =
        stage::stack(&[&[("MUNJIGI_ROOT_KEYS", &old)], &[("MUNJIGI_ROOT_KEYS", &both)]]).await?;
    workers_understand_each_other_in_one_direction(&stack).await?;
    let site = stack.bench_site.clone();
    let early = stage::token(&stack.edge.url(), &site).await?;

    stack.restart_edge_with(&[ring(&both), ring(&both)]).await?;
    workers_understand_each_other(&stack, "the new key is second everywhere").await?;
    stack.restart_edge_with(&[ring(&both), ring(&promoted)]).await?;
    workers_understand_each_other(&stack, "the new key is promoted on one worker").await?;
    stack.restart_edge_with(&[ring(&promoted), ring(&promoted)]).await?;
    workers_understand_each_other(&stack, "the new key is promoted everywhere").await?;
    assert!(stage::verify(&stack.edge.url(), &site, &early).await?.success);

    let late = {
        stack.restart_edge_with(&[ring(&old), ring(&promoted)]).await?;
        stage::token(&stack.edge.url(), &site).await?
    };
    stack.restart_edge_with(&[ring(&new), ring(&promoted)]).await?;
    workers_understand_each_other(&stack, "the old key is removed on one worker").await?;
    // Removed too early on purpose: the old key is now unknown, and its seals
    // are refused like any foreign seal.
    let refused = stage::verify(&stack.edge.url(), &site, &late).await?;
    assert!(stage::refused_with(&refused, SiteverifyCode::InvalidInputResponse), "{refused:?}");
    Ok(())
}

/// One edge, started again with each ring of a rotation: what it sealed before
/// is good afterwards, until the key is gone.
pub async fn one_edge_with_each_ring(mut stack: Stack) -> Result<()> {
    let (old, new) = (keys::ring("old"), keys::ring("new"));
    let rings = [old.clone(), format!("{old},{new}"), format!("{new},{old}"), new.clone()];
    let (site, edge) = (stack.bench_site.clone(), stack.edge.url());
    let mut before: Option<(ChallengeReply, String)> = None;
    let mut sealed_with_old: Option<String> = None;
    for ring in rings {
        stack.restart_edge_with(&[stage::variant(&[("MUNJIGI_ROOT_KEYS", &ring)])]).await?;
        if let Some((challenge, token)) = before {
            let reply = Connection::open(&edge).await?.solve(&challenge, &[]).await?;
            let is_passed = matches!(reply, SolutionReply::Passed { .. });
            assert!(is_passed, "{ring}: more work was asked");
            assert!(stage::verify(&edge, &site, &token).await?.success, "{ring}");
        }
        let challenge = stage::challenge(&edge, &site, "192.0.2.1").await?;
        before = Some((challenge, stage::token(&edge, &site).await?));
        if ring.starts_with(&old) {
            sealed_with_old = Some(stage::token(&edge, &site).await?);
        }
    }
    let late = sealed_with_old.context("two rings begin with the old key")?;
    let refused = stage::verify(&edge, &site, &late).await?;
    assert!(stage::refused_with(&refused, SiteverifyCode::InvalidInputResponse), "{refused:?}");
    Ok(())
}

/// While only one worker knows the new key, nothing is sealed with it yet.
async fn workers_understand_each_other_in_one_direction(stack: &Stack) -> Result<()> {
    workers_understand_each_other(stack, "the new key is second on one worker").await
}
