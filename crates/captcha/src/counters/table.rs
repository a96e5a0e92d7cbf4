//! A table of fixed size. A key belongs to one set of eight slots; when a set
//! is full, its coldest slot makes room.
//!
//! A flood of one-visit networks can evict only counters that are as cold as
//! they are, and a cold counter is worth nothing to its owner: it is below
//! every free allowance, so losing it changes no price. A network that makes
//! requests faster than newcomers replace its set grows warmer than they are
//! and stays. We pay the price of a bounded table: attackers who stay as quiet
//! as visitors are forgotten.

use super::{Load, Noted, decayed};

const WAYS: usize = 8;

#[derive(Debug)]
pub struct Table {
    sets: Vec<[Slot; WAYS]>,
}

/// Counts in 256ths, as of a tick. All zero is an empty slot.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: u64,
    tick: u64,
    issued: u32,
    solved: u32,
    failed: u32,
}

const ONE: u32 = 256;

impl Slot {
    fn at(&self, tick: u64) -> Self {
        // A tick in the past, where clocks differ, decays nothing.
        let passed = tick.saturating_sub(self.tick);
        Self {
            key: self.key,
            tick: self.tick.max(tick),
            issued: decayed(self.issued, passed),
            solved: decayed(self.solved, passed),
            failed: decayed(self.failed, passed),
        }
    }

    const fn load(&self) -> Load {
        Load { issued: whole(self.issued), solved: whole(self.solved), failed: whole(self.failed) }
    }

    /// Total in 256ths, for comparison.
    const fn warmth(&self) -> u32 {
        Load { issued: self.issued, solved: 0, failed: self.failed }
            .weight(u32::MAX)
            .saturating_add(self.solved)
    }
}

/// Converts 256ths to a whole number, rounded to the nearest.
const fn whole(value: u32) -> u32 {
    value.saturating_add(ONE / 2) / ONE
}

impl Table {
    /// Creates a table of at least this many slots; the number of sets is a
    /// power of two.
    pub fn new(slots: usize) -> Self {
        Self { sets: vec![[Slot::default(); WAYS]; (slots / WAYS).next_power_of_two()] }
    }

    pub fn load(&self, key: u64, tick: u64) -> Load {
        self.sets
            .get(self.set(key))
            .and_then(|set| set.iter().find(|slot| slot.key == key))
            .map(|slot| slot.at(tick).load())
            .unwrap_or_default()
    }

    pub fn note(&mut self, key: u64, what: Noted, tick: u64) {
        let index = self.set(key);
        let Some(set) = self.sets.get_mut(index) else { return };
        let known = set.iter().position(|slot| slot.key == key);
        let place = known.or_else(|| {
            let coldest = set.iter().enumerate().min_by_key(|(_, slot)| slot.at(tick).warmth());
            coldest.map(|(place, _)| place)
        });
        let Some(slot) = place.and_then(|place| set.get_mut(place)) else { return };
        let mut current =
            if known.is_some() { slot.at(tick) } else { Slot { key, tick, ..Slot::default() } };
        let count = match what {
            Noted::Issued => &mut current.issued,
            Noted::Solved => &mut current.solved,
            Noted::Failed => &mut current.failed,
        };
        *count = count.saturating_add(ONE);
        *slot = current;
    }

    /// The number of sets is a power of two, so its mask picks one.
    fn set(&self, key: u64) -> usize {
        (key >> 16) as usize & (self.sets.len() - 1)
    }
}
