//! A release that finds rows of the previous one: what was spent stays spent,
//! and what waits for the origin arrives.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use munjigi_protocol::{Code, PictureType, Problem, SiteverifyCode, routes};
use munjigi_tests::client::Connection;
use munjigi_tests::{packs, pictures, stage};
use munjigi_tools::node::Node;
use munjigi_tools::project::Project;
use munjigi_tools::stack::Stack;

/// Number of objects that got the tables of their first version.
fn give_first_version(stack: &Stack) -> Result<u32> {
    let folder = stack.logs().parent().context("logs lie in the stack's folder")?;
    let objects = folder.join("edge/stores/munjigi-Redemptions");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/version_1.mjs");
    let node = Node::find(&Project::here())?;
    let output = node.command().arg(script).arg(&objects).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {said}", objects.display());
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_previous_release_are_taken_over() -> Result<()> {
    let mut stack = stage::stack(&[&[("MUNJIGI_ORIGIN_URL", "")]]).await?;
    let (edge, site) = (stack.edge.url(), stack.bench_site.clone());
    let mut spent = Vec::new();
    for _ in 0..30 {
        let token = stage::token(&edge, &site).await?;
        assert!(stage::verify(&edge, &site, &token).await?.success);
        spent.push(token);
    }
    let mut unspent = Vec::new();
    for _ in 0..10 {
        unspent.push(stage::token(&edge, &site).await?);
    }

    // A picture that was answered wrongly.
    packs::publish(&stack, &[PictureType::Grid]).await?;
    let pictured = stack.pictures_site.clone();
    let mut connection = Connection::open(&edge).await?;
    let picture = connection.picture(&pictured.sitekey, &pictured.hostname, &[]).await?;
    let seen = stage::eyes(&stack)?.see(&picture.challenge)?;
    let answered = async |edge: &str, answer| {
        let body = serde_json::json!({ "challenge": picture.challenge, "answer": answer });
        let mut connection = Connection::open(edge).await?;
        let refused = connection.post_json(routes::SOLUTIONS.path, &[], &body).await?;
        Ok::<Code, anyhow::Error>(serde_json::from_slice::<Problem>(&refused.body)?.code)
    };
    assert_eq!(answered(&edge, pictures::wrong(&seen, 0)).await?, Code::AnswerWrong);

    stack.edge.stop().await?;
    let objects = give_first_version(&stack)?;
    ensure!(objects > 1, "{objects} objects had rows");
    stack.restart_edge_with(&[]).await?;

    let duplicate = SiteverifyCode::TimeoutOrDuplicate;
    for token in &spent {
        let reply = stage::verify(&edge, &site, token).await?;
        assert!(stage::refused_with(&reply, duplicate), "{reply:?}");
    }
    for token in &unspent {
        assert!(stage::verify(&edge, &site, token).await?.success);
        assert!(stage::refused_with(&stage::verify(&edge, &site, token).await?, duplicate));
    }
    assert_eq!(answered(&edge, pictures::right(&seen)).await?, Code::AttemptsExhausted);
    // Wakes the objects that no call has reached.
    stack.edge.run_cron("*/5 * * * *").await?;
    let all = spent.len() + unspent.len();
    let records = stage::records(&stack)?;
    let settled = records.settled(&site.sitekey, all, Duration::from_mins(1)).await?;
    assert_eq!(usize::try_from(settled)?, all);
    Ok(())
}
