//! The factory on a real database, between a gpu-backend and an edge that check
//! what they are sent.

mod drawings;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use munjigi_delivery::outbox::{self, Outbox as _};
use munjigi_pictures::policy::Policy;
use munjigi_process::stop;
use munjigi_protocol::{Code, PackId, PictureKind};
use munjigi_store::pictures::{Shape, Switch, SwitchKind, packed, put_again};
use munjigi_store::transact;
use sqlx::PgPool;

use munjigi_rig::pictures::{Failure, Workshop};
use munjigi_rig::{DAY, HOUR, MINUTE};

const ITEMS: &str = "SELECT count(*) FROM pack_items WHERE outcome = 'kept'";
const DRAWN: [PictureKind; 3] = [PictureKind::Grid, PictureKind::Area, PictureKind::Turn];
const PACKS: &str = "SELECT count(*) FROM packs";
const DRAWING: &str = "SELECT count(*) FROM packs WHERE state = 'drawing'";

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_empty_pool_is_filled_images_then_manifest_then_pools(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.round().await;
    let packs = shop.rig.edge.packs();
    let [pack] = packs.as_slice() else { panic!("{packs:?}") };
    let id = pack.id;
    assert_eq!(
        shop.rig.edge.pack_calls(),
        [
            format!("PUT /internal/packs/{id}/images"),
            format!("PUT /internal/packs/{id}"),
            "PUT /internal/pools".to_owned(),
        ]
    );
    assert_eq!((pack.rows, pack.columns, pack.items.len()), (3, 3, 4));
    assert_eq!(shop.dealt_from(), [id]);
    let pools = shop.rig.edge.pools();
    assert_eq!(pools.version, shop.rig.now().0);
    assert_eq!(pools.packs[0].retire_at, (shop.rig.now().0 + DAY) / 1_000);
    // Each picture is one that was requested.
    let asked: BTreeSet<String> = shop.gpu.calls().into_iter().flatten().collect();
    assert_eq!(shop.rig.edge.published_seeds(), asked);
    // Enough is left: nothing more happens.
    shop.round().await;
    assert_eq!(shop.rig.number(PACKS).await, 1);
    assert!(shop.rig.edge.pack_calls().is_empty());
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_kind_has_a_pool(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.kinds = DRAWN.to_vec());
    shop.round().await;
    let kinds: Vec<PictureKind> =
        shop.rig.edge.pools().packs.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [PictureKind::Area, PictureKind::Grid, PictureKind::Turn]);
    let packs = shop.rig.edge.packs();
    let types = packs.iter().map(|pack| (pack.rows, pack.content_type.as_str()));
    let types: BTreeSet<(u8, &str)> = types.collect();
    assert_eq!(types, BTreeSet::from([(1, "image/jpeg"), (3, "image/jpeg"), (4, "image/avif")]));
    let turn = packs.iter().find(|pack| pack.rows == 4).unwrap();
    assert_eq!(turn.items[1].images.len(), 2);
}

