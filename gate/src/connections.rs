//! How many connections are open at once: in all, and of one address or network,
//! so that a machine that opens many keeps no one else out. A few are reserved for
//! back ends, so that forms still work while all others are taken.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use munjigi_captcha::Sitekey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The parts that slots are shared out in.
const PARTS: usize = 16;

/// Parts that one address has at most. A browser opens six connections: some
/// hundred people share an address before any of them waits.
const OF_ADDRESS: usize = 2;

/// Parts of IPv4's networks: a /24 is often one machine's, or one customer's.
const OF_NETWORKS_V4: [(u32, usize); 1] = [(24, 4)];

/// Parts of IPv6's networks, each of which has many of the ones before: a /64 is
/// one household's, a /56 what some providers give to one, a /48 a company's, or
/// anyone's by a free tunnel.
const OF_NETWORKS_V6: [(u32, usize); 3] = [(64, OF_ADDRESS), (56, 3), (48, 4)];

/// One slot in this many is kept for back ends, beside the others, and how many
/// at most.
const KEPT_OF: usize = 32;
const MOST_KEPT: usize = 128;

/// Back ends that are remembered, those that were heard of last.
const MOST_KNOWN: usize = 4_096;

/// Parts of the reserved slots that the back ends of one site have at most, where
/// there are others.
const OF_HOLDER: usize = 8;

/// More than any system opens.
const MOST_PLACES: usize = 1 << 28;

/// The site whose secret was shown, by a number that is different in each process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Holder(pub u64);

static HASHES: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl Holder {
    /// The back ends of this site, whichever of its secrets they show: a site has as
    /// many as it likes.
    pub fn of(sitekey: &Sitekey) -> Self {
        Self(HASHES.hash_one(sitekey))
    }
}

#[derive(Debug)]
pub struct Connections {
    all: Pool,
    kept: Pool,
    known: Mutex<Known>,
}

/// Some slots.
#[derive(Debug)]
struct Pool {
    free: Arc<Semaphore>,
    most: usize,
    taken: Arc<Taken>,
}

/// Who has shown a secret of a site.
#[derive(Debug, Default)]
struct Known {
    last: HashMap<IpAddr, Shown>,
    /// How many addresses have shown a secret of each site last.
    of_holder: HashMap<Holder, usize>,
    shown: u64,
}

/// The site whose secret an address has shown last, and the place of that in the
/// order of all.
#[derive(Debug, Clone, Copy)]
struct Shown {
    holder: Holder,
    place: u64,
}

/// How many slots each address, network and site has.
#[derive(Debug, Default)]
struct Taken(Mutex<HashMap<Sharer, usize>>);

/// Who has a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sharer {
    /// A network: its first address and the length of its prefix.
    Network(IpAddr, u32),
    /// The back ends of one site.
    Holder(Holder),
}

/// A slot, until it is dropped.
#[derive(Debug)]
pub struct Slot {
    _one: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// One of the slots that an address has, and so its networks, and whose back end it
/// is.
#[derive(Debug)]
struct Share(Arc<Taken>, IpAddr, Option<Holder>);

impl Connections {
    /// This many slots, and a few that are kept.
    pub fn new(most: usize) -> Self {
        let most = most.min(MOST_PLACES);
        let kept = most.div_ceil(KEPT_OF).min(MOST_KEPT);
        Self { all: Pool::new(most), kept: Pool::new(kept), known: Mutex::default() }
    }

    /// A slot for a connection from this address; `None`: there is none left
    /// for it. An address that speaks for many, as a proxy's, has no share.
    pub fn slot(&self, peer: IpAddr, is_shared_peer: bool) -> Option<Slot> {
        let free = || Arc::clone(&self.all.free).try_acquire_owned().ok();
        let usual = free().and_then(|one| {
            let share = if is_shared_peer { None } else { Some(self.all.share(peer, None)?) };
            Some(Slot { _one: one, _share: share })
        });
        usual.or_else(|| {
            let holder = self.lock_known().holder(peer)?;
            let one = Arc::clone(&self.kept.free).try_acquire_owned().ok()?;
            Some(Slot { _one: one, _share: Some(self.kept.share(peer, holder)?) })
        })
    }

    /// Gives a slot that a proxy has to the client that it named; `None`: there
    /// is none left for that client.
    pub fn pass_on(&self, slot: Slot, client: IpAddr) -> Option<Slot> {
        Some(Slot { _share: Some(self.all.share(client, None)?), ..slot })
    }

    /// Remembers an address from which a secret of this site was shown. Where there
    /// are too many, the site with the most of them gives one up.
    pub fn has_shown_a_secret(&self, address: IpAddr, holder: Holder) {
        self.lock_known().note(household(address), holder);
    }

