//! The rate limits, counted in this process. What is counted is decided in
//! `munjigi-serving`, how many by the operator.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZero;

use governor::clock::DefaultClock;
use governor::nanos::Nanos;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use munjigi_serving::ports::{Admission, Limit};

/// Keys that one limit knows by name, some 100 bytes each.
const MOST_KEYS: usize = 100_000;

/// Counts that all keys beyond these share, 8 bytes each. Which one a key has, no
/// one outside can know, so that new keys by the thousand use up no one's.
const SHARED: usize = 65_536;

/// Calls per minute that each limit admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerMinute {
    /// Challenges, and solutions, of a client of an address on a site.
    pub clients: NonZero<u32>,
    /// Challenges of an address on a site.
    pub challenges: NonZero<u32>,
    /// Solutions of an address on a site.
    pub solutions: NonZero<u32>,
    /// Calls with one secret.
    pub verify: NonZero<u32>,
    /// Unsigned calls of an address to the origin's routes.
    pub internal: NonZero<u32>,
}

type Keyed = RateLimiter<String, Counts, DefaultClock>;

/// The counts of one limit. Filling it with invented keys does not switch the limit
/// off: known keys are still counted, and new ones share the remaining counts.
#[derive(Debug)]
struct Counts {
    known: DashMapStateStore<String>,
    shared: Box<[InMemoryState]>,
    places: RandomState,
}

impl Default for Counts {
    fn default() -> Self {
        let shared = (0..SHARED).map(|_| InMemoryState::default()).collect();
        Self { known: DashMapStateStore::default(), shared, places: RandomState::new() }
    }
}

impl StateStore for Counts {
    type Key = String;

    fn measure_and_replace<T, F, E>(&self, key: &String, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        if self.known.len() >= MOST_KEYS && !self.known.contains_key(key) {
            let [low, high, ..] = self.places.hash_one(key).to_le_bytes();
            let place = usize::from(u16::from_le_bytes([low, high]));
            if let Some(count) = self.shared.get(place) {
                return count.measure_and_replace(&NotKeyed::NonKey, measure);
            }
        }
        self.known.measure_and_replace(key, measure)
    }
}

impl ShrinkableKeyedStateStore<String> for Counts {
    fn retain_recent(&self, drop_below: Nanos) {
        ShrinkableKeyedStateStore::retain_recent(&self.known, drop_below);
    }

    fn shrink_to_fit(&self) {
        self.known.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.known.len()
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// All limits.
#[derive(Debug)]
pub struct Limits {
    per_minute: PerMinute,
    clients: Keyed,
    challenges: Keyed,
    solutions: Keyed,
    verify: Keyed,
    internal: Keyed,
}

impl Limits {
    /// Without any calls counted yet.
    pub fn new(per_minute: PerMinute) -> Self {
        let keyed = |calls| {
            let quota = Quota::per_minute(calls);
            RateLimiter::new(quota, Counts::default(), DefaultClock::default())
        };
        Self {
            per_minute,
            clients: keyed(per_minute.clients),
            challenges: keyed(per_minute.challenges),
            solutions: keyed(per_minute.solutions),
            verify: keyed(per_minute.verify),
            internal: keyed(per_minute.internal),
        }
    }

    pub const fn per_minute(&self) -> PerMinute {
        self.per_minute
    }

    /// Counts a call.
    pub fn admit(&self, limit: Limit, key: &str) -> Admission {
        let limiter = match limit {
            Limit::Client => &self.clients,
            Limit::Challenge => &self.challenges,
            Limit::Solution => &self.solutions,
            Limit::Verify => &self.verify,
            Limit::Internal => &self.internal,
        };
        match limiter.check_key(&key.to_owned()) {
            Ok(()) => Admission::Pass,
            Err(_) => Admission::Refuse,
        }
    }

    /// Forgets keys that could call at their full rate again.
    pub fn sweep(&self) {
        let all = [&self.clients, &self.challenges, &self.solutions, &self.verify, &self.internal];
        for limiter in all {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn number(number: u32) -> NonZero<u32> {
        NonZero::new(number).unwrap()
    }

    fn limits() -> Limits {
        let [two, three] = [number(2), number(3)];
        Limits::new(PerMinute {
            clients: two,
            challenges: two,
            solutions: three,
            verify: two,
            internal: two,
        })
    }

    #[test]
    fn each_key_has_its_own_calls_and_each_limit_its_own_keys() {
        let limits = limits();
        let calls = |limit, key: &str| {
            let admitted = (0..5).filter(|_| limits.admit(limit, key) == Admission::Pass);
            admitted.count()
        };
        assert_eq!(calls(Limit::Challenge, "a"), 2);
        assert_eq!(calls(Limit::Challenge, "b"), 2);
        assert_eq!(calls(Limit::Solution, "a"), 3);
        limits.sweep();
        assert_eq!(calls(Limit::Challenge, "a"), 0, "what is still limited is not forgotten");
    }

    #[test]
    fn invented_keys_neither_grow_the_memory_without_bound_nor_end_a_limit() {
        let limits = limits();
        let calls = |key: &str| {
            let admitted = (0..5).filter(|_| limits.admit(Limit::Verify, key) == Admission::Pass);
            admitted.count()
        };
        assert_eq!(calls("known"), 2);
        for number in 0..MOST_KEYS + 10_000 {
            limits.admit(Limit::Verify, &number.to_string());
        }
        assert_eq!(limits.verify.len(), MOST_KEYS);
        assert_eq!(calls("known"), 0, "it was at its limit before");
        // Of 10,000 keys in 65,536 places, these are rarely together.
        let late: usize = (0..100).map(|number| calls(&format!("late {number}"))).sum();
        assert!((100..=200).contains(&late), "{late}");
    }
}
