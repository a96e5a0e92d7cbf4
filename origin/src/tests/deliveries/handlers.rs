//! The loop, over a handler that does as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use munjigi_delivery::back_off::BackOff;
use munjigi_delivery::outbox::{self, Blame, Outbox, Outcome, Terms, Tried};
use munjigi_process::clock::Clock;
use munjigi_process::stop::{self, Stopper};
use munjigi_store::StoreError;
use munjigi_store::deliveries::{self, Due, Topic, Wanted};
use sqlx::{PgConnection, PgPool};

use crate::rig::Rig;

/// Each row says by its key what becomes of it.
#[derive(Clone)]
struct Obedient {
    pool: PgPool,
    clock: Clock,
    stopper: Arc<Stopper>,
    finished: Arc<AtomicU32>,
}

impl Obedient {
    fn of(rig: &Rig) -> (Self, stop::Stop) {
        let (stopper, stop) = stop::pair();
        let handler = Self {
            pool: rig.pool.clone(),
            clock: rig.app.clock.clone(),
            stopper: Arc::new(stopper),
            finished: Arc::default(),
        };
        (handler, stop)
    }

    fn finished(&self) -> u32 {
        self.finished.load(Ordering::SeqCst)
    }
}

impl Outbox for Obedient {
    type Facts = ();

    const TOPICS: &'static [Terms] = &[Terms {
        topic: Topic::Sites,
        lease: Duration::from_secs(30),
        at_once: 2,
        back_off: BackOff::doubling(Duration::from_secs(1), Duration::from_secs(1)),
        blame: Blame::Operator,
    }];

    fn pool(&self) -> &PgPool {
        &self.pool
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    async fn attempt(&self, due: &Due) -> Result<(Outcome, ()), StoreError> {
        match due.key.as_str() {
            "panics" => panic!("as it was told"),
            "stops" => self.stopper.ask(),
            _ => tokio::task::yield_now().await,
        }
        Ok((Outcome::Delivered, ()))
    }

    async fn note(&self, _: &mut PgConnection, due: &Due, _: &Tried<()>) -> Result<(), StoreError> {
        if due.key == "unrecorded" {
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        self.finished.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

async fn queue(rig: &Rig, key: &str) {
    let mut connection = rig.pool.acquire().await.unwrap();
    let wanted = Wanted { topic: Topic::Sites, key, version: 1, payload: None };
    deliveries::queue(&mut connection, wanted, rig.now()).await.unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn attempts_in_progress_finish_when_another_result_could_not_be_recorded(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let (handler, stop) = Obedient::of(&rig);
    queue(&rig, "unrecorded").await;
    queue(&rig, "well").await;
    outbox::deliver_due(&handler, &stop).await.unwrap_err();
    assert_eq!(handler.finished(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_attempt_that_panics_costs_the_others_nothing(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let (handler, stop) = Obedient::of(&rig);
    queue(&rig, "panics").await;
    queue(&rig, "well").await;
    outbox::deliver_due(&handler, &stop).await.unwrap();
    assert_eq!(handler.finished(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn nothing_more_is_leased_once_told_to_stop(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let (handler, stop) = Obedient::of(&rig);
    for key in ["stops", "well"] {
        queue(&rig, key).await;
    }
    rig.pass(1);
    queue(&rig, "later").await;
    outbox::deliver_due(&handler, &stop).await.unwrap();
    assert_eq!(handler.finished(), 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_an_older_version_came_to_leaves_a_newer_one_alone(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let (handler, stop) = Obedient::of(&rig);
    queue(&rig, "well").await;
    let old = outbox::lease(&handler).await.unwrap();
    let mut connection = rig.pool.acquire().await.unwrap();
    let wanted = Wanted { topic: Topic::Sites, key: "well", version: 2, payload: None };
    deliveries::queue(&mut connection, wanted, rig.now()).await.unwrap();
    // Leased: not even the newer one is delivered.
    assert!(outbox::lease(&handler).await.unwrap().is_empty());
    outbox::record(&handler, &old[0], Outcome::Delivered, ()).await.unwrap();
    let new = outbox::lease(&handler).await.unwrap();
    assert_eq!(new[0].version, 2);
    outbox::record(&handler, &new[0], Outcome::Delivered, ()).await.unwrap();
    outbox::deliver_due(&handler, &stop).await.unwrap();
    assert_eq!(handler.finished(), 2);
}
