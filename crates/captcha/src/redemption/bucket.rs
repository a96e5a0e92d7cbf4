//! Rows by the ten minutes in which they end, so that a store drops those that
//! are over as a whole and has to search for none of them.

/// How long a store keeps a row beyond `keep_until`, in milliseconds: a process
/// whose clock is behind must find what is spent, not nothing.
pub const GRACE_MS: u64 = 60_000;

/// Milliseconds of expiry that share a bucket.
const MILLIS: u64 = 600_000;

/// The number of the bucket of rows with this `keep_until`, in milliseconds.
pub const fn of(keep_until: u64) -> u64 {
    keep_until.saturating_add(GRACE_MS) / MILLIS
}

/// When a bucket may be dropped, in milliseconds since 1970: once a clock that is
/// behind by the grace would refuse each of its attempts.
pub const fn end(bucket: u64) -> u64 {
    bucket.saturating_add(1).saturating_mul(MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_outlives_every_attempt_in_it_by_the_grace() {
        for keep_until in [0, 1, 539_999, 540_000, 540_001, 599_999, 600_000, 1_795_000_123_456] {
            let (end, grace) = (end(of(keep_until)), keep_until + GRACE_MS);
            assert!(end > grace && end <= grace + MILLIS, "{keep_until}: {end}");
        }
    }
}
