//! A service's only clock. Everything else receives a time, this clock, or a
//! deadline as an argument.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use munjigi_keys::UnixMillis;

/// Reads the time. Clones read the same clock.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> UnixMillis + Send + Sync>);

impl Clock {
    pub fn system() -> Self {
        Self::of(|| {
            #[expect(clippy::disallowed_methods, reason = "the one place where the time is read")]
            let now = SystemTime::now();
            // A clock before 1970 is read as 1970: signatures then say `clock-skew`.
            let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
            UnixMillis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
        })
    }

    /// A clock that calls `now`, for tests.
    pub fn of(now: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current time, in milliseconds since 1970.
    pub fn now(&self) -> UnixMillis {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Self {
        Self(instant())
    }

    /// Time since [`Self::start`].
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The time after which an answer is worthless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline that passes after this much time.
    pub fn after(time: Duration) -> Self {
        Self(instant() + time)
    }

    /// The time that is left; `None` once it has passed.
    pub fn left(self) -> Option<Duration> {
        self.0.checked_duration_since(instant()).filter(|left| !left.is_zero())
    }

    /// Whether no time is left.
    pub fn is_past(self) -> bool {
        self.left().is_none()
    }
}

fn instant() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the one place where durations are measured")]
    Instant::now()
}
