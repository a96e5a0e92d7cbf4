//! A thousand images of three organisations, which two gpu-backends look at
//! while one, then the other, is killed: everything is done once, in turns, and
//! each organisation's own in its order.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use munjigi_tools::gpu_backend::GpuBackend;
use munjigi_tools::http::client;
use munjigi_tools::ports;
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::stack::{Pictures, Stack, StackOptions};
use munjigi_tools::wait;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

const WITHIN: Duration = Duration::from_mins(5);
/// Jobs of each organisation.
const JOBS: [(&str, usize); 3] =
    [("0000000000000001", 334), ("0000000000000002", 333), ("0000000000000003", 333)];
/// As many more of one organisation than of another may have begun. Each has
/// three places, and falls behind while a backend that dies or is slow holds its
/// three; in the order of arrival, the last would be 334 behind.
const APART: usize = 50;
/// In the order in which they are created.
const PRIORITIES: [&str; 3] = ["low", "normal", "high"];
const PNG: &[u8] = include_bytes!("../../../origin/api/tests/api/jobs/red.png");

/// A stack whose two gpu-backends do not run yet.
async fn stack() -> Result<(Stack, GpuBackend)> {
    let (first, second) = (ports::free(), ports::free());
    let urls = [first, second].map(|port| format!("http://127.0.0.1:{port}")).join(",");
    let origin_variables = BTreeMap::from([
        ("MUNJIGI_GPU_URL".to_owned(), urls),
        ("MUNJIGI_JOBS_HOURLY".to_owned(), "1000".to_owned()),
    ]);
    let stack = Stack::start(StackOptions {
        pictures: Pictures::Later,
        gpu_port: Some(first),
        origin_variables,
        ..StackOptions::default()
    })
    .await?;
    let log = std::env::temp_dir().join(format!("munjigi-gpu-{second}.log"));
    let other = GpuBackend::prepare(&Project::here(), second, &stack.keys, &BTreeMap::new(), log)?;
    Ok((stack, other))
}

/// Three organisations of the demo account, and its session.
async fn members(stack: &Stack, records: &PgPool) -> Result<String> {
    let demo: Value = stack.origin.run_json(&["account", "demo", "--json"])?;
    for (organisation, _) in JOBS {
        let rows = "WITH new AS (
                INSERT INTO organisations (id, name, created_at) VALUES ($1, $1, now()) RETURNING id
            )
            INSERT INTO members (organisation, account, role, since)
            SELECT new.id, accounts.id, 'owner', now() FROM new, accounts WHERE email = $2";
        sqlx::query(rows).bind(organisation).bind(demo["email"].as_str()).execute(records).await?;
    }
    let credentials = json!({ "email": demo["email"], "password": demo["password"] });
    let url = format!("{}/api/v1/session", stack.origin.url());
    let session: Value = client().post(url).json(&credentials).send().await?.json().await?;
    let token = session["access_token"].as_str();
    Ok(token.with_context(|| session.to_string())?.to_owned())
}

async fn create(url: &str, token: &str, query: &str) -> Result<Value> {
    loop {
        let url = format!("{url}?model=scene-tile&{query}");
        let sent = client().post(url).bearer_auth(token).body(PNG).send().await?;
        if sent.status() == StatusCode::TOO_MANY_REQUESTS {
            // 600 calls of one person in a minute.
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        }
        ensure!(sent.status() == StatusCode::ACCEPTED, "{}", sent.text().await?);
        return Ok(sent.json().await?);
    }
}

async fn finished(records: &PgPool) -> Result<i64> {
    let count = "SELECT count(*) FROM jobs WHERE finished_at IS NOT NULL";
    Ok(sqlx::query_scalar(count).fetch_one(records).await?)
}

