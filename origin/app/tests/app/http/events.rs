//! `POST /internal/events`.

use munjigi_domain::plan::{Figures, MEASURED};
use sqlx::PgPool;

use munjigi_rig::{self as rig, DAY, MINUTE, NOON, Rig, event};

const PATH: &str = "/internal/events";

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_event_delivered_again_is_one_row(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let body = rig::events(&[event(1), event(2)]);
    let mut answer = rig.post(PATH, &body).await;
    // Of this database alone.
    answer.headers.remove("munjigi-store").unwrap();
    assert_contract!("events_taken", answer, rig);
    assert_eq!(rig.post(PATH, &body).await.status, 204);
    assert_eq!(rig.post(PATH, &rig::events(&[event(2), event(3)])).await.status, 204);
    assert_eq!(rig.number("SELECT count(*) FROM redeemed").await, 3);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_edge_hears_which_life_of_the_store_has_its_events(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let place = async |number| {
        let answer = rig.post(PATH, &rig::events(&[event(number)])).await;
        let text = answer.headers["munjigi-store"].to_str().unwrap().to_owned();
        let (history, position) = text.split_once(':').unwrap();
        (history.to_owned(), position.parse::<u64>().unwrap())
    };
    let (first, later) = (place(1).await, place(2).await);
    assert_eq!(first.0, later.0);
    assert!(first.1 < later.1, "{first:?} {later:?}");
    assert!((5..=100).contains(&first.0.len()), "{}", first.0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_field_arrives(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    rig.post(PATH, &rig::events(&[event(1)])).await;
    let row: String = sqlx::query_scalar("SELECT row_to_json(redeemed)::text FROM redeemed")
        .fetch_one(&rig.pool)
        .await
        .unwrap();
    let row: serde_json::Value = serde_json::from_str(&row).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&row).unwrap());
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn rejections_reported_later_raise_the_count_and_never_lower_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    for (rejected, expected) in [(0, 0), (7, 7), (3, 7), (7, 7), (9, 9)] {
        let mut event = event(1);
        event.rejected = rejected;
        assert_eq!(rig.post(PATH, &rig::events(&[event])).await.status, 204);
        assert_eq!(rig.number("SELECT rejected FROM redeemed").await, expected);
    }
    assert_eq!(rig.number("SELECT count(*) FROM redeemed").await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_event_twice_in_one_batch_is_one_row_with_the_most_rejections(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut later = event(1);
    later.rejected = 4;
    let body = rig::events(&[event(1), later, event(1)]);
    assert_eq!(rig.post(PATH, &body).await.status, 204);
    assert_eq!(rig.number("SELECT rejected FROM redeemed").await, 4);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_day_without_a_partition_gets_one(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut yesterday = event(1);
    yesterday.redeemed_at -= DAY;
    let body = rig::events(&[yesterday, event(2)]);
    assert_eq!(rig.post(PATH, &body).await.status, 204);
    assert_eq!(rig.number("SELECT count(*) FROM redeemed_20261119").await, 1);
    assert_eq!(rig.number("SELECT count(*) FROM redeemed_20261120").await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn events_outside_retention_are_acknowledged_and_skipped(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let times = [
        (1, NOON.0 - 91 * DAY, "long past"),
        (2, NOON.0 - 90 * DAY, "the last day kept"),
        (3, NOON.0 + 8 * DAY, "as far ahead as days are made"),
        (4, NOON.0 + 9 * DAY, "of the future"),
        (5, u64::MAX, "never"),
    ];
    let batch: Vec<_> = times
        .iter()
        .map(|(number, redeemed_at, _)| {
            let mut event = event(*number);
            event.redeemed_at = *redeemed_at;
            event
        })
        .collect();
    assert_eq!(rig.post(PATH, &rig::events(&batch)).await.status, 204);
    let kept: Vec<Vec<u8>> = sqlx::query_scalar("SELECT id FROM redeemed ORDER BY id")
        .fetch_all(&rig.pool)
        .await
        .unwrap();
    assert_eq!(kept, [vec![2; 16], vec![3; 16]]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_empty_batch_is_accepted(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    assert_eq!(rig.post(PATH, &rig::events(&[])).await.status, 204);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_call_is_carried_out_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let body = rig::events(&[event(1)]);
    let signature = rig.sign(munjigi_keys::signature::Audience::Origin, PATH, &body, rig.now());
    assert_eq!(rig.post_signed(PATH, &body, Some(&signature)).await.status, 204);
    rig.pass(4 * MINUTE);
    let answer = rig.post_signed(PATH, &body, Some(&signature)).await;
    assert_contract!("replayed", answer, rig);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_same_call_many_times_at_once_is_carried_out_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let body = rig::events(&[event(1)]);
    let signature = rig.sign(munjigi_keys::signature::Audience::Origin, PATH, &body, rig.now());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (rig, body, signature) = (rig.clone(), body.clone(), signature.clone());
        calls.spawn(async move { rig.post_signed(PATH, &body, Some(&signature)).await.status });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 401, 401, 401, 401, 401, 401, 401]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_same_events_many_times_at_once_are_one_row_each(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut batch: Vec<_> = (0..100).map(event).collect();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        batch.rotate_left(13);
        let (rig, body) = (rig.clone(), rig::events(&batch));
        calls.spawn(async move { rig.post(PATH, &body).await.status });
    }
    assert_eq!(calls.join_all().await, [204; 8]);
    assert_eq!(rig.number("SELECT count(*) FROM redeemed").await, 100);
}

/// `munjigi plan` sizes Postgres by it.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_published_size_of_an_event_is_what_one_takes(pool: PgPool) {
    const EVENTS: u32 = 20_000;
    let rig = Rig::new(pool, crate::routes).await;
    for batch in 0..EVENTS / 500 {
        let events: Vec<_> = (0..500)
            .map(|number| {
                let mut event = event(1);
                // Ids arrive in no order.
                let scattered = u64::from(batch * 500 + number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                event.id.0[..8].copy_from_slice(&scattered.to_be_bytes());
                event
            })
            .collect();
        assert_eq!(rig.post(PATH, &rig::events(&events)).await.status, 204);
    }
    let size =
        "SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree('redeemed')";
    let bytes = u32::try_from(rig.number(size).await).unwrap();
    let taken = f64::from(bytes) / f64::from(EVENTS);
    let published = Figures::read(MEASURED).unwrap().event_bytes.value;
    let difference = (taken / published - 1.0).abs();
    assert!(difference < 0.1, "an event takes {taken:.0} bytes, published are {published}");
}
