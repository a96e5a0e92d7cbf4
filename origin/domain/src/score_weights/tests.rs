//! A site whose visitors are drawn from known chances.

mod fits;
mod judgements;
mod nights;

use munjigi_keys::UnixMillis;
use munjigi_protocol::{Outcome, Sign, Signs};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;

const DAY: u64 = 86_400_000;
const BEGIN: u64 = 20_000 * DAY;

/// How often each sign is seen, in hundredths, at legitimate visits and at
/// frauds. What the release weighs (`Absent`, `Webdriver`) is among it, and
/// what only this site can know.
const SEEN: [(Sign, u64, u64); 6] = [
    (Sign::Absent, 20, 30),
    (Sign::Webdriver, 1, 4),
    (Sign::Hosting, 3, 40),
    (Sign::PassedBefore, 50, 10),
    (Sign::NoKeys, 30, 60),
    (Sign::HttpOne, 10, 10),
];

/// The log-odds that a sign of [`SEEN`] adds: of seeing it less those of not
/// seeing it.
fn truth([_, legitimate, fraudulent]: [u64; 3]) -> f64 {
    let odds = |hundredths: u64| {
        let chance = f64::from(u32::try_from(hundredths).unwrap()) / 100.0;
        (chance / (1.0 - chance)).ln()
    };
    odds(fraudulent) - odds(legitimate)
}

struct Owner(ChaCha8Rng);

impl Owner {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn percent(&mut self) -> u64 {
        self.0.next_u64() % 100
    }

    fn visit(&mut self, outcome: Outcome) -> Signs {
        let of = |(sign, legitimate, fraudulent): (Sign, u64, u64)| {
            let seen = match outcome {
                Outcome::Legitimate => legitimate,
                Outcome::Fraudulent => fraudulent,
            };
            (self.percent() < seen).then_some(sign)
        };
        SEEN.into_iter().filter_map(of).collect()
    }

    /// This many visits of each kind in the course of a day, with some labels
    /// wrong, in hundredths.
    fn day(&mut self, day: u64, each: u64, wrong: u64) -> Vec<Label> {
        let begins = BEGIN + day * DAY;
        let mut labels = Vec::new();
        for number in 0..each {
            for outcome in Outcome::ALL {
                let signs = self.visit(outcome);
                let outcome = if self.percent() < wrong { opposite(outcome) } else { outcome };
                labels.push(Label { signs, outcome, at: UnixMillis(begins + number * DAY / each) });
            }
        }
        labels
    }
}

fn opposite(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Legitimate => Outcome::Fraudulent,
        Outcome::Fraudulent => Outcome::Legitimate,
    }
}

/// The night after a day.
fn after(day: u64) -> UnixMillis {
    UnixMillis(BEGIN + (day + 1) * DAY)
}