    fn lock_known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns once every slot is free again.
    pub async fn ended(&self) {
        self.all.ended().await;
        self.kept.ended().await;
    }
}

impl Pool {
    fn new(most: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), most, taken: Arc::default() }
    }

    /// A slot of an address, of all its networks and of the site it knows, or
    /// of none of them.
    fn share(&self, address: IpAddr, holder: Option<Holder>) -> Option<Share> {
        let mut taken = self.taken.lock();
        let is_full = |(sharer, parts): (Sharer, usize)| {
            let most = (self.most * parts).div_ceil(PARTS);
            taken.get(&sharer).is_some_and(|count| *count >= most)
        };
        if sharers(address, holder).any(is_full) {
            return None;
        }
        for (sharer, _) in sharers(address, holder) {
            *taken.entry(sharer).or_default() += 1;
        }
        Some(Share(Arc::clone(&self.taken), address, holder))
    }

    async fn ended(&self) {
        let most = u32::try_from(self.most).unwrap_or(u32::MAX);
        // It is never closed.
        drop(self.free.acquire_many(most).await);
    }
}

impl Known {
    fn note(&mut self, address: IpAddr, holder: Holder) {
        self.shown += 1;
        let shown = Shown { holder, place: self.shown };
        *self.of_holder.entry(holder).or_default() += 1;
        if let Some(before) = self.last.insert(address, shown) {
            self.one_less(before.holder);
        } else if self.last.len() > MOST_KNOWN {
            let of = |shown: &Shown| self.of_holder.get(&shown.holder).copied().unwrap_or_default();
            let gives =
                self.last.iter().max_by_key(|(_, shown)| (of(shown), u64::MAX - shown.place));
            if let Some((&address, &Shown { holder, .. })) = gives {
                self.last.remove(&address);
                self.one_less(holder);
            }
        }
    }

    fn one_less(&mut self, holder: Holder) {
        if let Some(count) = self.of_holder.get_mut(&holder) {
            *count -= 1;
            if *count == 0 {
                self.of_holder.remove(&holder);
            }
        }
    }

    /// Whose share an address has of the reserved slots; `None`: it has shown no
    /// secret. Where there is one site alone, it has all.
    #[expect(clippy::option_option, reason = "unknown, or without a share of its own")]
    fn holder(&self, address: IpAddr) -> Option<Option<Holder>> {
        let shown = self.last.get(&household(address))?;
        Some((self.of_holder.len() > 1).then_some(shown.holder))
    }
}

impl Taken {
    fn lock(&self) -> MutexGuard<'_, HashMap<Sharer, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Self(taken, address, holder) = self;
        let mut taken = taken.lock();
        for (sharer, _) in sharers(*address, *holder) {
            if let Some(count) = taken.get_mut(&sharer) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(&sharer);
                }
            }
        }
    }
}

/// All that have shares of a slot, with the parts of each.
fn sharers(address: IpAddr, holder: Option<Holder>) -> impl Iterator<Item = (Sharer, usize)> {
    let address = address.to_canonical();
    let (of_address, of_networks): (_, &[(u32, usize)]) = match address {
        IpAddr::V4(_) => (Some((Sharer::Network(address, 32), OF_ADDRESS)), &OF_NETWORKS_V4),
        IpAddr::V6(_) => (None, &OF_NETWORKS_V6),
    };
    let of_networks = of_networks
        .iter()
        .map(move |(length, parts)| (Sharer::Network(first(address, *length), *length), *parts));
    let of_holder = holder.map(|holder| (Sharer::Holder(holder), OF_HOLDER));
    of_address.into_iter().chain(of_networks).chain(of_holder)
}

/// An IPv6 /64 is one household's, and counts as one address.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        address @ IpAddr::V6(_) => first(address, 64),
        address @ IpAddr::V4(_) => address,
    }
}

