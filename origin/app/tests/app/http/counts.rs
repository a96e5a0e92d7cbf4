//! `POST /internal/counts`.

use munjigi_protocol::{CountKind, SOLVE_MS_BUCKETS};
use sqlx::PgPool;

use munjigi_rig::{self as rig, MINUTE, NOON, Rig, count};

const PATH: &str = "/internal/counts";

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_batch_delivered_again_counts_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let body = rig::counts(1, &[count(CountKind::Issued, 5), count(CountKind::Issued, 2)]);
    assert_contract!("counts_taken", rig.post(PATH, &body).await, rig);
    assert_eq!(rig.post(PATH, &body).await.status, 204);
    assert_eq!(rig.number("SELECT count FROM minute_counts").await, 7);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn batches_add_up(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    for (batch, number) in [(1, 5), (2, 6)] {
        let mut solved = count(CountKind::Solved, number);
        solved.solve_ms = vec![0; SOLVE_MS_BUCKETS];
        solved.solve_ms[3] = number;
        solved.solve_ms[11] = 1;
        // A second count of the same minute, without a histogram.
        let bare = count(CountKind::Solved, 1);
        let body = rig::counts(batch, &[solved, bare, count(CountKind::Refused, 1)]);
        assert_eq!(rig.post(PATH, &body).await.status, 204);
    }
    let row: (i64, Vec<i64>) =
        sqlx::query_as("SELECT count, solve_ms FROM minute_counts WHERE kind = 'solved'")
            .fetch_one(&rig.pool)
            .await
            .unwrap();
    assert_eq!(row, (13, vec![0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0, 2]));
    assert_eq!(rig.number("SELECT count FROM minute_counts WHERE code = 'blocked'").await, 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_same_batch_many_times_at_once_counts_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let body = rig::counts(1, &[count(CountKind::Issued, 5)]);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (rig, body) = (rig.clone(), body.clone());
        calls.spawn(async move { rig.post(PATH, &body).await.status });
    }
    assert_eq!(calls.join_all().await, [204; 6]);
    assert_eq!(rig.number("SELECT count FROM minute_counts").await, 5);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn different_batches_of_the_same_rows_at_once_all_count(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kinds = [CountKind::Issued, CountKind::Solved, CountKind::Failed, CountKind::Stepped];
    let mut calls = tokio::task::JoinSet::new();
    for batch in 0..8 {
        let mut parts = kinds.map(|kind| count(kind, 1));
        parts.rotate_left(usize::from(batch) % 4);
        let (rig, body) = (rig.clone(), rig::counts(batch, &parts));
        calls.spawn(async move { rig.post(PATH, &body).await.status });
    }
    assert_eq!(calls.join_all().await, [204; 8]);
    assert_eq!(rig.number("SELECT sum(count)::bigint FROM minute_counts").await, 32);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn counts_outside_retention_are_acknowledged_and_skipped(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut old = count(CountKind::Issued, 1);
    old.minute = NOON.0 / MINUTE - 91 * 1_440;
    let mut never = count(CountKind::Issued, 1);
    never.minute = u64::MAX;
    let body = rig::counts(1, &[old, never]);
    assert_eq!(rig.post(PATH, &body).await.status, 204);
    assert_eq!(rig.number("SELECT count(*) FROM minute_counts").await, 0);
    assert_eq!(rig.number("SELECT count(*) FROM count_batches").await, 1);
}
