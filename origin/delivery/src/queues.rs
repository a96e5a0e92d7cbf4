//! Works an outbox off: items are leased, some at once, and each result
//! recorded; the table is read whenever NOTIFY or the clock says so. Several
//! origins may work on one outbox: a lease keeps each item with one of them.
//! What is delivered, where to, and what follows a failure is up to each
//! outbox.

use std::future::{Future, ready};
use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_store::{Notices, StoreError};
use tokio::task::JoinSet;

/// Longest interval between reads of the table: NOTIFY is a hint, the table is
/// the truth.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// After a failed read.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// An outbox, and how to deliver its items.
pub trait Outbox: Clone + Send + Sync + 'static {
    /// One item to deliver.
    type Due: Send + Sync + 'static;

    /// Log message while Postgres is down.
    const WAITS: &'static str;
    /// Log message when an attempt panicked.
    const BROKE_OFF: &'static str;

    fn clock(&self) -> &Clock;

    /// Announcements of new items.
    fn notices(&self) -> Notices;

    /// Leases items that are due, oldest first, and no more than may be in
    /// progress at once.
    fn lease(
        &self,
        now: UnixMillis,
    ) -> impl Future<Output = Result<Vec<Self::Due>, StoreError>> + Send;

    /// When the next item is due.
    fn next_try(&self) -> impl Future<Output = Result<Option<UnixMillis>, StoreError>> + Send;

    /// Makes one attempt, and records its outcome.
    fn try_one(&self, due: &Self::Due) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Nothing can be delivered for now: releases what only delivery needs.
    fn rest(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// Delivers what is queued until told to stop. Items in progress are finished
/// first.
pub async fn run<O: Outbox>(outbox: &O, mut stop: Stop) {
    let mut notices = outbox.notices();
    while !stop.is_asked() {
        let wait = match carry_due(outbox, &stop).await {
            Ok(()) => until_next(outbox).await,
            Err(error) => {
                tracing::warn!(%error, "{}", O::WAITS);
                notices.close();
                RETRY_EVERY
            }
        };
        outbox.rest().await;
        if notices.began().await {
            // Something may have been queued before we listened.
            continue;
        }
        tokio::select! {
            () = stop.asked() => {}
            () = tokio::time::sleep(wait) => {}
            _ = notices.next() => {}
        }
    }
}

/// Delivers everything that is due now, oldest first.
pub async fn carry_due<O: Outbox>(outbox: &O, stop: &Stop) -> Result<(), StoreError> {
    while !stop.is_asked() {
        let due = outbox.lease(outbox.clock().now()).await?;
        if due.is_empty() {
            return Ok(());
        }
        let mut tries = JoinSet::new();
        for due in due {
            let outbox = outbox.clone();
            tries.spawn(async move { outbox.try_one(&due).await });
        }
        let mut noted = Ok(());
        // To the end, even if a result could not be recorded: interrupted
        // attempts may be delivered twice.
        while let Some(tried) = tries.join_next().await {
            match tried {
                Ok(result) => noted = noted.and(result),
                // The lease runs out, and it is retried.
                Err(error) => tracing::error!(%error, "{}", O::BROKE_OFF),
            }
        }
        noted?;
    }
    Ok(())
}

async fn until_next(outbox: &impl Outbox) -> Duration {
    let next = outbox.next_try().await.ok().flatten();
    let wait = next.map(|at| Duration::from_millis(at.since(outbox.clock().now())));
    wait.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use munjigi_process::stop::{self, Stopper};

    use super::*;

    /// 2026-11-20T12:00:30Z.
    const NOON: UnixMillis = UnixMillis(1_795_176_030_000);

    #[derive(Debug, Clone, Copy)]
    enum Try {
        CannotBeNoted,
        TakesLonger,
        AsksToStop,
    }

    #[derive(Clone)]
    struct Fake {
        clock: Clock,
        rounds: Arc<Mutex<VecDeque<Vec<Try>>>>,
        stopper: Arc<Stopper>,
        finished: Arc<AtomicU32>,
    }

    impl Fake {
        fn of(rounds: impl IntoIterator<Item = Vec<Try>>) -> (Self, Stop) {
            let (stopper, stop) = stop::pair();
            let fake = Self {
                clock: Clock::of(|| NOON),
                rounds: Arc::new(Mutex::new(rounds.into_iter().collect())),
                stopper: Arc::new(stopper),
                finished: Arc::default(),
            };
            (fake, stop)
        }
    }

    impl Outbox for Fake {
        type Due = Try;

        const WAITS: &'static str = "waits";
        const BROKE_OFF: &'static str = "broke off";

        fn clock(&self) -> &Clock {
            &self.clock
        }

        fn notices(&self) -> Notices {
            unreachable!("these tests do not listen")
        }

        async fn lease(&self, _: UnixMillis) -> Result<Vec<Try>, StoreError> {
            Ok(self.rounds.lock().unwrap().pop_front().unwrap_or_default())
        }

        async fn next_try(&self) -> Result<Option<UnixMillis>, StoreError> {
            Ok(None)
        }

        async fn try_one(&self, due: &Try) -> Result<(), StoreError> {
            match due {
                Try::CannotBeNoted => return Err(sqlx::Error::PoolTimedOut.into()),
                Try::TakesLonger => tokio::task::yield_now().await,
                Try::AsksToStop => self.stopper.ask(),
            }
            self.finished.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    #[tokio::test]
    async fn attempts_in_progress_finish_when_another_result_could_not_be_recorded() {
        let (fake, stop) = Fake::of([vec![Try::CannotBeNoted, Try::TakesLonger]]);
        carry_due(&fake, &stop).await.unwrap_err();
        assert_eq!(fake.finished.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn nothing_more_is_leased_once_told_to_stop() {
        let (fake, stop) =
            Fake::of([vec![Try::AsksToStop, Try::TakesLonger], vec![Try::TakesLonger]]);
        carry_due(&fake, &stop).await.unwrap();
        assert_eq!(fake.finished.load(Ordering::SeqCst), 2);
        assert_eq!(fake.rounds.lock().unwrap().len(), 1);
    }
}
