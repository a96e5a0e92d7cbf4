//! Drawings as deliveries: what is drawn when, and who continues.

use std::time::Duration;

use munjigi_delivery::outbox;
use munjigi_pictures::Drawings;
use munjigi_process::stop;
use munjigi_store::pictures::{Switch, refill};
use sqlx::PgPool;

use super::{DRAWING, ITEMS, PACKS, switch};
use munjigi_rig::pictures::{Failure, Workshop};
use munjigi_rig::{HOUR, MINUTE};

/// Drawings that wait, or are in progress.
const WANTED: &str =
    "SELECT count(*) FROM deliveries WHERE topic = 'drawings' AND next_try_at IS NOT NULL";

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_interrupted_origin_is_followed_by_one_that_continues(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.per_pack = 20);
    shop.factory.tend().await.unwrap();
    // Drawn and stored once; then the origin stops before it calls.
    let (stopper, stop) = stop::pair();
    let drawings = Drawings::of(&shop.factory, stop);
    for is_last in [false, true] {
        let due = outbox::lease(&drawings).await.unwrap();
        if is_last {
            stopper.ask();
        }
        let (outcome, step) = outbox::attempt(&drawings, &due[0]).await.unwrap();
        outbox::record(&drawings, &due[0], outcome, step).await.unwrap();
    }
    assert_eq!(shop.rig.number(DRAWING).await, 1);
    assert_eq!(shop.rig.number(ITEMS).await, 8);
    assert_eq!(shop.gpu.calls().len(), 1);
    // Several at once, as after an origin that was wrongly considered dead.
    let (_stopper, stop) = stop::pair();
    let drawings = Drawings::of(&shop.factory, stop.clone());
    let due = outbox::lease(&drawings).await.unwrap().remove(0);
    assert_eq!(due.attempts, 0);
    let mut draws = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (drawings, due, stop) = (drawings.clone(), due.clone(), stop.clone());
        let factory = shop.factory.clone();
        draws.spawn(async move {
            let (outcome, step) = outbox::attempt(&drawings, &due).await.unwrap();
            outbox::record(&drawings, &due, outcome, step).await.unwrap();
            outbox::deliver_due(&drawings, &stop).await.unwrap();
            factory.tend().await.unwrap();
            outbox::deliver_due(&factory, &stop).await.unwrap();
        });
    }
    draws.join_all().await;
    shop.round().await;
    assert_eq!(shop.rig.number(PACKS).await, 1);
    assert_eq!(shop.rig.number(ITEMS).await, 20);
    assert_eq!(shop.rig.edge.packs()[0].items.len(), 20);
    assert_eq!(shop.rig.edge.published_seeds().len(), 20);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_stop_ends_a_call_in_progress_and_the_drawing_is_due_at_once(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.factory.tend().await.unwrap();
    shop.gpu.fail([Failure::Silent]);
    let (stopper, stop) = stop::pair();
    let drawings = Drawings::of(&shop.factory, stop.clone());
    let drawing = tokio::spawn(async move { outbox::deliver_due(&drawings, &stop).await });
    let called = async {
        while shop.gpu.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), called).await.expect("it calls");
    stopper.ask();
    drawing.await.unwrap().unwrap();
    shop.round().await;
    let calls = shop.gpu.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1]);
    assert_eq!(shop.dealt_from().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn several_origins_begin_one_pack(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let mut looks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let factory = shop.factory.clone();
        looks.spawn(async move { factory.tend().await.unwrap() });
    }
    looks.join_all().await;
    assert_eq!(shop.rig.number(PACKS).await, 1);
    assert_eq!(shop.rig.number(WANTED).await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn several_origins_draw_a_pack_once(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.per_pack = 40);
    let mut origins = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let factory = shop.factory.clone();
        origins.spawn(async move {
            let (_stopper, stop) = stop::pair();
            let drawings = Drawings::of(&factory, stop.clone());
            factory.tend().await.unwrap();
            outbox::deliver_due(&drawings, &stop).await.unwrap();
        });
    }
    origins.join_all().await;
    shop.round().await;
    assert_eq!(shop.gpu.calls().len(), 5);
    assert_eq!(shop.rig.edge.published_seeds().len(), 40);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_kind_that_is_off_is_not_drawn_on(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    for (choice, wanted) in [(None, 1), (Some(Switch::Off), 0), (None, 1)] {
        switch(&shop, choice).await;
        shop.factory.tend().await.unwrap();
        assert_eq!(shop.rig.number(WANTED).await, wanted);
    }
    assert_eq!(shop.rig.number(PACKS).await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn nothing_is_leased_outside_the_hours(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    // It is Friday noon.
    shop.set(|config| config.hours = "mon-fri 08:00-18:00".parse().unwrap());
    shop.gpu.fail([Failure::Broken]);
    shop.round().await;
    shop.rig.pass(6 * HOUR);
    shop.round().await;
    assert_eq!(shop.gpu.calls().len(), 1);
    // Had it been leased, it would have to wait.
    shop.set(|config| config.hours = "always".parse().unwrap());
    shop.round().await;
    assert_eq!(shop.gpu.calls().len(), 2);
    assert_eq!(shop.dealt_from().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_refill_ends_the_waits_after_failures(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.gpu.fail([Failure::Busy(300)]);
    shop.round().await;
    shop.rig.pass(MINUTE);
    shop.round().await;
    assert_eq!(shop.gpu.calls().len(), 1);
    refill(&shop.rig.pool, &[], shop.rig.now()).await.unwrap();
    shop.round().await;
    assert_eq!(shop.dealt_from().len(), 1);
}
