//! A table of fixed size. A key belongs to one set of eight slots; when a set
//! is full, its coldest slot makes room.
//!
//! A flood of one-visit networks can evict only counters that are as cold as
//! they are, and a cold counter is worth nothing to its owner: it is below
//! every free allowance, so losing it changes no price. A network that makes
//! requests faster than newcomers replace its set grows warmer than they are
//! and stays. We pay the price of a bounded table: attackers who stay as quiet
//! as visitors are forgotten.

use super::load::Load;
use super::sketch::{DistinctEstimate, Recently};
use super::{CounterEvent, Payer, TICKS_PER_HALF_LIFE, decayed};

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
    counts: [u32; FIELDS],
    fresh: Fresh,
    usual: Option<Usual>,
    seen: Recently<R>,
}

/// Fields of [`Load`], in its order.
const FIELDS: usize = 5;

/// Events that no meter was told yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fresh {
    /// As [`Load::issued`].
    pub issued: u16,
    /// As [`Load::solved`].
    pub solved: u16,
    /// As [`Load::charged`].
    pub charged: u16,
    /// As [`Load::regular`].
    pub regular: u16,
    /// As [`Load::failed`].
    pub failed: u16,
}

impl Fresh {
    /// All of them; those of a kind within another count once.
    pub const fn total(self) -> u32 {
        self.issued as u32 + self.solved as u32 + self.failed as u32
    }

    const fn fields(self) -> [u16; FIELDS] {
        [self.issued, self.solved, self.charged, self.regular, self.failed]
    }

    const fn raise(&mut self, what: CounterEvent) {
        let fields: &mut [&mut u16] = match what {
            CounterEvent::Issued => &mut [&mut self.issued],
            CounterEvent::Solved(Payer::Newcomer) => &mut [&mut self.solved],
            CounterEvent::Solved(Payer::Regular) => &mut [&mut self.solved, &mut self.regular],
            CounterEvent::Solved(Payer::Charged) => &mut [&mut self.solved, &mut self.charged],
            CounterEvent::Failed => &mut [&mut self.failed],
        };
        let mut place = 0;
        while place < fields.len() {
            *fields[place] = fields[place].saturating_add(1);
            place += 1;
        }
    }
}

/// Part of a table that a name may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Share {
    /// What sites with the usual price share.
    Full,
    /// What sites share whose visits cost less. Otherwise an attacker with many
    /// such sites would evict the others for next to nothing.
    Small,
}

impl Share {
    /// The slots of a set that a name of this share may take.
    const fn ways(self) -> core::ops::Range<usize> {
        match self {
            Self::Small => 0..2,
            Self::Full => 2..WAYS,
        }
    }
}

/// What is usual, as a meter told it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usual {
    /// The share of the site's people that this key usually has, in 65,536ths;
    /// `None` while too little was seen of the site.
    pub share: Option<u16>,
    /// How many people usually pass on the site, decayed as [`Load::solved`]
    /// is; also `None` while too little was seen, but known sooner.
    pub people: Option<u32>,
}

/// Software is rare below this share of people, in 65,536ths: one in four
/// thousand.
const RARE: u16 = 16;

impl Usual {
    /// Whether more people than hardly any have this, as far as it is known.
    pub fn is_used(self) -> bool {
        self.share.is_some_and(|share| share >= RARE)
    }
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
            counts: self.counts.map(|count| decayed(count, passed)),
            ..*self
        }
    }

    fn load(&self) -> Load {
        Load::of(self.counts.map(whole))
    }

    /// Total in 256ths, for comparison.
    const fn warmth(&self) -> u32 {
        let [issued, solved, .., failed] = self.counts;
        Load { issued, failed, ..Load::NONE }.weight(u32::MAX).saturating_add(solved)
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

impl<R: DistinctEstimate> Table<R> {
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
    fn warm(&mut self, key: u64, share: Share, tick: u64) -> Option<&mut Slot<R>> {
        let index = self.set(key);
        let set = self.sets.get_mut(index)?;
        let known = set.iter().position(|slot| slot.key == key);
        let place = known.or_else(|| {
            let free = set.iter().enumerate().filter(|(place, _)| share.ways().contains(place));
            let coldest = free.min_by_key(|(_, slot)| slot.at(tick).warmth());
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

    /// Counts an event, seen with what has this hash, if with anything. Returns
    /// how many events of the key no meter was told.
    fn note(
        &mut self,
        key: u64,
        share: Share,
        what: CounterEvent,
        seen: Option<u64>,
        tick: u64,
    ) -> u32;

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
    fn meet(&mut self, key: u64, share: Share, told: &Counted, tick: u64);

    /// Adds events that others counted, and what they saw.
    fn add(&mut self, key: u64, share: Share, fresh: Fresh, seen: &[u8], tick: u64);

    /// Of a key that was known in an earlier window than the tick's: how many
    /// were seen in its last window, and the number of that window.
    fn finished(&self, key: u64, tick: u64) -> Option<(u64, u32)>;
}

impl<R: DistinctEstimate> Counts for Table<R> {
    fn counted(&self, key: u64, tick: u64) -> Counted {
        let Some(slot) = self.slot(key) else { return Counted::default() };
        let slot = slot.at(tick);
        let distinct = slot.seen.distinct(window(tick));
        Counted { load: slot.load(), distinct, usual: slot.usual }
    }

    fn note(
        &mut self,
        key: u64,
        share: Share,
        what: CounterEvent,
        seen: Option<u64>,
        tick: u64,
    ) -> u32 {
        let Some(slot) = self.warm(key, share, tick) else { return 0 };
        slot.fresh.raise(what);
        let mut once = Fresh::default();
        once.raise(what);
        for (count, raised) in slot.counts.iter_mut().zip(once.fields()) {
            *count = count.saturating_add(u32::from(raised) * ONE);
        }
        match seen {
            Some(seen) => slot.seen.see(seen, window(tick)),
            None => slot.seen.turn(window(tick)),
        }
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
        let fields = told.load.fields().into_iter().zip(slot.fresh.fields());
        for (count, (told, fresh)) in slot.counts.iter_mut().zip(fields) {
            let everywhere = told.saturating_add(fresh.into()).saturating_mul(ONE);
            *count = everywhere.max(*count);
        }
        slot.usual = told.usual;
        slot.seen.learn(told.distinct, window(tick));
    }

    fn meet(&mut self, key: u64, share: Share, told: &Counted, tick: u64) {
        self.warm(key, share, tick);
        self.learn(key, told, tick);
    }

    fn add(&mut self, key: u64, share: Share, fresh: Fresh, seen: &[u8], tick: u64) {
        let Some(slot) = self.warm(key, share, tick) else { return };
        for (count, fresh) in slot.counts.iter_mut().zip(fresh.fields()) {
            *count = count.saturating_add(u32::from(fresh).saturating_mul(ONE));
        }
        slot.seen.join(seen, window(tick));
    }

    fn finished(&self, key: u64, tick: u64) -> Option<(u64, u32)> {
        let seen = &self.slot(key)?.seen;
        (seen.window() < window(tick)).then(|| (seen.window(), seen.in_window()))
    }
}
