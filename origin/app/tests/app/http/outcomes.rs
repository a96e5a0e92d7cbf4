//! Outcomes, which come with the counts.

use munjigi_keys::UnixMillis;
use munjigi_protocol::{
    AttemptId, BatchId, Outcome, OutcomeKey, OutcomeReason, OutcomeReport, Sign, Signs,
};
use munjigi_store::housekeeping::Sweep;
use munjigi_store::transact;
use serde_json::json;
use sqlx::PgPool;

use munjigi_rig::{NOON, Rig};

const PATH: &str = "/internal/counts";

/// A report about attempt 1, some seconds after noon.
fn report(seconds: u64, outcome: Outcome, key: Option<u8>) -> OutcomeReport {
    OutcomeReport {
        id: AttemptId([1; 16]),
        sitekey: "mj_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
        solved_at: NOON.0 - 60_000,
        signs: Signs::NONE.with(Sign::Absent),
        score: 90,
        outcome,
        reason: Some(OutcomeReason::Spam),
        key: key.map(|key| OutcomeKey([key; 16])),
        reported_at: NOON.0 + seconds * 1_000,
    }
}

async fn send(rig: &Rig, batch: u8, reports: &[OutcomeReport]) -> u16 {
    let batch = BatchId([batch; 16]);
    let body = json!({ "batch": batch, "counts": [], "outcomes": reports }).to_string();
    rig.post(PATH, &body).await.status
}

/// What is stored, and whether it was changed.
async fn stored(rig: &Rig) -> Vec<(String, bool)> {
    sqlx::query_as("SELECT outcome, changed_at IS NOT NULL FROM outcomes ORDER BY id")
        .fetch_all(&rig.pool)
        .await
        .unwrap()
}

fn row(outcome: Outcome, changed: bool) -> (String, bool) {
    (outcome.as_str().to_owned(), changed)
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_second_report_replaces_the_first_and_a_third_changes_nothing(pool: PgPool) {
    use Outcome::{Fraudulent, Legitimate};
    let rig = Rig::new(pool, crate::routes).await;
    for (batch, outcome, expected) in [
        (1, Fraudulent, row(Fraudulent, false)),
        (2, Fraudulent, row(Fraudulent, false)),
        (3, Legitimate, row(Legitimate, true)),
        (4, Fraudulent, row(Legitimate, true)),
    ] {
        let report = report(u64::from(batch), outcome, None);
        assert_eq!(send(&rig, batch, &[report]).await, 204);
        assert_eq!(stored(&rig).await, [expected], "{batch}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_repeat_with_its_key_changes_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let first = report(1, Outcome::Fraudulent, Some(7));
    assert_eq!(send(&rig, 1, &[first]).await, 204);
    // The key decides, whatever else the repeat says.
    let repeat = report(2, Outcome::Legitimate, Some(7));
    assert_eq!(send(&rig, 2, &[repeat]).await, 204);
    assert_eq!(stored(&rig).await, [row(Outcome::Fraudulent, false)]);
    let second = report(3, Outcome::Legitimate, Some(8));
    assert_eq!(send(&rig, 3, &[second]).await, 204);
    assert_eq!(stored(&rig).await, [row(Outcome::Legitimate, true)]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn reports_count_in_the_order_in_which_the_edge_took_them(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    assert_eq!(send(&rig, 1, &[report(9, Outcome::Legitimate, None)]).await, 204);
    assert_eq!(send(&rig, 2, &[report(5, Outcome::Fraudulent, None)]).await, 204);
    assert_eq!(stored(&rig).await, [row(Outcome::Legitimate, false)]);
    // In one batch, the first comes first.
    let other = |seconds, outcome| OutcomeReport {
        id: AttemptId([2; 16]),
        ..report(seconds, outcome, None)
    };
    let both = [other(9, Outcome::Legitimate), other(5, Outcome::Fraudulent)];
    assert_eq!(send(&rig, 3, &both).await, 204);
    assert_eq!(stored(&rig).await[1], row(Outcome::Fraudulent, false));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_batch_delivered_again_is_the_same_batch(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    for _ in 0..2 {
        assert_eq!(send(&rig, 1, &[report(1, Outcome::Fraudulent, None)]).await, 204);
    }
    let signs = Signs::NONE.with(Sign::Absent).bits();
    assert_eq!(rig.number("SELECT signs FROM outcomes").await.unsigned_abs(), signs);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn outcomes_are_kept_for_ninety_days(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    assert_eq!(send(&rig, 1, &[report(1, Outcome::Fraudulent, None)]).await, 204);
    for (days, kept) in [(89, 1), (91, 0)] {
        let now = UnixMillis(NOON.0 + days * 86_400_000);
        transact(&rig.pool, &Sweep { now }).await.unwrap();
        assert_eq!(rig.number("SELECT count(*) FROM outcomes").await, kept, "{days}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn reports_out_of_bounds_are_refused_as_a_whole(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let good = serde_json::to_value(report(1, Outcome::Fraudulent, None)).unwrap();
    for (field, value) in [
        ("score", json!(101)),
        ("outcome", json!("maybe")),
        ("reason", json!("because")),
        ("sitekey", json!("")),
        ("signs", json!(-1)),
        ("key", json!("short")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let body = json!({ "batch": BatchId([1; 16]), "counts": [], "outcomes": [good, bad] });
        assert_eq!(rig.post(PATH, &body.to_string()).await.status, 400, "{field}");
    }
    assert_eq!(rig.number("SELECT count(*) FROM outcomes").await, 0);
}
