//! Outcomes that a back end reports reach Postgres, once, through every outage.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};
use munjigi_protocol::{OutcomeReply, OutcomeRequest, routes};
use munjigi_tests::client::Connection;
use munjigi_tests::stage;
use munjigi_tools::process::Service;
use munjigi_tools::stack::{Site, Stack};
use munjigi_tools::wait;

/// The id of a new redemption.
async fn redemption(edge: &str, site: &Site) -> Result<String> {
    let token = stage::token(edge, site).await?;
    let reply = stage::verify(edge, site, &token).await?;
    Ok(reply.metadata.context("the token is good")?.id)
}

async fn report(edge: &str, site: &Site, id: &str, outcome: &str) -> Result<OutcomeReply> {
    let request = OutcomeRequest {
        secret: Some(site.secret.clone()),
        id: Some(id.to_owned()),
        outcome: Some(outcome.to_owned()),
        ..OutcomeRequest::default()
    };
    let mut connection = Connection::open(edge).await?;
    Ok(connection.post_json(routes::OUTCOMES.path, &[], &request).await?.json()?)
}

/// Waits until the origin has exactly these rows, by outcome.
async fn stored(stack: &Stack, legitimate: i64, fraudulent: i64) -> Result<()> {
    let records = stage::records(stack)?;
    let what = format!("{legitimate} legitimate, {fraudulent} fraudulent");
    wait::until(&what, Duration::from_mins(1), async || {
        let of = async |query| records.number(query).await.unwrap_or(-1);
        let found = [
            of("SELECT count(*) FROM outcomes WHERE outcome = 'legitimate'").await,
            of("SELECT count(*) FROM outcomes WHERE outcome = 'fraudulent'").await,
        ];
        Ok((found == [legitimate, fraudulent]).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_wait_for_postgres_and_the_second_report_counts() -> Result<()> {
    let mut stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), stack.bench_site.clone());
    let ids = [redemption(&edge, &site).await?, redemption(&edge, &site).await?];
    assert!(report(&edge, &site, &ids[0], "fraudulent").await?.success);
    stored(&stack, 0, 1).await?;
    stack.database.ours()?.stop().await?;
    assert!(report(&edge, &site, &ids[1], "fraudulent").await?.success);
    assert!(report(&edge, &site, &ids[0], "legitimate").await?.success);
    stack.database.ours()?.start_again().await?;
    stored(&stack, 1, 1).await?;
    let foreign = report(&edge, &stack.site, &ids[0], "legitimate").await?;
    assert!(!foreign.success);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_outcomes_is_imported_and_again_without_effect() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    let mut file = "id,outcome,reason\n".to_owned();
    for outcome in ["legitimate,", "fraudulent,spam", "fraudulent,chargeback"] {
        let id = redemption(&edge, site).await?;
        let _ = writeln!(file, "{id},{outcome}");
    }
    let arguments =
        ["outcomes", "import", "-", "--edge", &edge, "--secret", &site.secret, "--json"];
    for _ in 0..2 {
        let report: serde_json::Value = stack.origin.run_json_on(&arguments, &file)?;
        assert_eq!(report["taken"], 3, "{report}");
    }
    stored(&stack, 1, 2).await?;
    // A line that the edge refuses fails the command, after the others.
    let with_foreign = format!("{file}mj1.a1.AAAA.AAAA,legitimate,\n");
    assert!(stack.origin.run_json_on::<serde_json::Value>(&arguments, &with_foreign).is_err());
    stored(&stack, 1, 2).await
}
