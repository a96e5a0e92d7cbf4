//! The gate in the Worker's place: the same requests, replays and outages.

use anyhow::Result;
use munjigi_tests::stage;

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
