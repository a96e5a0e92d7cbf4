//! Which of two real databases is read. In most tests nothing replicates
//! between them and the test sets how far the replica is. In the last one a
//! real replica follows by streaming replication.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use munjigi_tools::postgres::{Data, Postgres};
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::wait;
use sqlx::postgres::PgPoolOptions;

use super::*;
use crate::{Database, Times, pool};

const NOON: u64 = 1_795_176_030_000;

/// Two databases that each return their own name.
async fn two(primary: &PgPool) -> (Reads, PgPool) {
    sqlx::query("CREATE TABLE which AS SELECT 'primary' AS name").execute(primary).await.unwrap();
    let options = primary.connect_options();
    // The maximum length of a name.
    let name = options.get_database().unwrap().replace("_sqlx_test_", "copy_");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\""));
    sqlx::raw_sql(create).execute(primary).await.unwrap();
    let options = (*options).clone().database(&name);
    let copy = PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE which AS SELECT 'copy' AS name").execute(&copy).await.unwrap();
    (Reads::new(primary.clone(), Some(copy.clone())), copy)
}

async fn drop_copy(primary: &PgPool, copy: &PgPool) {
    copy.close().await;
    let name = copy.connect_options().get_database().unwrap().to_owned();
    let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE \"{name}\" WITH (FORCE)"));
    sqlx::raw_sql(drop).execute(primary).await.unwrap();
}

async fn which(reads: &Reads, after: Option<u64>) -> String {
    let name = reads.read(after.map(Written), |pool| async move {
        let name = sqlx::query_scalar("SELECT name FROM which").fetch_one(&pool).await?;
        Ok(name)
    });
    name.await.unwrap()
}

fn has(reads: &Reads, seconds: u64, written: u64, has: u64) {
    let now = UnixMillis(NOON + seconds * 1_000);
    reads.copy.as_ref().unwrap().note(now, Written(written), Written(has));
}

#[sqlx::test(migrations = false)]
async fn a_replica_is_read_once_it_has_what_the_reader_wrote(primary: PgPool) {
    let (reads, copy) = two(&primary).await;
    assert_eq!(which(&reads, None).await, "primary", "nothing is known of it yet");
    has(&reads, 0, 100, 90);
    for (after, expected) in [(None, "copy"), (Some(90), "copy"), (Some(91), "primary")] {
        assert_eq!(which(&reads, after).await, expected, "{after:?}");
    }
    has(&reads, 2, 100, 100);
    assert_eq!(which(&reads, Some(91)).await, "copy");
    assert_eq!(which(&reads, Some(u64::MAX)).await, "primary");
    drop_copy(&primary, &copy).await;
}

#[sqlx::test(migrations = false)]
async fn a_replica_that_lags_for_a_minute_is_not_read_until_it_has_caught_up(primary: PgPool) {
    let (reads, copy) = two(&primary).await;
    has(&reads, 0, 100, 100);
    has(&reads, 30, 200, 100);
    has(&reads, 59, 300, 100);
    assert_eq!((which(&reads, None).await.as_str(), reads.state()), ("copy", Some(State::Near)));
    has(&reads, 90, 400, 199);
    assert_eq!(
        (which(&reads, None).await.as_str(), reads.state()),
        ("primary", Some(State::Behind))
    );
    has(&reads, 92, 400, 200);
    assert_eq!(which(&reads, None).await, "copy");
    drop_copy(&primary, &copy).await;
}

#[sqlx::test(migrations = false)]
async fn a_replica_that_fails_is_not_read_and_the_answer_comes_all_the_same(primary: PgPool) {
    let (reads, copy) = two(&primary).await;
    has(&reads, 0, 100, 100);
    copy.close().await;
    let tried = AtomicUsize::new(0);
    let tried = &tried;
    let name: String = reads
        .read(None, |pool| async move {
            tried.fetch_add(1, Ordering::Relaxed);
            Ok(sqlx::query_scalar("SELECT name FROM which").fetch_one(&pool).await?)
        })
        .await
        .unwrap();
    assert_eq!((name.as_str(), tried.load(Ordering::Relaxed)), ("primary", 2));
    assert_eq!(reads.state(), Some(State::Away));
    // From then on no one waits for it.
    which(&reads, None).await;
    reads.look(UnixMillis(NOON)).await;
    assert_eq!(reads.state(), Some(State::Away));
    drop_copy(&primary, &copy).await;
}

