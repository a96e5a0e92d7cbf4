//! Where statistics are read: a replica of Postgres if there is one and it is
//! recent enough, otherwise Postgres itself. Nothing is written through this.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use sqlx::PgPool;

use super::DatabaseError;

/// Interval between checks of the replica.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A replica that lags further behind than this is not read.
const MOST_LAG_MILLIS: u64 = 60_000;

/// A position in Postgres' write-ahead log: higher is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written(pub u64);

/// Decides where to read.
#[derive(Debug, Clone)]
pub struct Reads {
    primary: PgPool,
    copy: Option<Arc<Copy>>,
}

#[derive(Debug)]
struct Copy {
    pool: PgPool,
    /// The position that the replica is known to have reached; none while it is
    /// not read.
    has: AtomicU64,
    told: Mutex<State>,
    /// Positions of Postgres and when it had reached them, oldest first.
    written: Mutex<VecDeque<(UnixMillis, Written)>>,
}

/// The state of the replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not checked yet.
    Unknown,
    /// Recent enough: it is read.
    Near,
    /// It lags more than a minute behind.
    Behind,
    /// It does not answer.
    Away,
    /// It is no replica: it accepts writes of its own.
    NoCopy,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Near => "near",
            Self::Behind => "behind",
            Self::Away => "away",
            Self::NoCopy => "no-copy",
        }
    }
}

impl Reads {
    /// Reads from Postgres, and from its replica if there is one.
    pub fn new(primary: PgPool, copy: Option<PgPool>) -> Self {
        let copy = copy.map(|pool| Copy {
            pool,
            has: AtomicU64::new(0),
            told: Mutex::new(State::Unknown),
            written: Mutex::default(),
        });
        Self { primary, copy: copy.map(Arc::new) }
    }

    /// Whether there is a replica at all.
    pub const fn has_copy(&self) -> bool {
        self.copy.is_some()
    }

    /// The state of the replica, if there is one.
    pub fn state(&self) -> Option<State> {
        self.copy.as_ref().map(|copy| copy.state())
    }

    /// Reads where everything up to `after` is visible, so that people see what
    /// they have just changed. Reads from Postgres itself if the replica has
    /// not got that far, or if it fails during the query.
    pub async fn read<T, F>(
        &self,
        after: Option<Written>,
        read: impl Fn(PgPool) -> F,
    ) -> Result<T, DatabaseError>
    where
        F: Future<Output = Result<T, DatabaseError>>,
    {
        if let Some(copy) = self.copy.as_ref().filter(|copy| copy.is_far_enough(after)) {
            match read(copy.pool.clone()).await {
                Err(error) if error.is_passing() => copy.set(State::Away, Some(&error)),
                // A replica cancels queries that conflict with what it replays.
                Err(error @ DatabaseError::Refused(_)) => {
                    tracing::debug!(%error, "read again from the primary");
                }
                answered => return answered,
            }
        }
        read(self.primary.clone()).await
    }

    /// The position that Postgres has written up to.
    pub async fn written(&self) -> Result<Written, DatabaseError> {
        let written = sqlx::query_scalar!(
            r#"SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint AS "written!""#
        )
        .fetch_one(&self.primary)
        .await?;
        Ok(Written(written.unsigned_abs()))
    }

    /// Checks the replica periodically until told to stop.
    pub async fn watch(self, clock: Clock, mut stop: Stop) {
        if self.copy.is_none() {
            return;
        }
        while !stop.is_asked() {
            self.look(clock.now()).await;
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Checks how far the replica is.
    pub async fn look(&self, now: UnixMillis) {
        let Some(copy) = &self.copy else { return };
        // Without Postgres no one can tell how far behind the replica is.
        let Ok(written) = self.written().await else { return };
        match replayed(&copy.pool).await {
            Ok(Some(has)) => copy.note(now, written, has),
            Ok(None) => copy.set(State::NoCopy, None),
            Err(error) => copy.set(State::Away, Some(&error)),
        }
    }
}

/// The position that a replica has replayed; `None` if the database is no
/// replica.
async fn replayed(pool: &PgPool) -> Result<Option<Written>, DatabaseError> {
    let replayed = sqlx::query_scalar!(
        "SELECT CASE WHEN pg_is_in_recovery()
            THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END"
    )
    .fetch_one(pool)
    .await?;
    Ok(replayed.map(|replayed| Written(replayed.unsigned_abs())))
}

impl Copy {
    fn is_far_enough(&self, after: Option<Written>) -> bool {
        let has = self.has.load(Ordering::Acquire);
        has > 0 && after.is_none_or(|Written(after)| after <= has)
    }

    fn state(&self) -> State {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, now: UnixMillis, written: Written, has: Written) {
        let mut history = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let due = due(&mut history, now, written);
        metrics::gauge!("munjigi_database_replica_lag_seconds").set(lag(&history, now, has));
        drop(history);
        if due.is_none_or(|due| due <= has) {
            self.has.store(has.0, Ordering::Release);
            self.set(State::Near, None);
        } else {
            self.set(State::Behind, None);
        }
    }

    /// Logs a change of state, once.
    fn set(&self, state: State, error: Option<&DatabaseError>) {
        if state != State::Near {
            self.has.store(0, Ordering::Release);
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *told, state) == state {
            return;
        }
        let (state, error) = (state.as_str(), error.map(ToString::to_string));
        if self.has.load(Ordering::Acquire) > 0 {
            tracing::info!(state, "numbers are read from the replica");
        } else {
            tracing::warn!(
                state,
                error,
                "numbers are read from the primary: check MUNJIGI_DATABASE_REPLICA_URL"
            );
        }
    }
}

/// The position that a replica should have reached by now: the newest that is
/// older than the permitted lag. Older entries are dropped.
fn due(
    history: &mut VecDeque<(UnixMillis, Written)>,
    now: UnixMillis,
    written: Written,
) -> Option<Written> {
    history.push_back((now, written));
    let is_old = |at: &UnixMillis| now.0.saturating_sub(at.0) >= MOST_LAG_MILLIS;
    while history.get(1).is_some_and(|(at, _)| is_old(at)) {
        history.pop_front();
    }
    history.front().filter(|(at, _)| is_old(at)).map(|(_, written)| *written)
}

/// How long ago Postgres wrote what the replica has not reached yet, in seconds.
/// At most the permitted lag and an interval.
fn lag(history: &VecDeque<(UnixMillis, Written)>, now: UnixMillis, has: Written) -> f64 {
    let missing = history.iter().find(|(_, written)| *written > has);
    missing.map_or(0.0, |(at, _)| Duration::from_millis(now.0.saturating_sub(at.0)).as_secs_f64())
}

#[cfg(test)]
mod tests;
