//! What is published takes effect at the redemption objects at once, in both
//! directions.

use std::time::Duration;

use anyhow::Result;
use munjigi_protocol::SiteverifyCode;
use munjigi_tests::stage;
use munjigi_tools::stack::Stack;

const WITHIN: Duration = Duration::from_secs(30);

fn tell(stack: &Stack, words: &[&str]) -> Result<()> {
    let site = &stack.bench_site;
    let _said: serde_json::Value =
        stack.origin.run_json(&[&["site"], words, &["--json", &site.sitekey]].concat())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_was_deleted_and_restored_redeems_at_once() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    let tokens = [stage::token(&edge, site).await?, stage::token(&edge, site).await?];
    tell(&stack, &["delete"])?;
    let [during, after] = &tokens;
    munjigi_tools::wait::until("the deletion", WITHIN, async || {
        let reply = stage::verify(&edge, site, during).await?;
        Ok((!reply.success).then_some(()))
    })
    .await?;
    tell(&stack, &["restore"])?;
    site.wait_until_published(&stack.origin, WITHIN).await?;
    // An isolate remembers for five seconds that the site did not exist.
    let accepted = munjigi_tools::wait::until("the restored site", WITHIN, async || {
        let reply = stage::verify(&edge, site, after).await?;
        Ok(reply.success.then_some(reply))
    })
    .await?;
    assert!(accepted.success);
    let again = stage::verify(&edge, site, after).await?;
    assert!(stage::refused_with(&again, SiteverifyCode::TimeoutOrDuplicate), "{again:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_site_redeems_nothing_until_it_is_resumed() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    let token = stage::token(&edge, site).await?;
    tell(&stack, &["pause"])?;
    site.wait_until_published(&stack.origin, WITHIN).await?;
    assert!(!stage::verify(&edge, site, &token).await?.success);
    tell(&stack, &["resume"])?;
    site.wait_until_published(&stack.origin, WITHIN).await?;
    assert!(stage::verify(&edge, site, &token).await?.success);
    Ok(())
}