#[sqlx::test(migrations = false)]
async fn a_database_that_accepts_writes_is_no_replica(primary: PgPool) {
    let (reads, copy) = two(&primary).await;
    reads.look(UnixMillis(NOON)).await;
    assert_eq!(reads.state(), Some(State::NoCopy));
    assert_eq!(which(&reads, None).await, "primary");
    let (before, after) = (reads.written().await.unwrap(), {
        sqlx::query("UPDATE which SET name = 'primary'").execute(&primary).await.unwrap();
        reads.written().await.unwrap()
    });
    assert!(before < after, "{before:?} {after:?}");
    drop_copy(&primary, &copy).await;
}

/// The number of rows, and whether a replica answered.
async fn noted(reads: &Reads, after: Option<Written>) -> (i64, bool) {
    let read = reads.read(after, |pool| async move {
        let query = "SELECT count(*), pg_is_in_recovery() FROM noted";
        Ok(sqlx::query_as(query).fetch_one(&pool).await?)
    });
    read.await.unwrap()
}

async fn near(reads: &Reads, now: UnixMillis, after: Written) {
    let within = Duration::from_secs(30);
    wait::until("the copy to be near", within, async || {
        reads.look(now).await;
        let copy = reads.copy.as_ref().unwrap();
        let is_there = copy.state() == State::Near && copy.is_far_enough(Some(after));
        Ok(is_there.then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn writers_read_the_primary_and_others_the_replica() {
    let logs = tempfile::tempdir().unwrap();
    let log = |name: &str| logs.path().join(name);
    let mut primary =
        Postgres::start(&Project::here(), Data::Temporary, None, log("primary")).await.unwrap();
    let mut copy = primary.replica(log("copy")).await.unwrap();
    let connect = |url: String| {
        pool(&Database {
            url: url.parse().unwrap(),
            pooler: None,
            connections: 4,
            times: Times::default(),
        })
    };
    let (ours, theirs) = (connect(primary.url()), connect(copy.url()));
    let reads = Reads::new(ours.clone(), Some(theirs.clone()));
    let run = async |pool: &PgPool, query: &'static str| {
        sqlx::raw_sql(query).execute(pool).await.unwrap();
    };
    let at = |seconds: u64| UnixMillis(NOON + seconds * 1_000);
    run(&ours, "CREATE TABLE noted (at int); INSERT INTO noted VALUES (1)").await;
    near(&reads, at(0), reads.written().await.unwrap()).await;
    assert_eq!(noted(&reads, None).await, (1, true));

    // It falls behind: the writer sees the new row, others the earlier state.
    run(&theirs, "SELECT pg_wal_replay_pause()").await;
    run(&ours, "INSERT INTO noted VALUES (2)").await;
    let written = reads.written().await.unwrap();
    reads.look(at(2)).await;
    assert_eq!(noted(&reads, Some(written)).await, (2, false));
    assert_eq!(noted(&reads, None).await, (1, true));
    // For at most a minute.
    reads.look(at(62)).await;
    assert_eq!((noted(&reads, None).await, reads.state()), ((2, false), Some(State::Behind)));
    run(&theirs, "SELECT pg_wal_replay_resume()").await;
    near(&reads, at(64), written).await;
    assert_eq!(noted(&reads, Some(written)).await, (2, true));

    // It goes down and comes back.
    copy.kill();
    assert_eq!(noted(&reads, None).await, (2, false));
    assert_eq!(reads.state(), Some(State::Away));
    run(&ours, "INSERT INTO noted VALUES (3)").await;
    copy.start_again().await.unwrap();
    near(&reads, at(66), reads.written().await.unwrap()).await;
    assert_eq!(noted(&reads, None).await, (3, true));
}
