//! How fast phones are, and how long a puzzle may keep a slow one busy.

/// Hashes per second of a slow phone with all its workers: a tenth of one
/// desktop core (1.2 million measured), below every device that still
/// receives a current browser.
pub const SLOW_PHONE_HASHES_PER_SECOND: u64 = 100_000;

/// The same for a median phone.
pub const MEDIAN_PHONE_HASHES_PER_SECOND: u64 = 400_000;

/// SHA-256 in plain JavaScript on a slow phone: browsers without WebAssembly
/// mostly do not compile JavaScript either, and a desktop then makes 40,000.
pub const SLOW_PHONE_SHA256_PER_SECOND: u64 = 10_000;

/// No puzzle is expected to take a slow phone longer than this, even if a site
/// sets a higher ceiling: beyond it, no one on a slow phone would pass.
pub const MAX_EXPECTED_SECONDS: u64 = 720;
