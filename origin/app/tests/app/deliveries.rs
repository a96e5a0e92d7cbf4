//! What every topic promises, wherever an origin dies between "queued" and
//! "recorded": nothing is lost, what the far side gets twice is the same, and it
//! is recorded once. And the loop, over a handler that does as it is told.

mod handlers;
mod pictures;
mod scenes;

use std::time::Duration;

use munjigi_delivery::outbox::{self, Outbox};
use munjigi_process::stop;
use munjigi_store::deliveries::{self, Due, Topic};
use sqlx::PgPool;

use munjigi_rig::Rig;
use pictures::{DeletedPacks, Drawings, Packs, Pools};
use scenes::{Emails, Sites, VendorKeys, Webhooks};

/// One topic, with a far side that remembers what it got.
trait Scene: Sized {
    type Handler: Outbox;

    const TOPIC: Topic;
    /// The topic of another handler that goes on with it.
    const FOLLOWED_BY: Option<Topic> = None;

    /// With nothing queued.
    async fn new(pool: PgPool) -> Self;

    fn rig(&self) -> &Rig;

    fn handler(&self) -> Self::Handler;

    /// Queues one thing.
    async fn queue(&self);

    /// What arrived so far: id and version of the thing, and what it contains.
    fn arrived(&self) -> Vec<String>;

    /// How many things the topic's own tables call delivered.
    async fn recorded(&self) -> i64;
}

/// Where the first origin dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// After it leased, before it called.
    Leased,
    /// After it called, before it recorded the answer.
    Called,
    /// While it records the answer, before that is committed.
    Recording,
    /// After it recorded the answer.
    Recorded,
}

async fn dies<S: Scene>(pool: PgPool, death: Death) {
    let scene = S::new(pool).await;
    scene.queue().await;
    let lease = S::Handler::TOPICS.iter().find(|terms| terms.topic == S::TOPIC).unwrap().lease;
    let dying = scene.handler();
    let due = outbox::lease(&dying).await.unwrap();
    let [due] = due.as_slice() else { panic!("one thing is queued: {due:?}") };
    assert_eq!(due.topic, S::TOPIC);
    if death != Death::Leased {
        let (outcome, facts) = dying.attempt(due).await.unwrap();
        match death {
            Death::Leased | Death::Called => {}
            Death::Recording => {
                let recording = {
                    let (dying, due) = (dying.clone(), due.clone());
                    async move { outbox::record(&dying, &due, outcome, facts).await }
                };
                interrupted(scene.rig(), due, recording).await;
            }
            Death::Recorded => outbox::record(&dying, due, outcome, facts).await.unwrap(),
        }
    }
    drop(dying);
    let is_recorded = i64::from(death == Death::Recorded);
    assert_eq!(scene.recorded().await, is_recorded);
    // As long as the lease lasts, no one else delivers it.
    let heir = scene.handler();
    deliver(&heir).await;
    let calls = usize::from(death != Death::Leased);
    assert_eq!(scene.arrived().len(), calls);
    scene.rig().pass(u64::try_from(lease.as_millis()).unwrap());
    deliver(&heir).await;
    deliver(&heir).await;
    let arrived = scene.arrived();
    let expected = if death == Death::Recorded { calls } else { calls + 1 };
    assert_eq!(arrived.len(), expected, "{arrived:?}");
    assert!(arrived.iter().all(|it| *it == arrived[0]), "the same again: {arrived:?}");
    assert_eq!(scene.recorded().await, 1);
    for (topic, backlog) in deliveries::backlog(&scene.rig().pool, scene.rig().now()).await.unwrap()
    {
        assert!(backlog.pending == 0 || S::FOLLOWED_BY == Some(topic), "{topic:?}");
    }
}

async fn deliver(handler: &impl Outbox) {
    let (_stopper, stop) = stop::pair();
    outbox::deliver_due(handler, &stop).await.unwrap();
}

/// Drops a transaction that is about to change the delivery.
async fn interrupted<F>(rig: &Rig, due: &Due, recording: F)
where
    F: Future<Output = Result<(), munjigi_store::DatabaseError>> + Send + 'static,
{
    let mut holding = rig.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM deliveries WHERE topic = $1 AND key = $2 FOR UPDATE")
        .bind(due.topic.as_str())
        .bind(&due.key)
        .execute(&mut *holding)
        .await
        .unwrap();
    let recording = tokio::spawn(recording);
    let blocked = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = async {
        while rig.number(blocked).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waits).await.expect("it waits for the row");
    recording.abort();
    assert!(recording.await.unwrap_err().is_cancelled());
    holding.rollback().await.unwrap();
}

macro_rules! origins_die {
    ($($topic:ident: $scene:ty),* $(,)?) => { $(
        mod $topic {
            use super::*;

            #[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
            async fn an_origin_that_dies_before_it_calls_loses_nothing(pool: PgPool) {
                dies::<$scene>(pool, Death::Leased).await;
            }

            #[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
            async fn an_origin_that_dies_after_the_call_costs_at_most_the_same_again(pool: PgPool) {
                dies::<$scene>(pool, Death::Called).await;
            }

            #[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
            async fn an_origin_that_dies_while_it_records_has_recorded_nothing(pool: PgPool) {
                dies::<$scene>(pool, Death::Recording).await;
            }

            #[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
            async fn what_was_recorded_is_not_delivered_again(pool: PgPool) {
                dies::<$scene>(pool, Death::Recorded).await;
            }
        }
    )* };
}

origins_die! {
    sites: Sites,
    vendor_keys: VendorKeys,
    emails: Emails,
    webhooks: Webhooks,
    drawings: Drawings,
    packs: Packs,
    deleted_packs: DeletedPacks,
    pools: Pools,
}
