//! The loop, over a handler that does as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use munjigi_delivery::back_off::BackOff;
use munjigi_delivery::outbox::{self, Blame, DeliveryResult, Failure, Outbox, Terms, Tried};
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_process::stop::{self, Stopper};
use munjigi_store::DatabaseError;
use munjigi_store::deliveries::{self, Due, Topic, Wanted};
use sqlx::{PgConnection, PgPool};

use munjigi_rig::Rig;

/// Each row says by its key what becomes of it.
#[derive(Clone)]
struct Obedient {
    pool: PgPool,
    clock: Clock,
    stopper: Arc<Stopper>,
    finished: Arc<AtomicU32>,
    closed: Arc<AtomicBool>,
}

impl Obedient {
    fn of(rig: &Rig) -> (Self, stop::Stop) {
        let (stopper, stop) = stop::pair();
        let handler = Self {
            pool: rig.pool.clone(),
            clock: rig.app.clock.clone(),
            stopper: Arc::new(stopper),
            finished: Arc::default(),
            closed: Arc::default(),
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

    fn is_open(&self) -> bool {
        !self.closed.load(Ordering::SeqCst)
    }

    async fn attempt(&self, due: &Due) -> Result<(DeliveryResult, ()), DatabaseError> {
        match due.key.as_str() {
            "panics" => panic!("as it was told"),
            "progresses" if self.finished() == 0 => return Ok((DeliveryResult::Progressed, ())),
            "is interrupted" => return Ok((DeliveryResult::Interrupted, ())),
            "stops" => self.stopper.ask(),
            _ => tokio::task::yield_now().await,
        }
        Ok((DeliveryResult::Delivered, ()))
    }

    async fn note(
        &self,
        _: &mut PgConnection,
        due: &Due,
        _: &Tried<()>,
    ) -> Result<(), DatabaseError> {
        if due.key == "unrecorded" {
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        self.finished.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Takes three times as long as its lease lasts.
#[derive(Clone)]
struct Slow(Rig);

impl Outbox for Slow {
    type Facts = ();

    const TOPICS: &'static [Terms] = &[Terms {
        topic: Topic::Sites,
        lease: Duration::from_millis(30),
        at_once: 1,
        back_off: BackOff::doubling(Duration::from_secs(1), Duration::from_secs(1)),
        blame: Blame::Operator,
    }];

    fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    fn clock(&self) -> &Clock {
        &self.0.app.clock
    }

    async fn attempt(&self, _: &Due) -> Result<(DeliveryResult, ()), DatabaseError> {
        for _ in 0..6 {
            self.0.pass(15);
            let renewed = async {
                let until = UnixMillis(self.0.now().0 + 30);
                // When another origin may lease it.
                while deliveries::next_try(&self.0.pool, &[Topic::Sites]).await? < Some(until) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Ok::<(), DatabaseError>(())
            };
            tokio::time::timeout(Duration::from_secs(20), renewed).await.expect("renewed")?;
        }
        assert!(outbox::lease(self).await?.is_empty(), "it is with us");
        Ok((DeliveryResult::Delivered, ()))
    }

    async fn note(
        &self,
        _: &mut PgConnection,
        _: &Due,
        _: &Tried<()>,
    ) -> Result<(), DatabaseError> {
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
    let rig = Rig::new(pool, crate::routes).await;
    let (handler, stop) = Obedient::of(&rig);
    queue(&rig, "unrecorded").await;
    queue(&rig, "well").await;
    outbox::deliver_due(&handler, &stop).await.unwrap_err();
    assert_eq!(handler.finished(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_attempt_that_panics_costs_the_others_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (handler, stop) = Obedient::of(&rig);
    queue(&rig, "panics").await;
    queue(&rig, "well").await;
    outbox::deliver_due(&handler, &stop).await.unwrap();
    assert_eq!(handler.finished(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn nothing_more_is_leased_once_told_to_stop(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
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
    let rig = Rig::new(pool, crate::routes).await;
    let (handler, stop) = Obedient::of(&rig);
    queue(&rig, "well").await;
    let old = outbox::lease(&handler).await.unwrap();
    let mut connection = rig.pool.acquire().await.unwrap();
    let wanted = Wanted { topic: Topic::Sites, key: "well", version: 2, payload: None };
    deliveries::queue(&mut connection, wanted, rig.now()).await.unwrap();
    // Leased: not even the newer one is delivered.
    assert!(outbox::lease(&handler).await.unwrap().is_empty());
    outbox::record(&handler, &old[0], DeliveryResult::Delivered, ()).await.unwrap();
    let new = outbox::lease(&handler).await.unwrap();
    assert_eq!(new[0].version, 2);
    outbox::record(&handler, &new[0], DeliveryResult::Delivered, ()).await.unwrap();
    outbox::deliver_due(&handler, &stop).await.unwrap();
    assert_eq!(handler.finished(), 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_lease_is_renewed_while_the_attempt_goes_on(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (_stopper, stop) = stop::pair();
    queue(&rig, "long").await;
    outbox::deliver_due(&Slow(rig.clone()), &stop).await.unwrap();
    let now = rig.now();
    assert_eq!(deliveries::backlog_of(&rig.pool, Topic::Sites, now).await.unwrap().pending, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_lease_that_ran_out_is_not_renewed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (handler, _stop) = Obedient::of(&rig);
    queue(&rig, "well").await;
    let due = outbox::lease(&handler).await.unwrap();
    rig.pass(30_000);
    let until = UnixMillis(rig.now().0 + 30_000);
    deliveries::renew(&rig.pool, &due[0], rig.now(), until).await.unwrap();
    assert_eq!(outbox::lease(&handler).await.unwrap().len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn progress_is_followed_by_the_rest_and_ends_earlier_failures(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (handler, stop) = Obedient::of(&rig);
    queue(&rig, "progresses").await;
    let due = outbox::lease(&handler).await.unwrap();
    let failed = DeliveryResult::Failed(Failure::new("why", &"it failed"));
    outbox::record(&handler, &due[0], failed, ()).await.unwrap();
    handler.finished.store(0, Ordering::SeqCst);
    rig.pass(1_000);
    let due = outbox::lease(&handler).await.unwrap();
    assert_eq!(due[0].attempts, 1);
    let (outcome, ()) = outbox::attempt(&handler, &due[0]).await.unwrap();
    outbox::record(&handler, &due[0], outcome, ()).await.unwrap();
    let failures = "SELECT count(*) FROM deliveries WHERE attempts > 0 OR last_error IS NOT NULL";
    assert_eq!(rig.number(failures).await, 0);
    outbox::deliver_due(&handler, &stop).await.unwrap();
    assert_eq!(handler.finished(), 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_interrupted_attempt_does_not_count_and_is_due_at_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (handler, _stop) = Obedient::of(&rig);
    queue(&rig, "is interrupted").await;
    for _ in 0..2 {
        let due = outbox::lease(&handler).await.unwrap();
        assert_eq!(due[0].attempts, 0);
        let (outcome, ()) = outbox::attempt(&handler, &due[0]).await.unwrap();
        outbox::record(&handler, &due[0], outcome, ()).await.unwrap();
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn nothing_is_leased_while_the_handler_is_closed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (handler, stop) = Obedient::of(&rig);
    queue(&rig, "well").await;
    handler.closed.store(true, Ordering::SeqCst);
    outbox::deliver_due(&handler, &stop).await.unwrap();
    assert_eq!(handler.finished(), 0);
    handler.closed.store(false, Ordering::SeqCst);
    outbox::deliver_due(&handler, &stop).await.unwrap();
    assert_eq!(handler.finished(), 1);
}
