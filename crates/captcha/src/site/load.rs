//! How busy paths are whose rules hold only under load, and how many link
//! previews rules let through. Each process counts for itself, so that a check
//! asks no store.

use core::hash::Hasher;

use munjigi_keys::UnixMillis;
use siphasher::sip::SipHasher13;

use super::Match;
use crate::address::Prefix;
use crate::credentials::Sitekey;

/// Seconds that requests are counted over.
const WINDOW: u64 = 10;

/// Seconds that a rule still holds after its paths were busy: one that came and
/// went with every window would ask some visitors and not others.
const LASTS: u64 = 60;

/// What one network counts for, as a part of a rule's limit: so many networks
/// together are no load yet.
const SHARES: u64 = 8;

/// Counters of networks for each rule in each of two rows, as many as a byte
/// numbers. A network has one in each, and of these the lower number is its own:
/// to be taken for a network that floods, another has to share both with it,
/// which one in 65,536 does. No one outside knows which: the hash has a key of
/// each process.
const SLOTS: usize = 256;

/// Requests of programs that make link previews that a rule lets through in a
/// minute: few for a crawler that takes the name of one.
const PREVIEWS: u64 = 30;

/// Most rules that are counted for at a time, of all sites: 9 MB. The site that
/// has most of them gives one up for each beyond, so that no site can end
/// another's.
const MAX_RULES: usize = 4_096;

/// The load of rules.
#[derive(Debug, Default)]
pub struct Loads {
    /// In the order of sites, and of the places of rules.
    loads: Vec<Load>,
    /// The key of the hash that gives networks their counters.
    key: Option<[u8; 16]>,
}

#[derive(Debug)]
struct Load {
    sitekey: Sitekey,
    /// The place of the rule among those of its site.
    place: usize,
    /// The id of the rule. After a change, the count starts over.
    rule: u64,
    /// Of requests, each network's up to its share.
    requests: Counted,
    /// All requests in the same window, by network. Empty before the first.
    by_network: Vec<u32>,
    /// Until when the rule holds, in seconds since 1970.
    holds_until: u64,
    previews: Counted,
    /// When something was last counted, in seconds since 1970.
    used: u64,
}

/// A count of one window, which is numbered since 1970.
#[derive(Debug, Default)]
struct Counted {
    window: u64,
    count: u64,
}

impl Counted {
    /// Counts one more, and says how many there are in its window.
    fn add(&mut self, window: u64) -> u64 {
        if self.window != window {
            *self = Self { window, count: 0 };
        }
        self.count += 1;
        self.count
    }
}

impl Load {
    fn new(sitekey: Sitekey, found: &Match<'_>) -> Self {
        Self {
            sitekey,
            place: found.place,
            rule: found.guard.id,
            requests: Counted::default(),
            by_network: Vec::new(),
            holds_until: 0,
            previews: Counted::default(),
            used: 0,
        }
    }

    /// Counts a request of a network with these counters. Returns how many there
    /// are in this window, of which each network has at most its share, and how
    /// many are the network's own.
    fn add(&mut self, slots: [usize; 2], window: u64, share: u64) -> (u64, u64) {
        if self.requests.window != window {
            self.requests = Counted { window, count: 0 };
            self.by_network.clear();
            self.by_network.resize(2 * SLOTS, 0);
        }
        for slot in slots {
            if let Some(count) = self.by_network.get_mut(slot) {
                *count = count.saturating_add(1);
            }
        }
        let own = self.own(slots, window);
        let all = if own <= share { self.requests.add(window) } else { self.requests.count };
        (all, own)
    }

    /// The requests in this window of a network with these counters.
    fn own(&self, slots: [usize; 2], window: u64) -> u64 {
        if self.requests.window != window {
            return 0;
        }
        let own = slots.iter().filter_map(|slot| self.by_network.get(*slot)).min();
        own.copied().unwrap_or_default().into()
    }

    /// Whether it would say no more than a new one.
    fn has_ended(&self, now: u64) -> bool {
        now >= self.holds_until.max(self.used + LASTS)
    }
}

