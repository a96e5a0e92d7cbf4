//! The price rises for an address that requests too much, falls again, and does
//! not affect others.

use std::time::Duration;

use anyhow::{Context as _, Result};
use munjigi_protocol::{ChallengeReply, SiteverifyCode, SolutionReply, SolutionRequest, Step};
use munjigi_tests::client::{Connection, solution_request};
use munjigi_tests::stage;
use munjigi_tools::wait;

fn work(challenge: &ChallengeReply) -> Result<u64> {
    let Step::Puzzle(puzzle) = &challenge.step else { anyhow::bail!("not a puzzle") };
    Ok(puzzle.work * u64::from(puzzle.count))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_challenges_of_one_address_raise_its_work_alone_and_it_decays() -> Result<()> {
    let stack = stage::stack(&[&[("MUNJIGI_COUNTER_HALF_LIFE_SECONDS", "8")]]).await?;
    let (edge, site) = (stack.edge.url(), &stack.site);
    let calm = work(&stage::challenge(&edge, site, "198.51.100.1").await?)?;
    let other_before = work(&stage::challenge(&edge, site, "203.0.113.1").await?)?;
    assert_eq!(calm, other_before);

    let mut connection = Connection::open(&edge).await?;
    let headers = [("cf-connecting-ip", "198.51.100.1")];
    let mut dearest = 0;
    for _ in 0..200 {
        let challenge = connection.challenge(&site.sitekey, &site.hostname, &headers).await?;
        dearest = dearest.max(work(&challenge)?);
    }
    println!("after 200 challenges: work {calm} → {dearest}");
    assert!(dearest >= 4 * calm, "{dearest} is less than four times {calm}");

    let neighbour = work(&stage::challenge(&edge, site, "198.51.100.200").await?)?;
    assert_eq!(neighbour, calm, "a neighbour pays for a single noisy address");
    let other = work(&stage::challenge(&edge, site, "203.0.113.1").await?)?;
    assert_eq!(other, other_before, "another network pays too");

    wait::until("the price to fall again", Duration::from_mins(2), async || {
        tokio::time::sleep(Duration::from_secs(4)).await;
        let challenge = stage::challenge(&edge, site, "198.51.100.1").await;
        Ok((work(&challenge.context("challenge")?)? <= 2 * calm).then_some(()))
    })
    .await?;
    Ok(())
}

/// Two isolates with different counters.
#[tokio::test(flavor = "multi_thread")]
async fn a_cheap_solution_is_not_redeemed_once_another_worker_has_asked_for_more() -> Result<()> {
    let stack = stage::stack(&[&[], &[]]).await?;
    let (edges, site) = (stack.edge.urls(), &stack.site);
    let headers = [("cf-connecting-ip", "198.51.100.1")];
    let mut busy = Connection::open(&edges[0]).await?;
    let challenge = busy.challenge(&site.sitekey, &site.hostname, &headers).await?;
    for _ in 0..36 {
        busy.challenge(&site.sitekey, &site.hostname, &headers).await?;
    }
    let cheap = solution_request(&challenge)?;
    // Solving here does not block a connection.
    let post = async |edge: &str, solution: &SolutionRequest| {
        let path = munjigi_protocol::routes::SOLUTIONS.path;
        let mut connection = Connection::open(edge).await?;
        connection.post_json(path, &headers, solution).await?.json::<SolutionReply>()
    };
    let SolutionReply::Next(further) = post(&edges[0], &cheap).await? else {
        anyhow::bail!("nothing more was asked")
    };
    println!("asked first {}, then {} more", work(&challenge)?, work(&further)?);
    let SolutionReply::Passed { token, .. } = post(&edges[1], &cheap).await? else {
        anyhow::bail!("the calm worker asks for more by itself")
    };
    let refused = stage::verify(&edges[1], site, &token).await?;
    assert!(stage::refused_with(&refused, SiteverifyCode::TimeoutOrDuplicate), "{refused:?}");
    // The required work, paid at either worker, earns a valid token.
    let dear = solution_request(&further)?;
    let SolutionReply::Passed { token, .. } = post(&edges[1], &dear).await? else {
        anyhow::bail!("still more is asked")
    };
    assert!(stage::verify(&edges[0], site, &token).await?.success);
    Ok(())
}
