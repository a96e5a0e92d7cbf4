//! Jobs on a real database.

use munjigi_domain::site_change::Change;
use munjigi_protocol::CountKind;
use sqlx::PgPool;

use munjigi_rig::{self as rig, DAY, HOUR, MINUTE, Rig, count, event};

const DAYS: &str = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'redeemed'::regclass";

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn days_are_created_ahead_and_dropped_after_retention(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let jobs = rig.jobs();
    jobs.keep_house().await.unwrap();
    jobs.keep_house().await.unwrap();
    // Today and eight days ahead.
    assert_eq!(rig.number(DAYS).await, 9);
    rig.post("/internal/events", &rig::events(&[event(1)])).await;
    rig.pass(90 * DAY);
    jobs.keep_house().await.unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM redeemed").await, 1);
    rig.pass(DAY);
    jobs.keep_house().await.unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM redeemed").await, 0);
    assert_eq!(rig.number("SELECT count(*) FROM rollup_hours").await, 0);
    let oldest: String = sqlx::query_scalar(
        "SELECT min(inhrelid::regclass::text) FROM pg_inherits
        WHERE inhparent = 'redeemed'::regclass",
    )
    .fetch_one(&rig.pool)
    .await
    .unwrap();
    assert_eq!(oldest, "redeemed_20261121");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn several_origins_keep_house_at_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut houses = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let jobs = rig.jobs();
        houses.spawn(async move { jobs.keep_house().await });
    }
    for kept in houses.join_all().await {
        kept.unwrap();
    }
    assert_eq!(rig.number(DAYS).await, 9);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn rows_that_are_no_longer_needed_are_swept(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let body = rig::counts(1, &[count(CountKind::Issued, 1)]);
    rig.post("/internal/counts", &body).await;
    let site = rig.create_site().await;
    rig.change(&site.sitekey, Change::Delete).await.unwrap();
    rig.publish_due().await;
    for (after, nonces, batches, sites) in
        [(14 * MINUTE, 1, 1, 1), (2 * MINUTE, 0, 1, 1), (29 * DAY, 0, 1, 1), (DAY, 0, 0, 0)]
    {
        rig.pass(after);
        rig.jobs().keep_house().await.unwrap();
        assert_eq!(rig.number("SELECT count(*) FROM signature_nonces").await, nonces);
        assert_eq!(rig.number("SELECT count(*) FROM count_batches").await, batches);
        assert_eq!(rig.number("SELECT count(*) FROM sites").await, sites);
        assert_eq!(rig.number("SELECT count(*) FROM site_publications").await, sites);
        assert_eq!(rig.number("SELECT count(*) FROM secrets").await, sites);
    }
}

async fn rollups(rig: &Rig) -> String {
    sqlx::query_scalar(
        "SELECT coalesce(json_agg(row_to_json(summed) ORDER BY hour, dimension, value), '[]')::text
        FROM hourly_breakdowns AS summed WHERE dimension IN ('total', 'action', 'code')",
    )
    .fetch_one(&rig.pool)
    .await
    .unwrap()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn hours_are_rolled_up_from_both_kinds_of_record(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut shown = event(2);
    (shown.interactive, shown.rejected, shown.score) = (true, 3, 70);
    rig.post("/internal/events", &rig::events(&[event(1), shown])).await;
    let mut solved = count(CountKind::Solved, 5);
    solved.solve_ms = vec![0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut elsewhere = count(CountKind::Issued, 2);
    elsewhere.action = "search".to_owned();
    let refused = count(CountKind::Refused, 4);
    let batch = [count(CountKind::Issued, 9), solved, elsewhere, refused];
    rig.post("/internal/counts", &rig::counts(1, &batch)).await;
    rig.jobs().roll_up().await.unwrap();
    let first = rollups(&rig).await;
    insta::assert_snapshot!(first.replace("},", "},\n"));
    // Repeated: the same.
    rig.pass(MINUTE);
    rig.jobs().roll_up().await.unwrap();
    assert_eq!(rollups(&rig).await, first);
}

const REDEEMED: &str = "SELECT coalesce(sum(redeemed), 0)::bigint FROM daily_breakdowns
    WHERE dimension = 'total'";
const DUE: &str = "SELECT count(*) FROM rollup_hours
    WHERE rolled_at IS NULL OR rolled_at < marked_at + interval '3 minutes'";

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_hour_that_gets_late_events_is_computed_again(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    rig.post("/internal/events", &rig::events(&[event(1)])).await;
    rig.jobs().roll_up().await.unwrap();
    assert_eq!(rig.number(REDEEMED).await, 1);
    // Within the minute in which marks are skipped.
    rig.pass(30_000);
    rig.post("/internal/events", &rig::events(&[event(2)])).await;
    rig.pass(10_000);
    rig.jobs().roll_up().await.unwrap();
    assert_eq!(rig.number(REDEEMED).await, 2);
    // After a long quiet period: nothing is left to compute.
    rig.pass(HOUR);
    rig.jobs().roll_up().await.unwrap();
    assert_eq!(rig.number(DUE).await, 0);
    // Days later the edge delivers what it held back.
    rig.pass(5 * DAY);
    rig.post("/internal/events", &rig::events(&[event(3)])).await;
    assert_eq!(rig.number(DUE).await, 1);
    rig.jobs().roll_up().await.unwrap();
    assert_eq!(rig.number(REDEEMED).await, 3);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn roll_ups_outlive_the_records(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    rig.post("/internal/events", &rig::events(&[event(1)])).await;
    rig.jobs().roll_up().await.unwrap();
    rig.pass(91 * DAY);
    rig.jobs().keep_house().await.unwrap();
    rig.jobs().roll_up().await.unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM redeemed").await, 0);
    assert_eq!(rig.number(REDEEMED).await, 1);
}
