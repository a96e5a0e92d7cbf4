//! The gate in the Worker's place: the same requests, replays and outages.

use std::time::Duration;

use anyhow::Result;
use munjigi_tests::stage;
use munjigi_tests::visitors::Visitors;
use munjigi_tools::process::Service as _;

use crate::{bad_input, internal, outages, redemption, rings};

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_the_same_codes_from_the_gate() -> Result<()> {
    bad_input::all_cases(&stage::gate(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_carries_out_what_its_origin_signed_and_nothing_else() -> Result<()> {
    let stack = stage::gate(&[]).await?;
    internal::sent_twice(&stack).await?;
    internal::not_signed(&stack).await?;
    internal::invented_signatures(&stack).await?;
    internal::strangers(&stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_at_the_gate_strands_no_one() -> Result<()> {
    rings::one_edge_with_each_ring(stage::gate(&[]).await?).await
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

/// Seconds without an origin, unless the variable says another number.
const AWAY_SECONDS: u64 = 9;
const VARIABLE: &str = "MUNJIGI_AWAY_SECONDS";
/// Some 200 passes a second.
const CROWD: usize = 14;
const KILLS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_killed_twice_under_load_without_its_origin_loses_and_doubles_nothing() -> Result<()>
{
    let seconds = std::env::var(VARIABLE).map_or(Ok(AWAY_SECONDS), |text| text.parse())?;
    let part = Duration::from_secs(seconds) / 3;
    let mut stack = stage::gate(&[]).await?;
    stack.origin.kill();
    let visitors = Visitors::crowd(&stack.edge.url(), &stack.bench_site, CROWD);
    for _ in 0..KILLS {
        tokio::time::sleep(part).await;
        stack.edge.kill();
        stack.edge.start_again().await?;
    }
    tokio::time::sleep(part).await;
    let confirmed = visitors.leave().await?;
    stack.origin.start().await?;
    let records = stage::records(&stack)?;
    let site = &stack.bench_site.sitekey;
    let rows = records.settled(site, confirmed, Duration::from_mins(2)).await?;
    println!("in {seconds} s {confirmed} redemptions were confirmed; {rows} are on record");
    // Each kill may have cost each visitor the reply to one that was durable.
    let most = confirmed + KILLS * CROWD;
    assert!((confirmed..=most).contains(&usize::try_from(rows)?), "{rows} of {confirmed}");
    let told = records.number("SELECT count(*) FROM redeemed").await?;
    let counted = records.number("SELECT count(DISTINCT id) FROM redeemed").await?;
    assert_eq!(told, counted, "an event that was told twice");
    Ok(())
}
