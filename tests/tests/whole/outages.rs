//! Outages of single parts: everything redeemed at the edge is in Postgres in
//! the end, exactly once.

use std::time::Duration;

use anyhow::Result;
use munjigi_tests::stage;
use munjigi_tests::visitors::Visitors;
use munjigi_tools::process::Service;
use munjigi_tools::stack::{Stack, Variant};

/// Checks that redemptions at the edge equal rows in Postgres.
async fn nothing_is_missing(stack: &Stack, redeemed: usize) -> Result<()> {
    let site = &stack.bench_site.sitekey;
    let rows = stage::records(stack)?.settled(site, redeemed, Duration::from_secs(90)).await?;
    println!("redeemed at the edge: {redeemed}, rows in Postgres: {rows}");
    assert!(redeemed > 0, "no one passed");
    assert_eq!(usize::try_from(rows)?, redeemed);
    Ok(())
}

async fn load_for(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_away_for_twenty_seconds_under_load_loses_nothing() -> Result<()> {
    postgres_away(stage::stack(&[]).await?).await
}

/// Visitors pass while Postgres is down for twenty seconds.
pub async fn postgres_away(mut stack: Stack) -> Result<()> {
    let visitors = Visitors::come(&stack.edge.url(), &stack.bench_site);
    load_for(2).await;
    stack.database.ours()?.stop().await?;
    let before = visitors.redeemed();
    load_for(20).await;
    assert!(visitors.redeemed() > before, "visitors wait for Postgres");
    stack.database.ours()?.start_again().await?;
    load_for(2).await;
    let redeemed = visitors.leave().await?;
    nothing_is_missing(&stack, redeemed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_origin_and_a_postgres_restart_in_a_minute_of_load_lose_nothing() -> Result<()> {
    let mut stack = stage::stack(&[]).await?;
    let visitors = Visitors::come(&stack.edge.url(), &stack.bench_site);
    for _ in 0..3 {
        load_for(7).await;
        stack.origin.kill();
        load_for(3).await;
        stack.origin.start().await?;
        load_for(5).await;
        stack.database.ours()?.stop().await?;
        stack.database.ours()?.start_again().await?;
        load_for(5).await;
    }
    let redeemed = visitors.leave().await?;
    nothing_is_missing(&stack, redeemed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_killed_while_the_origin_is_away_loses_nothing() -> Result<()> {
    edge_killed_without_origin(stage::stack(&[]).await?).await
}

/// The edge dies before its origin has heard of the redemptions.
pub async fn edge_killed_without_origin(mut stack: Stack) -> Result<()> {
    stack.origin.kill();
    let visitors = Visitors::come(&stack.edge.url(), &stack.bench_site);
    load_for(3).await;
    // No call is in flight when the edge dies: a redemption whose reply was
    // lost with it would be on record but not in the visitors' count.
    let redeemed = visitors.leave().await?;
    stack.edge.kill();
    stack.edge.start_again().await?;
    stack.origin.start().await?;
    nothing_is_missing(&stack, redeemed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_started_while_the_origin_is_away_serves() -> Result<()> {
    let mut stack = stage::stack(&[]).await?;
    stack.edge.stop().await?;
    stack.origin.kill();
    stack.edge.start_again().await?;
    let visitors = Visitors::come(&stack.edge.url(), &stack.bench_site);
    load_for(2).await;
    let redeemed = visitors.leave().await?;
    stack.origin.start().await?;
    nothing_is_missing(&stack, redeemed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn redemptions_of_an_edge_without_an_origin_wait_for_it() -> Result<()> {
    waits_for_an_origin(stage::stack(&[&[("MUNJIGI_ORIGIN_URL", "")]]).await?).await
}

/// An edge that starts without an origin and gets one later.
pub async fn waits_for_an_origin(mut stack: Stack) -> Result<()> {
    let visitors = Visitors::come(&stack.edge.url(), &stack.bench_site);
    load_for(5).await;
    let redeemed = visitors.leave().await?;
    assert_eq!(stage::records(&stack)?.redeemed(&stack.bench_site.sitekey).await?, 0);
    stack.restart_edge_with(&[]).await?;
    // Wakes the objects, as it does on the platform every five minutes.
    stack.edge.run_cron("*/5 * * * *").await?;
    nothing_is_missing(&stack, redeemed).await
}

/// The row's bucket ends while the origin is away.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_over_waits_for_the_origin_too() -> Result<()> {
    let mut stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), stack.bench_site.clone());
    let no_origin = stage::variant(&[("MUNJIGI_ORIGIN_URL", "")]);
    // Longer than any attempt lasts: the next worker treats its bucket as over.
    let behind = Duration::from_hours(12);
    stack.restart_edge_with(&[Variant { behind, ..no_origin.clone() }]).await?;
    let token = stage::token(&edge, &site).await?;
    assert!(stage::verify(&edge, &site, &token).await?.success);
    stack.restart_edge_with(&[no_origin]).await?;
    stack.edge.run_cron("*/5 * * * *").await?;
    // Its alarms fire.
    load_for(5).await;
    stack.restart_edge_with(&[]).await?;
    stack.edge.run_cron("*/5 * * * *").await?;
    nothing_is_missing(&stack, 1).await?;
    assert!(stage::records(&stack)?.oldest(&site.sitekey).await? >= behind);
    Ok(())
}
