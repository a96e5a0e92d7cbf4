//! A table of fixed size. A key belongs to one set of eight slots; when a set
//! is full, its coldest slot makes room.
//!
//! A flood of one-visit networks can evict only counters that are as cold as
//! they are, and a cold counter is worth nothing to its owner: it is below
//! every free allowance, so losing it changes no price. A network that makes
//! requests faster than newcomers replace its set grows warmer than they are
//! and stays. We pay the price of a bounded table: attackers who stay as quiet
//! as visitors are forgotten.

use super::sketch::{Recently, Registers};
use super::{Load, Noted, TICKS_PER_HALF_LIFE, decayed};

const WAYS: usize = 8;

/// Counts by key, and of each key how many different things were seen with it.
#[derive(Debug)]
pub struct Table<R> {
    sets: Vec<[Slot<R>; WAYS]>,
}

/// Counts in 256ths, as of a tick. All zero is an empty slot.
#[derive(Debug, Clone, Copy, Default)]
struct Slot<R> {
    key: u64,
    tick: u64,
    issued: u32,
    solved: u32,
    failed: u32,
    fresh: Fresh,
    usual: Option<Usual>,
    seen: Recently<R>,
}

/// Events that no meter was told yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fresh {
    pub issued: u16,
    pub solved: u16,
    pub failed: u16,
}

impl Fresh {
    /// All of them.
    pub const fn total(self) -> u32 {
        self.issued as u32 + self.solved as u32 + self.failed as u32
    }
}

/// What is usual, as a meter told it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usual {
    /// The share of the site's networks that this key usually has, in 1,024ths;
    /// `None` while too little was seen of the site.
    pub share: Option<u16>,
    /// Challenges that are usually issued, decayed as [`Load::issued`] is.
    pub issued: u32,
}

/// What a table knows of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Decayed counts.
    pub load: Load,
    /// How many different things were seen with it, approximately.
    pub distinct: u32,
    /// What is usual; `None` where no meter has told it.
    pub usual: Option<Usual>,
}

const ONE: u32 = 256;

