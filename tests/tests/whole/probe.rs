//! The operator's probe: exits with 0 against a healthy stack, and its
//! redemption is on record within ten seconds.

use std::time::Duration;

use anyhow::Result;
use munjigi_tests::stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_passes_and_is_on_record_within_ten_seconds() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), &stack.site);
    let arguments =
        ["probe", "--edge", &edge, "--sitekey", &site.sitekey, "--secret", &site.secret];
    println!("{}", stack.origin.run(&arguments)?);
    let rows = stage::records(&stack)?.settled(&site.sitekey, 1, Duration::from_secs(10)).await?;
    assert_eq!(rows, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_fails_where_the_secret_is_another_sites() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), &stack.site);
    let secret = &stack.bench_site.secret;
    let arguments = ["probe", "--edge", &edge, "--sitekey", &site.sitekey, "--secret", secret];
    assert!(stack.origin.run(&arguments).is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn solve_prints_one_token_that_siteverify_accepts() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), &stack.site);
    let printed = stack.origin.run(&["solve", "--edge", &edge, "--sitekey", &site.sitekey])?;
    let token = printed.trim_end();
    assert!(token.starts_with("mj1.") && !token.contains(char::is_whitespace), "{printed}");
    assert!(stage::verify(&edge, site, token).await?.success);
    Ok(())
}