/// Turns used to be JPEGs, and a pack lives for a day.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_pack_is_sent_again_with_the_content_type_it_was_drawn_with(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.kinds = vec![PictureKind::Turn]);
    shop.round().await;
    sqlx::query("UPDATE packs SET content_type = 'image/jpeg'")
        .execute(&shop.rig.pool)
        .await
        .unwrap();
    let id = shop.dealt_from()[0];
    let shape: Shape = |_| (4, 4);
    let packed = packed(&shop.rig.pool, id, shape).await.unwrap();
    assert_eq!(packed.pack.content_type, "image/jpeg");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn consumption_begins_the_next_pack_and_retires_the_worn_one(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.round().await;
    let first = shop.dealt_from()[0];
    shop.count(1, Some(first), 10).await;
    shop.round().await;
    assert_eq!(shop.rig.number(PACKS).await, 1);
    shop.count(2, Some(first), 5).await;
    // Delivered again: counted once.
    shop.count(2, Some(first), 5).await;
    shop.round().await;
    let second = *shop.dealt_from().iter().find(|pack| **pack != first).unwrap();
    shop.count(3, Some(first), 4).await;
    shop.round().await;
    assert_eq!(shop.dealt_from().len(), 2);
    shop.count(4, Some(first), 1).await;
    shop.round().await;
    assert_eq!(shop.dealt_from(), [second]);
    // Challenges from it are still answered for a while.
    shop.rig.pass(29 * MINUTE);
    shop.round().await;
    assert!(shop.rig.edge.images(first).is_some());
    shop.rig.pass(MINUTE);
    shop.round().await;
    assert_eq!(shop.rig.edge.images(first), None);
    let kept = "SELECT count(*) FROM pack_items WHERE images IS NOT NULL";
    assert_eq!(shop.rig.number(kept).await, 4);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_old_pack_goes_when_its_replacement_is_there(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.round().await;
    let first = shop.dealt_from()[0];
    shop.rig.pass(23 * HOUR);
    shop.round().await;
    assert_eq!(shop.dealt_from().len(), 2);
    shop.rig.pass(HOUR);
    shop.round().await;
    assert_eq!(shop.dealt_from().len(), 1);
    assert!(!shop.dealt_from().contains(&first));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_pause_never_empties_a_pool(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    // It is Friday noon.
    shop.set(|config| config.hours = "mon-fri 08:00-18:00".parse().unwrap());
    shop.round().await;
    assert_eq!(shop.dealt_from().len(), 1);
    // From 14:00 on, more is drawn.
    shop.rig.pass(2 * HOUR);
    shop.round().await;
    shop.round().await;
    assert_eq!(shop.dealt_from().len(), 2);
    let calls = shop.gpu.calls().len();
    // Until Monday at 08:00.
    for _ in 0..(4 * (4 + 62) - 1) {
        shop.rig.pass(HOUR / 4);
        shop.round().await;
        let now = shop.rig.now().0 / 1_000;
        let pools = shop.rig.edge.pools();
        assert!(pools.packs.iter().any(|entry| entry.retire_at > now), "empty at {now}");
    }
    assert_eq!(shop.gpu.calls().len(), calls);
    shop.rig.pass(HOUR / 4);
    shop.round().await;
    assert_eq!(shop.gpu.calls().len(), calls + 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_is_ambiguous_is_replaced_by_another_picture(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.gpu.clarities([0.9, 0.1, 0.9, 0.2, 0.3]);
    shop.round().await;
    let calls: Vec<usize> = shop.gpu.calls().iter().map(Vec::len).collect();
    assert_eq!(calls, [4, 2, 1]);
    assert_eq!(shop.rig.edge.packs()[0].items.len(), 4);
    let dropped = "SELECT count(*) FROM pack_items WHERE outcome = 'ambiguous' AND images IS NULL";
    assert_eq!(shop.rig.number(dropped).await, 3);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn of_more_candidates_than_wanted_the_judge_leaves_the_hard_ones(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.oversample = 3);
    shop.round().await;
    let asked: Vec<String> = shop.gpu.calls().into_iter().flatten().collect();
    assert_eq!(asked.len(), 12);
    // The judge answers seeds that begin with an even byte.
    let surety = |seed: &str| {
        let byte = |at: usize| u8::from_str_radix(&seed[at..at + 2], 16).unwrap();
        if byte(0).is_multiple_of(2) { i32::from(byte(2)) } else { -1 }
    };
    let mut hardest: Vec<i32> = asked.iter().map(|seed| surety(seed)).collect();
    hardest.sort_unstable();
    let mut kept: Vec<i32> =
        shop.rig.edge.published_seeds().iter().map(|seed| surety(seed)).collect();
    kept.sort_unstable();
    assert_eq!(kept, hardest[..4]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn where_the_judge_is_unknown_pictures_are_dealt_unjudged(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.oversample = 2);
    shop.gpu.fail([Failure::Unknown]);
    shop.round().await;
    let calls: Vec<usize> = shop.gpu.calls().iter().map(Vec::len).collect();
    assert_eq!(calls, [8, 8]);
    assert_eq!(shop.rig.edge.packs()[0].items.len(), 4);
    let judged = "SELECT count(*) FROM pack_items WHERE judgement IS NOT NULL";
    assert_eq!(shop.rig.number(judged).await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_busy_gpu_backend_is_left_alone_for_as_long_as_it_says(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.per_pack = 20);
    shop.gpu.fail([Failure::Busy(30), Failure::Broken, Failure::Others]);
    let mut sizes = Vec::new();
    for wait in [30_000, 2_000, 4_000] {
        shop.round().await;
        sizes.push(shop.gpu.calls().last().unwrap().len());
        shop.rig.pass(wait - 1);
        let calls = shop.gpu.calls().len();
        shop.round().await;
        assert_eq!(shop.gpu.calls().len(), calls);
        shop.rig.pass(1);
    }
    shop.round().await;
    assert_eq!(sizes, [8, 4, 2]);
    let all: Vec<String> = shop.gpu.calls().into_iter().flatten().collect();
    let different: BTreeSet<&String> = all.iter().collect();
    // The same pictures were requested again, and no others.
    assert_eq!(different.len(), 20);
    assert_eq!(shop.rig.edge.published_seeds().len(), 20);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_edge_that_is_down_gets_everything_later(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let away = Some(Code::Unavailable);
    // At the images, at the manifest, at the pools.
    shop.rig.edge.fail_packs([away, None, away, None, None, away]);
    let mut calls = Vec::new();
    for _ in 0..4 {
        shop.round().await;
        calls.push(shop.rig.edge.pack_calls().len());
        // Not due yet: nothing is called.
        shop.round().await;
        shop.rig.pass(MINUTE);
    }
    assert_eq!(calls, [1, 2, 3, 1]);
    assert_eq!(shop.dealt_from().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_database_from_a_backup_overtakes_the_edges_pools(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let ahead = shop.rig.now().0 + 7;
    shop.rig.edge.set_pools_version(ahead);
    for _ in 0..3 {
        shop.round().await;
        shop.rig.pass(MINUTE);
    }
    assert!(shop.rig.edge.pools().version > ahead);
    assert_eq!(shop.dealt_from().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_edge_that_lost_its_packs_gets_all_of_them_again(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.round().await;
    let pools = shop.rig.edge.pools();
    shop.rig.edge.forget_packs();
    put_again(&shop.rig.pool, shop.rig.now()).await.unwrap();
    shop.round().await;
    assert_eq!(shop.rig.edge.pools(), pools);
    assert_eq!(shop.rig.edge.published_seeds().len(), 4);
}

async fn switch(shop: &Workshop, switch: Option<Switch>) {
    let deals = |kind, switch| shop.factory.deals(kind, switch);
    let now = shop.rig.now();
    let unit = SwitchKind { kind: PictureKind::Grid, switch, deals: &deals, now };
    transact(&shop.rig.pool, &unit).await.unwrap();
}

/// A kind that was dealt and is off now, and its only pack.
async fn switched_off(pool: PgPool) -> (Workshop, PackId) {
    let shop = Workshop::new(pool).await;
    shop.round().await;
    let pack = shop.dealt_from()[0];
    shop.rig.pass(MINUTE);
    switch(&shop, Some(Switch::Off)).await;
    shop.round().await;
    (shop, pack)
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_kind_that_is_switched_off_leaves_the_pools_and_comes_back(pool: PgPool) {
    let (shop, pack) = switched_off(pool).await;
    assert_eq!(shop.dealt_from(), []);
    assert_eq!(shop.rig.number(PACKS).await, 1);
    shop.rig.pass(MINUTE);
    switch(&shop, None).await;
    shop.round().await;
    assert_eq!(shop.dealt_from(), [pack]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_pack_of_a_kind_that_is_off_does_not_stay_at_the_edge(pool: PgPool) {
    let (shop, pack) = switched_off(pool).await;
    // The pools that the edge has do not name it, and do not change any more.
    shop.rig.pass(25 * HOUR);
    shop.round().await;
    assert!(shop.rig.edge.images(pack).is_some());
    shop.rig.pass(30 * MINUTE);
    shop.round().await;
    assert_eq!(shop.rig.edge.images(pack), None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_kind_that_programs_pass_is_off_until_an_operator_switches_it_on(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.kinds = vec![PictureKind::Grid, PictureKind::Area]);
    let measured = "[[kind]]\nname = \"grid\"\npass_rate = 0.41\n";
    shop.factory.policy = Arc::new(Policy::read(measured).unwrap());
    shop.round().await;
    let kinds = |shop: &Workshop| -> Vec<PictureKind> {
        shop.rig.edge.pools().packs.iter().map(|entry| entry.kind).collect()
    };
    assert_eq!(kinds(&shop), [PictureKind::Area]);
    shop.rig.pass(MINUTE);
    switch(&shop, Some(Switch::On)).await;
    shop.round().await;
    assert_eq!(kinds(&shop), [PictureKind::Area, PictureKind::Grid]);
    // A release that brings the measurement also withdraws what is already
    // dealt.
    switch(&shop, None).await;
    shop.round().await;
    assert_eq!(kinds(&shop), [PictureKind::Area]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_pack_that_no_edge_takes_is_given_up(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.rig.edge.fail_packs([None, Some(Code::StaleVersion)]);
    shop.round().await;
    let given_up = "SELECT count(*) FROM packs WHERE state = 'deleted' AND last_error IS NOT NULL";
    assert_eq!(shop.rig.number(given_up).await, 1);
    shop.round().await;
    assert_eq!(shop.dealt_from().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn deleted_packs_are_swept_and_their_counts_stay_for_a_while(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.round().await;
    shop.count(1, Some(shop.dealt_from()[0]), 20).await;
    shop.round().await;
    shop.round().await;
    shop.rig.pass(MINUTE);
    shop.round().await;
    shop.rig.pass(HOUR);
    shop.round().await;
    let deleted = "SELECT count(*) FROM packs WHERE state = 'deleted'";
    assert_eq!(shop.rig.number(deleted).await, 1);
    shop.rig.pass(31 * DAY);
    shop.rig.jobs().keep_house().await.unwrap();
    assert_eq!(shop.rig.number(deleted).await, 0);
    assert_eq!(shop.rig.number("SELECT sum(dealt)::bigint FROM picture_counts").await, 20);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_upload_in_progress_is_followed_by_the_deletion_that_replaced_it(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.round().await;
    let worn = shop.dealt_from()[0];
    shop.count(1, Some(worn), 20).await;
    shop.round().await;
    put_again(&shop.rig.pool, shop.rig.now()).await.unwrap();
    shop.factory.tend().await.unwrap();
    // An upload takes until the pack may be deleted.
    let uploads = outbox::lease(&shop.factory).await.unwrap();
    shop.round().await;
    shop.rig.pass(30 * MINUTE);
    shop.factory.tend().await.unwrap();
    for upload in uploads {
        let (outcome, ()) = shop.factory.attempt(&upload).await.unwrap();
        outbox::record(&shop.factory, &upload, outcome, ()).await.unwrap();
    }
    assert!(shop.rig.edge.images(worn).is_some());
    shop.round().await;
    assert_eq!(shop.rig.edge.images(worn), None);
    assert_eq!(shop.dealt_from().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_edge_that_lost_a_site_gets_its_packs_again_too(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.rig.create_site().await;
    shop.rig.publish_due().await;
    shop.round().await;
    shop.rig.edge.forget_everything();
    shop.rig.edge.forget_packs();
    shop.rig.pass(3 * MINUTE);
    shop.rig.jobs().verify().await.unwrap();
    shop.round().await;
    assert_eq!(shop.dealt_from().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_short_pool_is_noted_until_it_is_filled(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let short = "SELECT count(*) FROM picture_kinds WHERE below_since IS NOT NULL";
    shop.factory.tend().await.unwrap();
    assert_eq!(shop.rig.number(short).await, 1);
    shop.round().await;
    shop.round().await;
    assert_eq!(shop.rig.number(short).await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn counts_of_unknown_packs_and_of_none_are_kept(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    shop.count(1, Some(PackId([7; 8])), 8).await;
    shop.count(2, None, 3).await;
    shop.count(3, None, 3).await;
    let missed = "SELECT dealt FROM picture_counts WHERE pack = ''";
    assert_eq!(shop.rig.number(missed).await, 6);
    assert_eq!(shop.rig.number("SELECT sum(dealt)::bigint FROM picture_counts").await, 14);
    let answers =
        "SELECT answered_right * 10 + answered_wrong FROM picture_counts WHERE pack <> ''";
    assert_eq!(shop.rig.number(answers).await, 42);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_running_factory_fills_the_pools(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.kinds = DRAWN.to_vec());
    let (stopper, stop) = stop::pair();
    let running = tokio::spawn(shop.factory.clone().run(None, stop));
    tokio::time::timeout(Duration::from_mins(1), async {
        while shop.dealt_from().len() < 3 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("filled within a minute");
    stopper.ask();
    running.await.unwrap();
    assert_eq!(shop.rig.number(PACKS).await, 3);
}

/// Ends every connection except ours, as when Postgres restarts.
async fn cut(pool: &PgPool) {
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    // Ours may have been cut by the previous one.
    let _: Result<i64, sqlx::Error> = sqlx::query_scalar(cut).fetch_one(pool).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_factory_whose_connections_are_cut_continues_without_duplicates(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| {
        config.kinds = DRAWN.to_vec();
        config.per_pack = 64;
    });
    let (stopper, stop) = stop::pair();
    let running = tokio::spawn(shop.factory.clone().run(None, stop));
    tokio::time::timeout(Duration::from_mins(2), async {
        for _ in 0..4 {
            // In the middle of drawing, each time a little further.
            let before = shop.gpu.calls().len();
            while shop.gpu.calls().len() < before + 3 && shop.dealt_from().len() < 3 {
                shop.rig.pass(200);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            cut(&shop.rig.pool).await;
        }
        while shop.dealt_from().len() < 3 {
            // A lease whose outcome was cut off has to end.
            shop.rig.pass(2_000);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("filled within two minutes");
    stopper.ask();
    running.await.unwrap();
    let packs = shop.rig.edge.packs();
    assert_eq!(packs.len(), 3);
    assert!(packs.iter().all(|pack| pack.items.len() == 64));
    assert_eq!(shop.rig.edge.published_seeds().len(), 3 * 64);
}
