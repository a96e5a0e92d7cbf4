//! The rows that the platform bills, counted by the runtime itself.

use anyhow::Result;
use munjigi_tests::stage;
use munjigi_tools::stack::{Stack, Variant};
use serde::Deserialize;

#[derive(Debug, Clone, Copy, Deserialize)]
struct Counted {
    rows: u64,
    alarms_set: u64,
}

async fn counted(stack: &Stack) -> Result<Counted> {
    let url = format!("{}/__rows", stack.edge.direct_url());
    Ok(reqwest::get(url).await?.json().await?)
}

/// Without an origin, so that no batch moves a cursor meanwhile, and with one
/// object, so that all tables exist after the first pass.
async fn stack() -> Result<Stack> {
    let mut stack = stage::stack(&[]).await?;
    let variant = stage::variant(&[("MUNJIGI_ORIGIN_URL", ""), ("MUNJIGI_SHARDS", "1")]);
    stack.restart_edge_with(&[Variant { counts_rows: true, ..variant }]).await?;
    Ok(stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_is_one_row_by_the_runtimes_own_count() -> Result<()> {
    const PASSES: u64 = 50;
    let stack = stack().await?;
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    let mut rounds = Vec::new();
    // Every ten minutes a pass is the first of its table, which costs another
    // row.
    for _ in 0..3 {
        let before = counted(&stack).await?;
        for _ in 0..PASSES {
            let token = stage::token(&edge, site).await?;
            assert!(stage::verify(&edge, site, &token).await?.success);
        }
        let after = counted(&stack).await?;
        let (rows, alarms) = (after.rows - before.rows, after.alarms_set - before.alarms_set);
        println!("{PASSES} passes: {rows} rows written, {alarms} alarms set");
        rounds.push((rows, alarms));
    }
    assert_eq!(rounds.iter().min(), Some(&(PASSES, 0)));
    Ok(())
}
