//! Expiry: expired tokens and challenges, and replays that are late on purpose.
//! Seals of the past are made with the test's own ring.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use hyper::Method;
use munjigi_captcha::{Authority, ChallengeClaims, KeyCheck, TokenClaims};
use munjigi_keys::{KeyRing, UnixMillis};
use munjigi_protocol::{Code, Problem, SiteverifyCode, SolutionReply, routes};
use munjigi_tests::client::{Connection, solution_request};
use munjigi_tests::stage;
use munjigi_tools::stack::{Site, Stack};
use munjigi_tools::wait;

fn authority(stack: &Stack) -> Result<Authority> {
    let ring = KeyRing::parse(&stack.keys.root)?;
    Ok(Authority::new(&ring, KeyCheck::parse(&stack.keys.check)?))
}

#[expect(clippy::disallowed_methods, reason = "the edge under test reads the real clock too")]
fn now() -> Result<UnixMillis> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(UnixMillis(u64::try_from(since.as_millis())?))
}

fn earlier(time: UnixMillis, seconds: u64) -> UnixMillis {
    UnixMillis(time.0 - seconds * 1000)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_refused_and_was_good_before() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site, authority) = (stack.edge.url(), &stack.bench_site, authority(&stack)?);
    let fresh = TokenClaims::open(&authority, &stage::token(&edge, site).await?)?;
    let aged = |seconds| TokenClaims {
        solved_at: earlier(fresh.solved_at, seconds),
        expires_at: earlier(fresh.expires_at, seconds),
        ..fresh.clone()
    };
    let expired = stage::verify(&edge, site, &aged(301).seal(&authority)).await?;
    assert!(stage::refused_with(&expired, SiteverifyCode::TimeoutOrDuplicate), "{expired:?}");
    let old = stage::verify(&edge, site, &aged(290).seal(&authority)).await?;
    assert!(old.success, "refusing an expired token spends nothing: {old:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_past_keep_until_is_refused_whatever_it_says() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site, authority) = (stack.edge.url(), &stack.bench_site, authority(&stack)?);
    let fresh = TokenClaims::open(&authority, &stage::token(&edge, site).await?)?;
    let swept = TokenClaims { keep_until: earlier(now()?, 120), ..fresh };
    let late = stage::verify(&edge, site, &swept.seal(&authority)).await?;
    assert!(stage::refused_with(&late, SiteverifyCode::TimeoutOrDuplicate), "{late:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_challenge_is_refused_with_its_code() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, authority) = (stack.edge.url(), authority(&stack)?);
    let mut challenge = stage::challenge(&edge, &stack.bench_site, "192.0.2.9").await?;
    let claims = ChallengeClaims::open(&authority, &challenge.challenge)?;
    let aged = ChallengeClaims { expires_at: earlier(now()?, 1), ..claims };
    challenge.challenge = aged.seal(&authority, &mut getrandom_rng());
    let mut connection = Connection::open(&edge).await?;
    let request = solution_request(&challenge)?;
    let answer = connection.post_json(routes::SOLUTIONS.path, &[], &request).await?;
    let problem: Problem = serde_json::from_slice(&answer.body)?;
    assert_eq!((answer.status.as_u16(), problem.code), (410, Code::ChallengeExpired));
    Ok(())
}

fn getrandom_rng() -> impl rand::CryptoRng {
    use rand::SeedableRng as _;
    rand::rngs::StdRng::seed_from_u64(20_261_120)
}

/// Redeems early, waits until that token has expired, replays the solution
/// within the challenge's lifetime for a new token, and redeems that.
#[tokio::test(flavor = "multi_thread")]
async fn a_solution_replayed_after_its_first_token_expired_buys_nothing() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let edge = stack.edge.url();
    let site: Site = stack.origin.run_json(&[
        "site",
        "add",
        "Short",
        "--host",
        "localhost",
        "--allow-loopback",
        "--json",
        "--token-lifetime",
        "30",
        "--work-floor",
        "1000",
    ])?;
    let site = Site { hostname: "localhost".to_owned(), ..site };
    site.wait_until_served(&edge, Duration::from_mins(1)).await?;

    let challenge = stage::challenge(&edge, &site, "192.0.2.10").await?;
    let solution = serde_json::to_vec(&solution_request(&challenge)?)?;
    let first = hand_in(&edge, &solution).await?;
    assert!(stage::verify(&edge, &site, &first).await?.success);

    let expires_at = TokenClaims::open(&authority(&stack)?, &first)?.expires_at;
    wait::until("the first token's expiry", Duration::from_secs(40), async || {
        Ok((now()?.0 > expires_at.0 + 1000).then_some(()))
    })
    .await?;
    let second = hand_in(&edge, &solution).await?;
    assert_ne!(first, second, "a token of its own");
    let replayed = stage::verify(&edge, &site, &second).await?;
    assert!(stage::refused_with(&replayed, SiteverifyCode::TimeoutOrDuplicate), "{replayed:?}");
    Ok(())
}

async fn hand_in(edge: &str, solution: &[u8]) -> Result<String> {
    let mut connection = Connection::open(edge).await?;
    let json = [("content-type", "application/json")];
    let path = routes::SOLUTIONS.path;
    let answer = connection.send(Method::POST, path, &json, solution.to_vec()).await?;
    let SolutionReply::Passed { token, .. } = answer.json().context("passed")? else {
        anyhow::bail!("more work was asked")
    };
    Ok(token)
}
