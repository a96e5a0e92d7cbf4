//! A bounded cache with a lifetime per entry, for what one process has loaded.
//! What is cached, and for how long, is decided by the callers.

/// A value and the time until which it is fresh.
struct Entry<V> {
    key: Box<str>,
    value: V,
    fresh_until: u64,
}

/// What the cache knows about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<V> {
    /// Known and fresh.
    Fresh(V),
    /// Known, but past its lifetime: better than nothing while the source is
    /// down.
    Stale(V),
    /// Not known.
    Absent,
}

/// At most `capacity` entries, sorted by key: look-ups are as fast as in a
/// tree, with a tenth of the code.
pub struct Cache<V> {
    entries: Vec<Entry<V>>,
    capacity: usize,
}

impl<V: Clone> Cache<V> {
    /// An empty cache.
    pub fn new(capacity: usize) -> Self {
        Self { entries: Vec::new(), capacity }
    }

    /// Looks up a key at a time in milliseconds.
    pub fn find(&self, key: &str, now: u64) -> Lookup<V> {
        match self.place(key).ok().and_then(|place| self.entries.get(place)) {
            Some(entry) if entry.fresh_until > now => Lookup::Fresh(entry.value.clone()),
            Some(entry) => Lookup::Stale(entry.value.clone()),
            None => Lookup::Absent,
        }
    }

    /// Stores a value. When the cache is full, everything past its lifetime is
    /// removed, and if there is nothing, everything: rarer and cheaper than
    /// updating an order of use with every hit, and an attacker who fills the
    /// cache costs look-ups, not answers.
    pub fn keep(&mut self, key: &str, value: V, now: u64, lifetime_ms: u64) {
        let full = self.entries.len() >= self.capacity;
        if full && self.place(key).is_err() {
            self.entries.retain(|entry| entry.fresh_until > now);
            if self.entries.len() >= self.capacity {
                self.entries.clear();
            }
        }
        let fresh_until = now.saturating_add(lifetime_ms);
        let entry = Entry { key: key.into(), value, fresh_until };
        match self.place(key) {
            Ok(place) => {
                if let Some(old) = self.entries.get_mut(place) {
                    *old = entry;
                }
            }
            Err(place) => self.entries.insert(place, entry),
        }
    }

    /// Removes a key.
    pub fn forget(&mut self, key: &str) {
        self.entries.retain(|entry| &*entry.key != key);
    }

    /// The index of a key, or where it would be inserted.
    fn place(&self, key: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| (*entry.key).cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_fresh_then_stale() {
        let mut cache = Cache::new(2);
        cache.keep("a", 1, 1_000, 30);
        assert_eq!(cache.find("a", 1_029), Lookup::Fresh(1));
        assert_eq!(cache.find("a", 1_030), Lookup::Stale(1));
        assert_eq!(cache.find("b", 1_000), Lookup::Absent);
        cache.forget("a");
        assert_eq!(cache.find("a", 1_000), Lookup::Absent);
    }

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        let mut cache = Cache::new(8);
        for key in 0..1_000 {
            cache.keep(&key.to_string(), key, key, 1_000_000);
            assert!(cache.entries.len() <= 8);
        }
        assert_eq!(cache.find("999", 999), Lookup::Fresh(999));
    }

    #[test]
    fn expired_entries_are_removed_first() {
        let mut cache = Cache::new(2);
        cache.keep("old", 1, 0, 10);
        cache.keep("young", 2, 0, 1_000);
        cache.keep("new", 3, 500, 1_000);
        assert_eq!(cache.find("old", 500), Lookup::Absent);
        assert_eq!(cache.find("young", 500), Lookup::Fresh(2));
    }
}