/// Waits for so many to be finished, and says how many of one organisation ran
/// at once at most.
async fn wait_for(records: &PgPool, wanted: i64) -> Result<i64> {
    let mut most = 0;
    wait::until(&format!("{wanted} finished jobs"), WITHIN, async || {
        let running = "SELECT COALESCE(max(count), 0) FROM (
                SELECT count(*) FROM jobs WHERE leased_until > now() GROUP BY organisation
            ) AS running";
        most = most.max(sqlx::query_scalar(running).fetch_one(records).await?);
        Ok((finished(records).await? >= wanted).then_some(()))
    })
    .await?;
    Ok(most)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_jobs_are_done_once_in_fair_turns_while_backends_are_killed() -> Result<()> {
    let (mut stack, mut other) = stack().await?;
    let records = PgPoolOptions::new().max_connections(2).connect(&stack.database.url()).await?;
    let token = members(&stack, &records).await?;
    // The first organisation is there before the others.
    for (organisation, jobs) in JOBS {
        let url = format!("{}/api/v1/organisations/{organisation}/jobs", stack.origin.url());
        for number in 0..jobs {
            let priority = PRIORITIES[number * PRIORITIES.len() / jobs];
            let job = create(&url, &token, &format!("priority={priority}")).await?;
            // Some are tried at once, in vain.
            ensure!(job["status"] == "waiting" || job["status"] == "running", "{job}");
        }
    }
    assert_eq!(finished(&records).await?, 0);

    stack.gpu.start().await?;
    other.start().await?;
    let mut most = wait_for(&records, 150).await?;
    stack.gpu.kill();
    most = most.max(wait_for(&records, 300).await?);
    stack.gpu.start().await?;
    most = most.max(wait_for(&records, 450).await?);
    other.kill();
    most = most.max(wait_for(&records, 600).await?);
    other.start().await?;
    most = most.max(wait_for(&records, 1_000).await?);
    assert_eq!(most, 3, "of one organisation at once");

    let done: Vec<(String, i16)> = sqlx::query_as(
        "SELECT organisation, priority FROM jobs
        WHERE result -> 'prediction' ->> 'task' = 'classify' ORDER BY started_at, id",
    )
    .fetch_all(&records)
    .await?;
    let failed: Vec<(String, i64)> =
        sqlx::query_as("SELECT error, count(*) FROM jobs WHERE error IS NOT NULL GROUP BY error")
            .fetch_all(&records)
            .await?;
    assert_eq!((done.len(), failed), (1_000, Vec::new()));
    let metrics = client().get(format!("{}/metrics", stack.origin.operators())).send().await?;
    let metrics = metrics.text().await?;
    let ended = |end: &str| {
        let name = format!("munjigi_image_jobs_total{{end=\"{end}\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
    };
    let (broken, untried): (u32, u32) = (ended("broken"), ended("untried"));
    assert_eq!((ended("done"), ended("failed")), (1_000, 0), "none twice");
    println!("1,000 jobs: {broken} interrupted by kills, {untried} returned by who was away");

    // Those that came first do not come before the others.
    let mut begun = BTreeMap::from(JOBS.map(|(organisation, _)| (organisation, 0_usize)));
    let mut furthest = 0;
    for (organisation, _) in &done[..900] {
        *begun.get_mut(organisation.as_str()).context("an organisation of ours")? += 1;
        let counts = begun.values();
        let (least, most) = (counts.clone().min(), counts.max());
        furthest = furthest.max(most.zip(least).map_or(0, |(most, least)| most - least));
    }
    println!("the organisations were never further than {furthest} jobs apart");
    assert!(furthest <= APART, "{begun:?}");
    for (organisation, jobs) in JOBS {
        let own: Vec<i16> =
            done.iter().filter(|(whose, _)| whose == organisation).map(|(_, own)| *own).collect();
        assert_eq!(own.len(), jobs);
        for priority in [0, 1] {
            let before = own.iter().filter(|other| **other <= priority).count();
            let last = own.iter().rposition(|other| *other <= priority).unwrap_or_default();
            // At most those three overtook it that ran when a kill sent it back.
            assert!(last + 1 - before <= 6, "{priority}: {own:?}");
        }
    }
    stack.stop().await
}
