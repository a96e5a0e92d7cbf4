//! How many pages can be live at once: each costs two queries every few seconds
//! for as long as it stays open.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use munjigi_domain::accounts::Id;
use tokio::sync::watch;

/// In one origin process.
const MOST: usize = 64;
/// Of one user.
const MOST_OF_ONE: usize = 4;

#[derive(Debug, Clone)]
pub struct LivePages {
    taken: Arc<Mutex<BTreeMap<Id, usize>>>,
    ended: Arc<watch::Sender<bool>>,
}

#[derive(Debug)]
pub enum Taken {
    Slot(LivePageSlot),
    /// The origin or this user is at its limit.
    Full,
}

/// A live page's slot, freed on drop.
#[derive(Debug)]
pub struct LivePageSlot {
    whose: Id,
    taken: Arc<Mutex<BTreeMap<Id, usize>>>,
    ended: watch::Receiver<bool>,
}

impl Default for LivePages {
    fn default() -> Self {
        Self { taken: Arc::default(), ended: Arc::new(watch::channel(false).0) }
    }
}

impl LivePages {
    pub fn take(&self, whose: &Id) -> Taken {
        // The count is never left half-updated, so a panic elsewhere does no
        // harm.
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.get(whose).copied().unwrap_or_default();
        if all >= MOST || own >= MOST_OF_ONE {
            return Taken::Full;
        }
        taken.insert(whose.clone(), own + 1);
        Taken::Slot(LivePageSlot {
            whose: whose.clone(),
            taken: Arc::clone(&self.taken),
            ended: self.ended.subscribe(),
        })
    }

    /// Ends all streams, because a stopping origin waits for open connections.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }
}

impl LivePageSlot {
    /// Returns once `LivePages::end` is called.
    pub async fn ended(&mut self) {
        let _ = self.ended.wait_for(|ended| *ended).await;
    }
}

impl Drop for LivePageSlot {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.whose) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use munjigi_domain::entropy::Entropy;

    use super::*;

    #[tokio::test]
    async fn no_one_takes_all_places_and_freed_ones_are_given_again() {
        let entropy = Entropy::from_seed(1);
        let slots = LivePages::default();
        let kim = Id::draw(&entropy);
        let mut held = Vec::new();
        while let Taken::Slot(slot) = slots.take(&kim) {
            held.push(slot);
        }
        assert_eq!(held.len(), MOST_OF_ONE);
        while let Taken::Slot(slot) = slots.take(&Id::draw(&entropy)) {
            held.push(slot);
        }
        assert_eq!(held.len(), MOST);
        slots.end();
        held[0].ended().await;
        drop(held);
        assert!(matches!(slots.take(&kim), Taken::Slot(_)));
        assert_eq!(slots.taken.lock().unwrap().len(), 0, "the slot was dropped at once");
    }
}