impl Loads {
    /// Counts a request from a network that a rule matches, and says whether the
    /// rule holds for it. A network that exceeds the limit by itself has the rule
    /// hold for its own requests: no one can have other people asked from one
    /// place. A request that only could be one of the rule's counts for nothing,
    /// and the rule holds.
    ///
    /// `drawn` are random bytes, of which the first become the process's key.
    pub fn note(
        &mut self,
        sitekey: Sitekey,
        found: &Match<'_>,
        network: Prefix,
        now: UnixMillis,
        drawn: [u8; 16],
    ) -> bool {
        let Some(above) = found.limit() else { return true };
        let (limit, seconds) = (u64::from(above) * WINDOW, now.seconds());
        let slots = slots(network, self.key.get_or_insert(drawn));
        let Some(load) = self.load(sitekey, found, seconds) else { return true };
        let (all, own) = load.add(slots, seconds / WINDOW, (limit / SHARES).max(1));
        if all > limit {
            load.holds_until = seconds + LASTS;
        }
        own > limit || seconds < load.holds_until
    }

    /// Whether a rule holds for a request that was counted already.
    pub fn holds(
        &self,
        sitekey: Sitekey,
        found: &Match<'_>,
        network: Prefix,
        now: UnixMillis,
    ) -> bool {
        let Some(above) = found.limit() else { return true };
        let known = self.place(sitekey, found).ok().and_then(|at| self.loads.get(at));
        let (Some(load), Some(key)) = (known, &self.key) else { return false };
        let own = load.own(slots(network, key), now.seconds() / WINDOW);
        own > u64::from(above) * WINDOW || now.seconds() < load.holds_until
    }

    /// Counts a link preview that a rule lets through if it may, and says
    /// whether it may.
    pub fn note_preview(&mut self, sitekey: Sitekey, found: &Match<'_>, now: UnixMillis) -> bool {
        let seconds = now.seconds();
        let load = self.load(sitekey, found, seconds);
        load.is_some_and(|load| load.previews.add(seconds / 60) <= PREVIEWS)
    }

    /// Where a rule's load is, or would be.
    fn place(&self, sitekey: Sitekey, found: &Match<'_>) -> Result<usize, usize> {
        let key = (sitekey, found.place);
        self.loads.binary_search_by_key(&key, |load| (load.sitekey, load.place))
    }

    /// The load of a rule, which is new if there was none.
    fn load(&mut self, sitekey: Sitekey, found: &Match<'_>, now: u64) -> Option<&mut Load> {
        let mut place = self.place(sitekey, found);
        if place.is_err() && self.loads.len() >= MAX_RULES {
            self.make_room(now);
            place = self.place(sitekey, found);
        }
        let at = place.unwrap_or_else(|at| {
            self.loads.insert(at, Load::new(sitekey, found));
            at
        });
        let load = self.loads.get_mut(at)?;
        if load.rule != found.guard.id {
            *load = Load::new(sitekey, found);
        }
        load.used = now;
        Some(load)
    }

    /// Forgets what has ended, or else, of the site that has most, the rule whose
    /// last request is the longest ago.
    fn make_room(&mut self, now: u64) {
        self.loads.retain(|load| !load.has_ended(now));
        if self.loads.len() < MAX_RULES {
            return;
        }
        let most = self.loads.chunk_by(|one, other| one.sitekey == other.sitekey);
        let Some(most) = most.max_by_key(|loads| loads.len()).and_then(|loads| loads.first())
        else {
            return;
        };
        let (most, all) = (most.sitekey, self.loads.iter().enumerate());
        let its = all.filter(|(_, load)| load.sitekey == most);
        if let Some((at, _)) = its.min_by_key(|(_, load)| (load.holds_until, load.used)) {
            self.loads.remove(at);
        }
    }
}

/// The counters of a network.
fn slots(network: Prefix, key: &[u8; 16]) -> [usize; 2] {
    let mut hasher = SipHasher13::new_with_key(key);
    hasher.write(network.bytes());
    let [one, two, ..] = hasher.finish().to_le_bytes().map(usize::from);
    [one, SLOTS + two]
}

#[cfg(test)]
mod tests;
