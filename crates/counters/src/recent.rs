//! Which events of which attempts were seen recently. A challenge answered a
//! thousand times is still one attempt: each event is counted once, so that
//! no one can use a single seal to raise a network's price or distort the
//! records.

use std::collections::BTreeSet;

/// Two generations: the older one is dropped when the younger is full. To be
/// counted twice, an attempt must wait until as many others have been issued
/// and counted.
#[derive(Debug)]
pub struct Recent {
    generation: usize,
    young: BTreeSet<u64>,
    old: BTreeSet<u64>,
}

impl Recent {
    /// Remembers nothing yet, and at most this many events in a generation: 8
    /// bytes each, and about as much again for their order.
    pub const fn new(generation: usize) -> Self {
        Self { generation, young: BTreeSet::new(), old: BTreeSet::new() }
    }

    /// Whether an event is remembered.
    pub fn contains(&self, event: u64) -> bool {
        self.young.contains(&event) || self.old.contains(&event)
    }

    /// Remembers an event and returns whether it is new.
    pub fn insert(&mut self, event: u64) -> bool {
        if self.contains(event) {
            return false;
        }
        if self.young.len() >= self.generation {
            self.old = core::mem::take(&mut self.young);
        }
        self.young.insert(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATION: usize = 4_096;

    #[test]
    fn an_event_is_new_once() {
        let mut recent = Recent::new(GENERATION);
        assert!(!recent.contains(7));
        assert!(recent.insert(7));
        assert!(!recent.insert(7));
        assert!(recent.contains(7));
    }

    #[test]
    fn it_keeps_a_generation_and_no_more_than_two() {
        let mut recent = Recent::new(GENERATION);
        for event in 0..1_000_000 {
            assert!(recent.insert(event));
            let kept = event.saturating_sub(GENERATION as u64 - 1);
            assert!(!recent.insert(kept), "{event}");
            assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION);
        }
        assert!(recent.insert(0));
    }
}
