//! A caller's share of the machine: a limit on concurrent requests and on
//! requests per hour. Callers are the names that the origin signs.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use munjigi_keys::UnixMillis;

const HOUR_MS: u64 = 3_600_000;
/// Most callers remembered; the origin uses only a few.
const MOST_CALLERS: usize = 1_000;

/// The order in which requests are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priority {
    /// A person waits for the result.
    High,
    /// Work done in advance.
    Low,
}

/// What callers may ask for.
#[derive(Debug, Clone)]
pub struct Callers {
    /// Concurrent requests of one caller.
    pub in_flight: usize,
    /// Requests of one caller per hour.
    pub hourly: usize,
    /// Callers without a quota; their priority is always low.
    pub unmetered: Vec<String>,
}

/// Counts what callers use.
#[derive(Debug)]
pub struct Quotas {
    limits: Callers,
    callers: Mutex<HashMap<String, Arc<Mutex<Taken>>>>,
}

#[derive(Debug, Default)]
struct Taken {
    in_flight: usize,
    /// When the requests of the last hour began.
    recent: VecDeque<UnixMillis>,
}

/// A request's place; released on drop.
#[derive(Debug)]
pub struct Place(Option<Arc<Mutex<Taken>>>);

/// The quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverQuota {
    /// In seconds.
    pub retry_after: u64,
    /// Which limit was reached.
    pub what: &'static str,
}

/// Whether a text is a caller's name: 1 to 32 of `a-z`, `0-9` and `-`.
pub fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

impl Quotas {
    pub fn new(limits: Callers) -> Self {
        Self { limits, callers: Mutex::default() }
    }

    /// The priority that a caller gets when it requests one.
    pub fn priority(&self, caller: &str, asked: Priority) -> Priority {
        if self.is_unmetered(caller) { Priority::Low } else { asked }
    }

    fn is_unmetered(&self, caller: &str) -> bool {
        self.limits.unmetered.iter().any(|name| name == caller)
    }

    /// Takes a place for a request.
    pub fn enter(&self, caller: &str, now: UnixMillis) -> Result<Place, OverQuota> {
        if self.is_unmetered(caller) {
            return Ok(Place(None));
        }
        let shared = self.taken(caller, now)?;
        let mut taken = locked(&shared);
        taken.forget(now);
        if taken.in_flight >= self.limits.in_flight {
            return Err(OverQuota { retry_after: 1, what: "concurrent requests" });
        }
        if let Some(oldest) = taken.recent.front()
            && taken.recent.len() >= self.limits.hourly
        {
            let retry_after = HOUR_MS.saturating_sub(now.since(*oldest)).div_ceil(1_000).max(1);
            return Err(OverQuota { retry_after, what: "requests per hour" });
        }
        taken.in_flight += 1;
        taken.recent.push_back(now);
        drop(taken);
        Ok(Place(Some(shared)))
    }

    fn taken(&self, caller: &str, now: UnixMillis) -> Result<Arc<Mutex<Taken>>, OverQuota> {
        let mut callers = locked(&self.callers);
        if let Some(taken) = callers.get(caller) {
            return Ok(Arc::clone(taken));
        }
        if callers.len() >= MOST_CALLERS {
            callers.retain(|_, taken| {
                let mut taken = locked(taken);
                taken.forget(now);
                taken.in_flight > 0 || !taken.recent.is_empty()
            });
        }
        if callers.len() >= MOST_CALLERS {
            return Err(OverQuota { retry_after: 60, what: "callers" });
        }
        let taken = Arc::<Mutex<Taken>>::default();
        callers.insert(caller.to_owned(), Arc::clone(&taken));
        Ok(taken)
    }
}

impl Taken {
    fn forget(&mut self, now: UnixMillis) {
        while self.recent.front().is_some_and(|at| now.since(*at) >= HOUR_MS) {
            self.recent.pop_front();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(taken) = &self.0 {
            locked(taken).in_flight -= 1;
        }
    }
}

/// No change to the counts is left half-done, so a panic elsewhere does no
/// harm.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas() -> Quotas {
        let unmetered = vec!["factory".to_owned()];
        Quotas::new(Callers { in_flight: 2, hourly: 3, unmetered })
    }

    #[test]
    fn a_callers_concurrent_and_hourly_requests_are_limited() {
        let quotas = quotas();
        let at = UnixMillis::from_seconds;
        let first = quotas.enter("console", at(0)).unwrap();
        let _second = quotas.enter("console", at(0)).unwrap();
        let full = quotas.enter("console", at(0)).unwrap_err();
        assert_eq!((full.retry_after, full.what), (1, "concurrent requests"));
        let _others = quotas.enter("review", at(0)).unwrap();

        drop(first);
        drop(quotas.enter("console", at(10)).unwrap());
        assert_eq!(quotas.enter("console", at(600)).unwrap_err().retry_after, 3_000);
        assert!(quotas.enter("console", at(3_600)).is_ok());
    }

    #[test]
    fn the_factory_has_no_quota_and_goes_last() {
        let quotas = quotas();
        let places: Vec<_> =
            (0..50).map(|_| quotas.enter("factory", UnixMillis(0)).unwrap()).collect();
        assert_eq!(places.len(), 50);
        assert_eq!(quotas.priority("factory", Priority::High), Priority::Low);
        assert_eq!(quotas.priority("console", Priority::High), Priority::High);
    }
}
