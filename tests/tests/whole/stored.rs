//! What is stored of a visitor, at either edge and in Postgres: neither an address
//! nor the name of a browser, and no cookie is set.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use munjigi_tests::client::Connection;
use munjigi_tests::stage;
use munjigi_tools::stack::Stack;

const ADDRESS: [u8; 4] = [203, 0, 113, 77];
const AGENT: &str = "NobodysBrowser/77.0";
const LANGUAGE: &str = "xx-Nobodys";

/// The bytes of every file in a folder and in those below.
fn bytes(folder: &Path) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(bytes(&path)?);
        } else if path.is_file() {
            all.extend(std::fs::read(&path)?);
        }
    }
    Ok(all)
}

fn holds(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_and_postgres_store_nothing_of_a_visitor() -> Result<()> {
    nothing_of_a_visitor(stage::stack(&[]).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_and_postgres_store_nothing_of_a_visitor() -> Result<()> {
    nothing_of_a_visitor(stage::gate(&[]).await?).await
}

async fn nothing_of_a_visitor(mut stack: Stack) -> Result<()> {
    let site = stack.bench_site.clone();
    let address = ADDRESS.map(|byte| byte.to_string()).join(".");
    let visitor = [
        ("cf-connecting-ip", address.as_str()),
        ("user-agent", AGENT),
        ("accept-language", LANGUAGE),
    ];
    let mut connection = Connection::open(&stack.edge.url()).await?;
    for _ in 0..50 {
        let token = connection.token(&site.sitekey, &site.hostname, &visitor).await?;
        assert!(connection.siteverify(&site.secret, &token, &[]).await?.success);
    }
    // One stays at the edge, neither spent nor reported.
    connection.token(&site.sitekey, &site.hostname, &visitor).await?;
    let frame = format!("/v1/frame/{}", site.sitekey);
    let shown = connection.send(hyper::Method::GET, &frame, &visitor, "").await?;
    assert!(!shown.headers.contains_key("set-cookie"), "{:?}", shown.headers);
    let records = stage::records(&stack)?;
    assert_eq!(records.settled(&site.sitekey, 50, Duration::from_mins(1)).await?, 50);

    let rows = records.every_row().await?;
    stack.edge.stop().await?;
    let folder = stack.logs().parent().context("the stack's folder")?.join("edge");
    let files = bytes(&folder)?;
    for (place, all) in [("Postgres", rows.as_bytes()), ("the edge's store", files.as_slice())] {
        // What is looked through is what was written.
        assert!(holds(all, site.sitekey.as_bytes()), "{place} does not know the site");
        for part in [address.as_bytes(), AGENT.as_bytes(), LANGUAGE.as_bytes()] {
            assert!(!holds(all, part), "{place} has {}", String::from_utf8_lossy(part));
        }
    }
    assert!(!holds(&files, &ADDRESS), "the edge's store has the address's bytes");
    Ok(())
}
