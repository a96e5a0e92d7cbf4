//! The last release beside this one, as a roll-out leaves them for a while: the
//! platform updates workers and objects at different times.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use munjigi_protocol::SiteverifyCode;
use munjigi_tests::stage;
use munjigi_tools::stack::{Site, Stack, Variant};
use tokio::task::JoinSet;

/// Redemptions in each direction.
const REDEMPTIONS: usize = 1_000;

const AT_ONCE: usize = 8;

/// The worker as it was released; `tests/released/README.md` says how it is made.
fn released() -> Variant {
    let build = Some(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/released")));
    Variant { build, ..Variant::default() }
}

/// A token that the owner of the objects issued, redeemed by a caller of the
/// other release, and then once more by both.
async fn redeem(owner: String, caller: String, site: Site) -> Result<()> {
    let token = stage::token(&owner, &site).await?;
    let reply = stage::verify(&caller, &site, &token).await?;
    ensure!(reply.success, "first: {reply:?}");
    for edge in [caller, owner] {
        let reply = stage::verify(&edge, &site, &token).await?;
        ensure!(stage::refused_with(&reply, SiteverifyCode::TimeoutOrDuplicate), "{reply:?}");
    }
    Ok(())
}

/// Redeems by the second worker through the objects of the first.
async fn redeem_all(stack: &Stack) -> Result<()> {
    let [owner, caller]: [String; 2] = stack.edge.urls().try_into().ok().context("two workers")?;
    let mut calls = JoinSet::new();
    for _ in 0..REDEMPTIONS {
        if calls.len() >= AT_ONCE {
            calls.join_next().await.context("a call")???;
        }
        calls.spawn(redeem(owner.clone(), caller.clone(), stack.bench_site.clone()));
    }
    while let Some(call) = calls.join_next().await {
        call??;
    }
    Ok(())
}

/// First the objects are of this release; then they are of the last one, over the
/// rows that this release has written.
#[tokio::test(flavor = "multi_thread")]
async fn both_releases_redeem_through_the_objects_of_either() -> Result<()> {
    let mut stack = stage::stack(&[&[], &[]]).await?;
    for order in [[Variant::default(), released()], [released(), Variant::default()]] {
        stack.restart_edge_with(&order).await?;
        redeem_all(&stack).await?;
    }
    let all = 2 * REDEMPTIONS;
    let records = stage::records(&stack)?;
    let settled = records.settled(&stack.bench_site.sitekey, all, Duration::from_mins(2)).await?;
    assert_eq!(usize::try_from(settled)?, all);
    Ok(())
}
