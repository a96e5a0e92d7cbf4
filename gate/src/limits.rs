//! The rate limits, counted in this process. What is counted is decided in
//! `munjigi-serving`, how many by the operator.

use std::num::NonZero;

use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use munjigi_serving::ports::{Admission, Limit};

/// Keys that one limit knows, some 100 bytes each. Beyond them no new key is
/// counted: the policy's own counters still raise the price.
const MOST_KEYS: usize = 100_000;

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

type Keyed = RateLimiter<String, DashMapStateStore<String>, DefaultClock>;

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
        let keyed = |calls| RateLimiter::dashmap(Quota::per_minute(calls));
        Self {
            per_minute,
            clients: keyed(per_minute.clients),
            challenges: keyed(per_minute.challenges),
            solutions: keyed(per_minute.solutions),
            verify: keyed(per_minute.verify),
            internal: keyed(per_minute.internal),
        }
    }

    /// What they admit.
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
        if limiter.len() > MOST_KEYS || limiter.check_key(&key.to_owned()).is_ok() {
            return Admission::Pass;
        }
        Admission::Refuse
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
    fn invented_keys_do_not_grow_the_memory_without_bound() {
        let limits = limits();
        for number in 0..MOST_KEYS + 10 {
            limits.admit(Limit::Verify, &number.to_string());
        }
        assert!(limits.verify.len() <= MOST_KEYS + 1);
        assert_eq!(limits.admit(Limit::Verify, "late"), Admission::Pass);
    }
}
