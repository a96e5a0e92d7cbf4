//! The origin's database is restored, and lacks what was redeemed since the
//! backup: the edge still has it, and sends it again by itself.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use munjigi_tests::stage;
use munjigi_tools::process::Service as _;
use munjigi_tools::stack::{Edge, Stack, Variant};
use sqlx::{Connection as _, Executor as _, PgConnection};

/// Puts a copy from before all redemptions in the database's place.
async fn restore(stack: &mut Stack) -> Result<()> {
    stack.origin.kill();
    let postgres = stack.database.ours()?;
    let mut server = PgConnection::connect(&postgres.url_of("postgres")).await?;
    server.execute("CREATE DATABASE restored TEMPLATE munjigi").await?;
    let mut restored = PgConnection::connect(&postgres.url_of("restored")).await?;
    restored.execute("DELETE FROM redeemed").await?;
    restored.close().await?;
    server.execute("DROP DATABASE munjigi WITH (FORCE)").await?;
    server.execute("ALTER DATABASE restored RENAME TO munjigi").await?;
    stack.origin.start().await
}

async fn redeem(stack: &Stack, times: usize) -> Result<()> {
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    for _ in 0..times {
        let token = stage::token(&edge, site).await?;
        ensure!(stage::verify(&edge, site, &token).await?.success);
    }
    Ok(())
}

async fn settled(stack: &Stack, wanted: usize) -> Result<()> {
    let site = &stack.bench_site.sitekey;
    let rows = stage::records(stack)?.settled(site, wanted, Duration::from_mins(1)).await?;
    assert_eq!(usize::try_from(rows)?, wanted);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_redemption_makes_the_worker_send_what_was_lost() -> Result<()> {
    the_next_redemption(stage::stack(&[&[("MUNJIGI_SHARDS", "1")]]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_redemption_makes_the_gate_send_what_was_lost() -> Result<()> {
    the_next_redemption(stage::gate(&[]).await?).await
}

async fn the_next_redemption(mut stack: Stack) -> Result<()> {
    redeem(&stack, 3).await?;
    settled(&stack, 3).await?;
    restore(&mut stack).await?;
    assert_eq!(stage::records(&stack)?.redeemed(&stack.bench_site.sitekey).await?, 0);
    redeem(&stack, 1).await?;
    settled(&stack, 4).await
}

/// Runs a statement in every redemption object's file; returns the sum of the
/// first column of its rows.
fn everywhere(stack: &Stack, sql: &str) -> Result<i64> {
    let Edge::Workerd(workerd) = &stack.edge else { bail!("not plain workerd") };
    let mut sum = 0;
    for file in std::fs::read_dir(workerd.redemptions())? {
        let file = file?.path();
        if file.extension().is_none_or(|kind| kind != "sqlite") {
            continue;
        }
        let database = rusqlite::Connection::open(&file)?;
        let is_used = "SELECT count(*) FROM sqlite_master WHERE name = 'kept'";
        if database.query_row(is_used, [], |row| row.get::<_, i64>(0))? == 1 {
            sum += database
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .context(file.display().to_string())?;
        }
    }
    Ok(sum)
}

/// No one comes any more; one of the tokens is so old that its bucket is over.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_has_nothing_to_send_asks_whether_the_origin_lost_something() -> Result<()> {
    let one = ("MUNJIGI_SHARDS", "1");
    let mut stack = stage::stack(&[&[one]]).await?;
    let no_origin = stage::variant(&[("MUNJIGI_ORIGIN_URL", ""), one]);
    let behind = Duration::from_hours(12);
    stack.restart_edge_with(&[Variant { behind, ..no_origin }]).await?;
    redeem(&stack, 1).await?;
    stack.restart_edge_with(&[stage::variant(&[one])]).await?;
    stack.edge.run_cron("*/5 * * * *").await?;
    settled(&stack, 1).await?;
    redeem(&stack, 2).await?;
    settled(&stack, 3).await?;

    stack.edge.stop().await?;
    assert_eq!(everywhere(&stack, "SELECT count(*) FROM kept")?, 1);
    restore(&mut stack).await?;
    // An hour passes.
    let hour = "UPDATE sent SET told_at = told_at - 3600000 RETURNING 1";
    assert!(everywhere(&stack, hour)? >= 1);
    stack.edge.start_again().await?;
    stack.edge.run_cron("*/5 * * * *").await?;
    settled(&stack, 3).await
}