/// The first address of a network.
fn first(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or_default();
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or_default();
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_keeps_no_one_else_out() {
        let connections = Connections::new(16);
        let mut open = Vec::new();
        for address in ["192.0.2.1", "2001:db8::1", "2001:db8::2:1"].map(address) {
            open.extend((0..20).filter_map(|_| connections.slot(address, false)));
        }
        // The two of IPv6 are of one household.
        assert_eq!(open.len(), 4);
        assert!(connections.slot(address("192.0.2.2"), false).is_some());
        open.pop();
        assert!(connections.slot(address("2001:db8::3"), false).is_some());
        assert!(connections.slot(address("192.0.2.1"), false).is_none());
    }

    #[test]
    fn proxies_have_all_of_it_and_nothing_is_kept_about_who_has_left() {
        let connections = Connections::new(16);
        let open: Vec<_> = (0..20).map(|_| connections.slot(address("10.0.0.1"), true)).collect();
        assert_eq!(open.iter().flatten().count(), 16);
        assert!(connections.slot(address("192.0.2.1"), false).is_none());
        drop(open);
        // A proxy that names a client has its slot as that client's.
        let named = |client: &str| {
            let slot = connections.slot(address("10.0.0.1"), true)?;
            connections.pass_on(slot, address(client))
        };
        let open: Vec<_> = (0..4).map(|_| named("192.0.2.1")).collect();
        assert_eq!(open.iter().flatten().count(), 2);
        assert!(named("192.0.2.2").is_some());
        drop(open);
        drop(connections.slot(address("192.0.2.1"), false));
        assert!(connections.all.taken.lock().is_empty());
    }

    #[test]
    fn neither_do_the_many_households_of_one_network() {
        let connections = Connections::new(1_600);
        let open = |network: &str, of: std::ops::Range<u32>| {
            let addresses = of.map(|number| address(&network.replace('*', &format!("{number:x}"))));
            let all = addresses.flat_map(|peer| (0..500).map(move |_| peer));
            all.filter_map(|peer| connections.slot(peer, false)).collect::<Vec<_>>()
        };
        let household = open("2001:db8::*", 0..4);
        assert_eq!(household.len(), 200);
        // What is refused for a network takes no slot of a household's.
        let of_56 = open("2001:db8:0:*::1", 0..256);
        assert_eq!(of_56.len(), 100);
        let of_48 = open("2001:db8:0:*00::1", 0..256);
        assert_eq!(of_48.len(), 100);
        assert!(connections.slot(address("2001:db8:1::1"), false).is_some());
        let of_24 = (0..256).map(|last| address(&format!("203.0.113.{last}")));
        let of_24 = of_24.flat_map(|peer| (0..300).map(move |_| peer));
        let of_24: Vec<_> = of_24.filter_map(|peer| connections.slot(peer, false)).collect();
        assert_eq!(of_24.len(), 400);
        assert!(connections.slot(address("203.0.114.1"), false).is_some());
        drop((household, of_56, of_48, of_24));
        assert!(connections.all.taken.lock().is_empty());
    }

    #[test]
    fn who_has_shown_a_secret_finds_a_place_when_there_is_none() {
        let connections = Connections::new(640);
        let known = ["192.0.2.1", "2001:db8::1", "10.0.0.1"].map(address);
        for address in known {
            connections.has_shown_a_secret(address, Holder(1));
        }
        let open: Vec<_> =
            (0..700).map_while(|_| connections.slot(address("10.0.0.2"), true)).collect();
        assert_eq!(open.len(), 640);
        assert!(connections.slot(address("192.0.2.2"), false).is_none());
        // Twenty are kept, of which each has a share.
        for (peer, is_shared_peer) in known.into_iter().zip([false, false, true]) {
            let own = (0..20).map_while(|_| connections.slot(peer, is_shared_peer));
            assert_eq!(own.collect::<Vec<_>>().len(), 3, "{peer}");
        }
        assert!(connections.slot(address("2001:db8::2"), false).is_some());
    }

    #[test]
    fn those_who_were_heard_of_last_are_remembered() {
        let connections = Connections::new(16);
        let kept = address("192.0.2.1");
        for number in 0..u32::try_from(MOST_KNOWN).unwrap() + 64 {
            connections.has_shown_a_secret(kept, Holder(1));
            connections.has_shown_a_secret(Ipv4Addr::from_bits(number).into(), Holder(1));
        }
        let known = connections.lock_known();
        assert!(known.holder(kept).is_some());
        assert!(known.holder(address("0.0.0.1")).is_none());
        assert_eq!((known.last.len(), known.of_holder[&Holder(1)]), (MOST_KNOWN, MOST_KNOWN));
    }

    #[test]
    fn no_holder_of_a_secret_takes_what_is_kept_for_others() {
        let connections = Connections::new(640);
        let quiet = address("192.0.2.1");
        connections.has_shown_a_secret(quiet, Holder(1));
        let most = u32::try_from(MOST_KNOWN).unwrap();
        for number in 0..most + 64 {
            connections.has_shown_a_secret(Ipv4Addr::from_bits(number << 8).into(), Holder(2));
        }
        let proxy = address("10.0.0.2");
        let open: Vec<_> = (0..640).map_while(|_| connections.slot(proxy, true)).collect();
        // Of the twenty, ten are the most for one.
        let theirs = (most..most + 64).map(|number| Ipv4Addr::from_bits(number << 8));
        let theirs: Vec<_> =
            theirs.filter_map(|peer| connections.slot(peer.into(), false)).collect();
        assert_eq!((open.len(), theirs.len()), (640, 10));
        assert!(connections.slot(quiet, false).is_some());
        drop((open, theirs));
        assert!(connections.kept.taken.lock().is_empty());
    }
}
