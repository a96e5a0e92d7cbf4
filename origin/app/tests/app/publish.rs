//! Publishing, to an edge that records its calls.

use std::time::Duration;

use munjigi_delivery::outbox;
use munjigi_delivery::publish::verify;
use munjigi_domain::accounts::MostSites;
use munjigi_domain::site_change::Change;
use munjigi_process::stop;
use munjigi_protocol::Code;
use munjigi_store::deliveries::{self, Topic};
use munjigi_store::sites;
use sqlx::PgPool;

use munjigi_rig::{MINUTE, Rig};

async fn deliver(rig: &Rig) {
    rig.publish_due().await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_new_site_is_put_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    deliver(&rig).await;
    deliver(&rig).await;
    assert_eq!(rig.edge.calls(), [format!("PUT {}", site.version)]);
    let record = sites::find(&rig.pool, &site.sitekey).await.unwrap().unwrap();
    assert_eq!(record.published_version, Some(site.version));
    assert_eq!(record.publish_error, None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn changes_arrive_in_the_order_of_their_versions(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let first = rig.create_site().await;
    deliver(&rig).await;
    // Without a delivery between them, only the last one counts.
    let paused = rig.change(&first.sitekey, Change::Pause).await.unwrap();
    let resumed = rig.change(&first.sitekey, Change::Resume).await.unwrap();
    assert!(first.version < paused.version && paused.version < resumed.version);
    deliver(&rig).await;
    assert_eq!(
        rig.edge.calls(),
        [format!("PUT {}", first.version), format!("PUT {}", resumed.version)]
    );
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn refused_publications_are_retried_with_growing_delays(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    rig.edge.fail([Code::Unavailable; 3]);
    let mut waits = Vec::new();
    for _ in 0..3 {
        deliver(&rig).await;
        let next = deliveries::next_try(&rig.pool, &[Topic::Sites]).await.unwrap().unwrap();
        waits.push(next.since(rig.now()));
        // Not due yet: nothing is called.
        deliver(&rig).await;
        rig.pass(next.since(rig.now()));
    }
    assert_eq!(waits, [500, 1_000, 2_000]);
    let record = sites::find(&rig.pool, &site.sitekey).await.unwrap().unwrap();
    assert_eq!(
        record.publish_error.as_deref(),
        Some("the edge answered 503 Service Unavailable unavailable")
    );
    deliver(&rig).await;
    assert_eq!(rig.edge.calls().len(), 4);
    assert_eq!(rig.edge.version(&site.sitekey), Some(site.version));
    assert_eq!(deliveries::next_try(&rig.pool, &[Topic::Sites]).await.unwrap(), None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_change_does_not_wait_for_the_retry_of_an_older_one(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    rig.edge.fail([Code::Unavailable]);
    deliver(&rig).await;
    let paused = rig.change(&site.sitekey, Change::Pause).await.unwrap();
    deliver(&rig).await;
    assert_eq!(rig.edge.version(&site.sitekey), Some(paused.version));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_deleted_site_leaves_the_edge_and_a_restored_one_comes_back(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    deliver(&rig).await;
    rig.change(&site.sitekey, Change::Delete).await.unwrap();
    deliver(&rig).await;
    assert_eq!(rig.edge.version(&site.sitekey), None);
    let restored = rig.change(&site.sitekey, Change::Restore(MostSites(1))).await.unwrap();
    deliver(&rig).await;
    assert_eq!(rig.edge.version(&site.sitekey), Some(restored.version));
    assert_eq!(restored.secrets, site.secrets);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_database_from_a_backup_overtakes_the_edge(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    rig.edge.set_version(&site.sitekey, site.version + 7);
    deliver(&rig).await;
    rig.pass(MINUTE);
    deliver(&rig).await;
    rig.pass(MINUTE);
    deliver(&rig).await;
    let record = sites::find(&rig.pool, &site.sitekey).await.unwrap().unwrap();
    assert!(record.config.version > site.version + 7);
    assert_eq!(rig.edge.version(&site.sitekey), Some(record.config.version));
    assert_eq!(record.published_version, Some(record.config.version));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_site_is_leased_to_one_publisher_at_a_time(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    let leased = outbox::lease(&rig.publisher()).await.unwrap();
    assert_eq!(leased.len(), 1);
    // Even a newer version waits for the lease.
    rig.change(&site.sitekey, Change::Pause).await.unwrap();
    assert!(outbox::lease(&rig.publisher()).await.unwrap().is_empty());
    // The lease of a publisher that died ends after half a minute.
    rig.pass(31_000);
    assert_eq!(outbox::lease(&rig.publisher()).await.unwrap().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_edge_that_lost_its_sites_gets_all_of_them_again(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (one, two) = (rig.create_site().await, rig.create_site().await);
    deliver(&rig).await;
    rig.pass(3 * MINUTE);
    assert!(!verify(&rig.publisher()).await.unwrap());
    rig.edge.forget_everything();
    rig.pass(3 * MINUTE);
    assert!(verify(&rig.publisher()).await.unwrap());
    deliver(&rig).await;
    assert_eq!(rig.edge.version(&one.sitekey), Some(one.version));
    assert_eq!(rig.edge.version(&two.sitekey), Some(two.version));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_running_publisher_publishes_a_change_at_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (stopper, stop) = stop::pair();
    let running = tokio::spawn(rig.publisher().run(rig.pool.clone(), stop));
    let site = rig.create_site().await;
    // Less than the longest interval between reads of the table.
    tokio::time::timeout(Duration::from_secs(5), async {
        while rig.edge.version(&site.sitekey).is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let paused = rig.change(&site.sitekey, Change::Pause).await.unwrap();
        while rig.edge.version(&site.sitekey) != Some(paused.version) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("published within five seconds");
    stopper.ask();
    running.await.unwrap();
}