impl<R: Copy> Slot<R> {
    fn at(&self, tick: u64) -> Self {
        // A tick in the past, where clocks differ, decays nothing.
        let passed = tick.saturating_sub(self.tick);
        Self {
            tick: self.tick.max(tick),
            issued: decayed(self.issued, passed),
            solved: decayed(self.solved, passed),
            failed: decayed(self.failed, passed),
            ..*self
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

/// The window of a tick: one half-life.
pub const fn window(tick: u64) -> u64 {
    tick / TICKS_PER_HALF_LIFE
}

impl<R: Registers> Table<R> {
    /// Creates a table of at least this many slots; the number of sets is a
    /// power of two.
    pub fn new(slots: usize) -> Self {
        Self { sets: vec![[Slot::default(); WAYS]; (slots / WAYS).next_power_of_two()] }
    }

    /// The number of sets is a power of two, so its mask picks one.
    fn set(&self, key: u64) -> usize {
        (key >> 16) as usize & (self.sets.len() - 1)
    }

    fn slot(&self, key: u64) -> Option<&Slot<R>> {
        self.sets.get(self.set(key))?.iter().find(|slot| slot.key == key)
    }

    fn known(&mut self, key: u64) -> Option<&mut Slot<R>> {
        let index = self.set(key);
        self.sets.get_mut(index)?.iter_mut().find(|slot| slot.key == key)
    }

    /// The slot of a key, decayed to a tick; takes the coldest for a new one.
    fn warm(&mut self, key: u64, tick: u64) -> Option<&mut Slot<R>> {
        let index = self.set(key);
        let set = self.sets.get_mut(index)?;
        let known = set.iter().position(|slot| slot.key == key);
        let place = known.or_else(|| {
            let coldest = set.iter().enumerate().min_by_key(|(_, slot)| slot.at(tick).warmth());
            coldest.map(|(place, _)| place)
        });
        let slot = set.get_mut(place?)?;
        *slot = if known.is_some() { slot.at(tick) } else { Slot { key, tick, ..Slot::default() } };
        Some(slot)
    }
}

/// A table, whatever it remembers of what was seen.
pub trait Counts {
    /// What is known of a key at a tick.
    fn counted(&self, key: u64, tick: u64) -> Counted;

    /// Counts an event, seen with what has this hash. Returns how many events
    /// of the key no meter was told.
    fn note(&mut self, key: u64, what: Noted, seen: u64, tick: u64) -> u32;

    /// How many events of a key no meter was told.
    fn fresh(&self, key: u64) -> u32;

    /// The same, to be sent, with what was seen in the tick's window. From here
    /// on they count as told: what is lost on the way is not sent again, so
    /// that nothing counts twice.
    fn take(&mut self, key: u64, tick: u64) -> (Fresh, Vec<u8>);

    /// Takes over what a meter told of a key that is still known. Counts only
    /// rise by it: a meter that forgot lowers no price.
    fn learn(&mut self, key: u64, told: &Counted, tick: u64);

    /// The same of a key that may not be known.
    fn meet(&mut self, key: u64, told: &Counted, tick: u64);

    /// Adds events that others counted, and what they saw.
    fn add(&mut self, key: u64, fresh: Fresh, seen: &[u8], tick: u64);

    /// Of a key that was known in an earlier window than the tick's: how many
    /// were seen in its last window, and the number of that window.
    fn finished(&self, key: u64, tick: u64) -> Option<(u64, u32)>;
}

impl<R: Registers> Counts for Table<R> {
    fn counted(&self, key: u64, tick: u64) -> Counted {
        let Some(slot) = self.slot(key) else { return Counted::default() };
        let slot = slot.at(tick);
        let distinct = slot.seen.distinct(window(tick));
        Counted { load: slot.load(), distinct, usual: slot.usual }
    }

    fn note(&mut self, key: u64, what: Noted, seen: u64, tick: u64) -> u32 {
        let Some(slot) = self.warm(key, tick) else { return 0 };
        let (count, fresh) = match what {
            Noted::Issued => (&mut slot.issued, &mut slot.fresh.issued),
            Noted::Solved => (&mut slot.solved, &mut slot.fresh.solved),
            Noted::Failed => (&mut slot.failed, &mut slot.fresh.failed),
        };
        *count = count.saturating_add(ONE);
        *fresh = fresh.saturating_add(1);
        slot.seen.see(seen, window(tick));
        slot.fresh.total()
    }

    fn fresh(&self, key: u64) -> u32 {
        self.slot(key).map_or(0, |slot| slot.fresh.total())
    }

    fn take(&mut self, key: u64, tick: u64) -> (Fresh, Vec<u8>) {
        let Some(slot) = self.known(key) else { return (Fresh::default(), Vec::new()) };
        (core::mem::take(&mut slot.fresh), slot.seen.bytes(window(tick)))
    }

    fn learn(&mut self, key: u64, told: &Counted, tick: u64) {
        let Some(slot) = self.known(key) else { return };
        *slot = slot.at(tick);
        for (count, told, fresh) in [
            (&mut slot.issued, told.load.issued, slot.fresh.issued),
            (&mut slot.solved, told.load.solved, slot.fresh.solved),
            (&mut slot.failed, told.load.failed, slot.fresh.failed),
        ] {
            let everywhere = told.saturating_add(fresh.into()).saturating_mul(ONE);
            *count = everywhere.max(*count);
        }
        slot.usual = told.usual;
        slot.seen.learn(told.distinct, window(tick));
    }

    fn meet(&mut self, key: u64, told: &Counted, tick: u64) {
        self.warm(key, tick);
        self.learn(key, told, tick);
    }

    fn add(&mut self, key: u64, fresh: Fresh, seen: &[u8], tick: u64) {
        let Some(slot) = self.warm(key, tick) else { return };
        for (count, fresh) in [
            (&mut slot.issued, fresh.issued),
            (&mut slot.solved, fresh.solved),
            (&mut slot.failed, fresh.failed),
        ] {
            *count = count.saturating_add(u32::from(fresh).saturating_mul(ONE));
        }
        slot.seen.join(seen, window(tick));
    }

    fn finished(&self, key: u64, tick: u64) -> Option<(u64, u32)> {
        let seen = &self.slot(key)?.seen;
        (seen.window() < window(tick)).then(|| (seen.window(), seen.in_window()))
    }
}
