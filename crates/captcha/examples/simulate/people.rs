//! People: where they come from, with what, and when.

use munjigi_captcha::{Address, Software};
use munjigi_protocol::Signals;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::world::HOUR;

/// Shares of people's software in 1,000ths; the last one stands for forty rare
/// ones.
const SOFTWARE: [u32; 12] = [240, 180, 130, 100, 80, 60, 50, 40, 30, 20, 20, 50];

/// Shares of people's systems, in the same unit. The second is a carrier that
/// shares 1,024 addresses among its customers.
const SYSTEMS: [(u32, u32); 6] =
    [(4_766, 300), (9_644, 100), (4_767, 200), (4_768, 150), (4_769, 150), (64_500, 100)];

/// Draws people from a seed.
pub struct People {
    rng: ChaCha8Rng,
}

impl People {
    /// The people of a seed.
    pub fn new(seed: u64) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// A person's address and system.
    pub fn home(&mut self) -> (Address, u32) {
        let mut share = u32::try_from(self.below(1_000)).unwrap_or_default();
        let mut system = 0;
        for (number, of) in SYSTEMS {
            system = number;
            if share < of {
                break;
            }
            share -= of;
        }
        let [_, _, high, low] = u32::try_from(self.below(8_192)).unwrap_or_default().to_be_bytes();
        if system == 9_644 {
            return (Address::V4([39, 7, high & 3, low]), system);
        }
        let [.., third] = system.to_be_bytes();
        let host = self.below(200).to_be_bytes()[7];
        (Address::V4([110 + (third & 7), high, low, host]), system)
    }

    /// A person's software, and the number of the program.
    pub fn software(&mut self) -> (Software, u32) {
        let mut share = u32::try_from(self.below(1_000)).unwrap_or_default();
        let mut program = 0;
        for of in SOFTWARE {
            if share < of {
                break;
            }
            share -= of;
            program += 1;
        }
        let rare = if program >= 11 { self.below(40) } else { 0 };
        (browser(program, rare), program)
    }

    /// What a person's browser reports: no two people take exactly as long.
    pub fn signals(&mut self) -> Signals {
        let focus = 1_000 + u32::try_from(self.below(20_000)).unwrap_or_default();
        let load = focus + u32::try_from(self.below(10_000)).unwrap_or_default();
        Signals { since_load_ms: Some(load), since_focus_ms: Some(focus), ..recorded() }
    }

    /// People come twice as often at noon as on average, and hardly at night:
    /// 43,000 a day.
    pub fn until_next(&mut self, at: u64) -> u64 {
        1 + self.below(2 * mean_between_people((6 + at / HOUR) % 24))
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound.max(1)
    }
}

/// A browser by its number; of the rare ones, one of forty.
pub fn browser(program: u32, rare: u64) -> Software {
    Software::of_headers(&format!("Mozilla/5.0 Browser/{program} ({rare})"), &[])
}

/// Milliseconds between two people at an hour of the day.
const fn mean_between_people(hour: u64) -> u64 {
    match hour {
        0..6 => 8_000,
        6..10 => 2_500,
        10..16 => 1_100,
        16..22 => 1_500,
        _ => 4_000,
    }
}

/// What the origin would have published for the site after some calm weeks.
pub fn usual_week() -> Vec<u32> {
    let day = (0..24).map(|hour| u32::try_from(HOUR / mean_between_people(hour)).unwrap_or(0));
    day.collect::<Vec<_>>().repeat(7)
}

/// What one person's browser reported.
pub fn recorded() -> Signals {
    Signals {
        since_load_ms: Some(6_000),
        since_focus_ms: Some(4_000),
        pointer: Some(2),
        keys: Some(2),
        focus_changes: Some(2),
        ..Signals::default()
    }
}
