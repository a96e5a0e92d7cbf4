//! The pools are filled while parts of the stack are killed: the fill continues
//! where it stopped, nothing is published twice, and visitors never notice.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use munjigi_protocol::{SolutionReply, routes};
use munjigi_tests::client::Connection;
use munjigi_tests::pictures::{answering, right};
use munjigi_tests::records::Records;
use munjigi_tests::stage;
use munjigi_tests::visitors::Visitors;
use munjigi_tools::http::client;
use munjigi_tools::process::Service;
use munjigi_tools::stack::{Pictures, Stack, StackOptions, pools};
use munjigi_tools::wait;

const WITHIN: Duration = Duration::from_mins(5);
const AWAY: Duration = Duration::from_secs(3);

/// A stack that needs three packs of each kind.
async fn stack() -> Result<Stack> {
    let variables = [
        ("MUNJIGI_PICTURES_PER_PACK", "4"),
        // Judges drop half of the drawn pictures.
        ("MUNJIGI_PICTURES_OVERSAMPLE", "2"),
        ("MUNJIGI_PICTURES_DEALT_PER_PACK", "100"),
        ("MUNJIGI_PICTURES_LOW_WATER", "250"),
        ("MUNJIGI_PICTURES_HIGH_WATER", "250"),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let origin_variables: BTreeMap<_, _> = variables.map(owned).into();
    let options =
        StackOptions { pictures: Pictures::Made, origin_variables, ..StackOptions::default() };
    Stack::start(options).await
}

/// Number of pictures drawn so far.
async fn drawn(records: &Records) -> Result<i64> {
    records.number("SELECT count(*) FROM pack_items WHERE outcome IS NOT NULL").await
}

/// Waits until some more pictures are drawn, but not all.
async fn in_the_middle(records: &Records) -> Result<()> {
    let before = drawn(records).await.unwrap_or_default();
    wait::until("some more pictures", WITHIN, async || {
        Ok((drawn(records).await.unwrap_or_default() >= before + 3).then_some(()))
    })
    .await?;
    ensure!(wanting(records).await? > 0, "the fill is over too early for this test");
    Ok(())
}

/// Number of kinds that still need a pack.
async fn wanting(records: &Records) -> Result<i64> {
    let full = "SELECT 3 - count(*) FROM (SELECT kind FROM packs WHERE state = 'published' \
                GROUP BY kind HAVING count(*) >= 3) AS full_kinds";
    records.number(full).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fill_continues_after_kills_without_duplicates_while_visitors_are_served() -> Result<()> {
    let mut stack = stack().await?;
    let records = stage::records(&stack)?;
    let visitors = Visitors::come(&stack.edge.url(), &stack.bench_site);

    in_the_middle(&records).await?;
    stack.gpu.kill();
    served_while_away(&visitors).await?;
    stack.gpu.start().await?;

    in_the_middle(&records).await?;
    stack.origin.kill();
    served_while_away(&visitors).await?;
    stack.origin.start().await?;

    in_the_middle(&records).await?;
    stack.database.ours()?.kill();
    served_while_away(&visitors).await?;
    stack.database.ours()?.start_again().await?;

    wait::until("full pools", WITHIN, async || {
        Ok(wanting(&records).await.is_ok_and(|kinds| kinds == 0).then_some(()))
    })
    .await?;
    pools::wait_for_kinds(&stack.database.url(), &pools::KINDS, WITHIN).await?;
    println!("{} visitors were served meanwhile", visitors.leave().await?);
    nothing_is_doubled(&stack, &records).await?;
    a_picture_can_be_answered(&stack).await
}

async fn served_while_away(visitors: &Visitors) -> Result<()> {
    let before = visitors.redeemed();
    tokio::time::sleep(AWAY).await;
    ensure!(visitors.redeemed() > before, "visitors wait");
    Ok(())
}

/// An object of the bucket, as the admin service lists it.
#[derive(serde::Deserialize)]
struct Object {
    size: i64,
}

async fn nothing_is_doubled(stack: &Stack, records: &Records) -> Result<()> {
    for (what, query) in [
        ("seeds", "SELECT count(*) - count(DISTINCT seed) FROM pack_items"),
        ("images", "SELECT count(images) - count(DISTINCT images) FROM pack_items"),
        (
            "packs that hold more or less than they say",
            "SELECT count(*) FROM packs WHERE state = 'published' AND items <> \
             (SELECT count(*) FROM pack_items WHERE pack = id AND outcome = 'kept')",
        ),
        (
            "packs that are not of the size that was asked for",
            "SELECT count(*) FROM packs WHERE state = 'published' AND items <> 4",
        ),
    ] {
        assert_eq!(records.number(query).await?, 0, "{what}");
    }
    // The bucket contains the packs' objects and nothing else.
    let admin = stack.edge.admin_url().context("workerd")?;
    wait::until("the bucket to hold what is published", WITHIN, async || {
        let listing = client().get(format!("{admin}/bucket/PICTURES/")).send().await?;
        let listing: Vec<Object> = serde_json::from_str(&listing.text().await?)?;
        let packs = records.number("SELECT count(*) FROM packs WHERE state = 'published'").await?;
        let bytes = "SELECT sum(octet_length(images))::bigint FROM pack_items \
                     JOIN packs ON pack = id WHERE state = 'published' AND outcome = 'kept'";
        let bytes = records.number(bytes).await?;
        let there: i64 = listing.iter().map(|object| object.size).sum();
        Ok((i64::try_from(listing.len())? == packs && there == bytes).then_some(()))
    })
    .await
}

async fn a_picture_can_be_answered(stack: &Stack) -> Result<()> {
    let (edge, site) = (stack.edge.url(), &stack.pictures_site);
    let mut connection = Connection::open(&edge).await?;
    let picture = connection.picture(&site.sitekey, &site.hostname, &[]).await?;
    let seen = stage::eyes(stack)?.see(&picture.challenge)?;
    let answer = answering(&picture.challenge, right(&seen));
    let reply = connection.post_json(routes::SOLUTIONS.path, &[], &answer).await?.json()?;
    let SolutionReply::Passed { token, .. } = reply else {
        anyhow::bail!("the right answer is followed by {reply:?}");
    };
    assert!(stage::verify(&edge, site, &token).await?.success);
    Ok(())
}
