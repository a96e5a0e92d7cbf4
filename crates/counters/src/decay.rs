//! How numbers decay with time.
//!
//! **half-life**: how long the counters take to forget half of what they
//! counted.

use munjigi_keys::UnixMillis;

/// Numbers decay in whole steps, this many per half-life, so that the rate of
/// decay does not depend on how often a counter is touched.
pub const TICKS_PER_HALF_LIFE: u64 = 32;

/// A number in 256ths after some ticks.
pub fn decayed(value: u32, ticks: u64) -> u32 {
    let halvings = ticks / TICKS_PER_HALF_LIFE;
    let within = (ticks % TICKS_PER_HALF_LIFE) as usize;
    if halvings >= 32 {
        return 0;
    }
    let scaled = (u64::from(value) * DECAY[within]) >> (32 + halvings);
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

/// Converts times to ticks, by which counters decay.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub half_life_seconds: u32,
    tick_millis: u64,
}

impl Clock {
    /// A half-life of 0 is read as one second.
    pub fn new(half_life_seconds: u32) -> Self {
        let half_life_seconds = half_life_seconds.max(1);
        let tick_millis = u64::from(half_life_seconds) * 1_000 / TICKS_PER_HALF_LIFE;
        Self { half_life_seconds, tick_millis }
    }

    /// The tick of a time.
    pub const fn tick(&self, now: UnixMillis) -> u64 {
        now.0 / self.tick_millis
    }
}

/// 2^(32 - i/32).
pub const DECAY: [u64; 32] = [
    4_294_967_296,
    4_202_935_003,
    4_112_874_773,
    4_024_744_348,
    3_938_502_376,
    3_854_108_391,
    3_771_522_796,
    3_690_706_840,
    3_611_622_603,
    3_534_232_978,
    3_458_501_653,
    3_384_393_094,
    3_311_872_529,
    3_240_905_930,
    3_171_459_999,
    3_103_502_151,
    3_037_000_500,
    2_971_923_842,
    2_908_241_642,
    2_845_924_021,
    2_784_941_738,
    2_725_266_179,
    2_666_869_345,
    2_609_723_834,
    2_553_802_834,
    2_499_080_105,
    2_445_529_972,
    2_393_127_307,
    2_341_847_524,
    2_291_666_561,
    2_242_560_872,
    2_194_507_417,
];
