//! How many connections are open at once: in all, and of one address or network,
//! so that a machine that opens many keeps no one else out. A few are reserved for
//! back ends, so that forms still work while all others are taken.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The parts that slots are shared out in.
const PARTS: usize = 16;

/// Parts that one address has at most. A browser opens six connections: some
/// hundred people share an address before any of them waits.
const OF_ADDRESS: usize = 2;

/// Parts of IPv6's networks, each of which has many of the ones before: a /64 is
/// one household's, a /56 what some providers give to one, a /48 a company's, or
/// anyone's by a free tunnel.
const OF_NETWORKS: [(u32, usize); 3] = [(64, OF_ADDRESS), (56, 3), (48, 4)];

/// One slot in this many is kept for back ends, beside the others, and how many
/// at most.
const KEPT_OF: usize = 32;
const MOST_KEPT: usize = 128;

/// Back ends that are remembered, those that were heard of last.
const MOST_KNOWN: usize = 4_096;

/// More than any system opens.
const MOST_PLACES: usize = 1 << 28;

/// The slots.
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

/// Who has shown a secret of a site, and the place of the last time in the order
/// of all.
#[derive(Debug, Default)]
struct Known {
    last: HashMap<IpAddr, u64>,
    shown: u64,
}

/// How many slots each address and network has.
#[derive(Debug, Default)]
struct Taken(Mutex<HashMap<Network, usize>>);

/// A network: its first address and the length of its prefix.
type Network = (IpAddr, u32);

/// A slot, until it is dropped.
#[derive(Debug)]
pub struct Slot {
    _one: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// One of the slots that an address has, and so its networks.
#[derive(Debug)]
struct Share(Arc<Taken>, IpAddr);

impl Connections {
    /// This many slots, and a few that are kept.
    pub fn new(most: usize) -> Self {
        let most = most.min(MOST_PLACES);
        let kept = most.div_ceil(KEPT_OF).min(MOST_KEPT);
        Self { all: Pool::new(most), kept: Pool::new(kept), known: Mutex::default() }
    }

    /// A slot for a connection from this address; `None`: there is none left
    /// for it. An address that speaks for many, as a proxy's, has no share.
    pub fn slot(&self, peer: IpAddr, speaks_for_many: bool) -> Option<Slot> {
        let usual = self.all.slot(peer, speaks_for_many);
        usual.or_else(|| if self.is_known(peer) { self.kept.slot(peer, false) } else { None })
    }

    /// Gives a slot that a proxy has to the client that it named; `None`: there
    /// is none left for that client.
    pub fn pass_on(&self, slot: Slot, client: IpAddr) -> Option<Slot> {
        Some(Slot { _share: Some(self.all.share(client)?), ..slot })
    }

    /// Remembers an address from which a secret of a site was shown.
    pub fn has_shown_a_secret(&self, address: IpAddr) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.shown += 1;
        let (now, household) = (known.shown, household(address));
        if known.last.insert(household, now).is_none() && known.last.len() > MOST_KNOWN {
            let oldest = known.last.iter().min_by_key(|(_, shown)| **shown);
            if let Some(oldest) = oldest.map(|(address, _)| *address) {
                known.last.remove(&oldest);
            }
        }
    }

    fn is_known(&self, address: IpAddr) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.last.contains_key(&household(address))
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

    fn slot(&self, peer: IpAddr, speaks_for_many: bool) -> Option<Slot> {
        let one = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let share = if speaks_for_many { None } else { Some(self.share(peer)?) };
        Some(Slot { _one: one, _share: share })
    }

    /// A slot of an address and of all its networks, or of none of them.
    fn share(&self, address: IpAddr) -> Option<Share> {
        let mut taken = self.taken.lock();
        let is_full = |(network, parts): (Network, usize)| {
            let most = (self.most * parts).div_ceil(PARTS);
            taken.get(&network).is_some_and(|count| *count >= most)
        };
        if networks(address).any(is_full) {
            return None;
        }
        for (network, _) in networks(address) {
            *taken.entry(network).or_default() += 1;
        }
        Some(Share(Arc::clone(&self.taken), address))
    }

    async fn ended(&self) {
        let most = u32::try_from(self.most).unwrap_or(u32::MAX);
        // It is never closed.
        drop(self.free.acquire_many(most).await);
    }
}

impl Taken {
    fn lock(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Self(taken, address) = self;
        let mut taken = taken.lock();
        for (network, _) in networks(*address) {
            if let Some(count) = taken.get_mut(&network) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(&network);
                }
            }
        }
    }
}

/// An address or its networks that have shares, with the parts of each.
fn networks(address: IpAddr) -> impl Iterator<Item = (Network, usize)> {
    let (of_address, of_networks): (_, &[(u32, usize)]) = match address.to_canonical() {
        address @ IpAddr::V4(_) => (Some(((address, 32), OF_ADDRESS)), &[]),
        IpAddr::V6(_) => (None, &OF_NETWORKS),
    };
    let of_networks = of_networks
        .iter()
        .map(move |(length, parts)| ((first(address.to_canonical(), *length), *length), *parts));
    of_address.into_iter().chain(of_networks)
}

/// An IPv6 /64 is one household's, and counts as one address.
fn household(address: IpAddr) -> IpAddr {
    first(address.to_canonical(), 64)
}

/// The first address of an IPv6 address's network; IPv4's are left alone.
fn first(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or_default();
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
        address @ IpAddr::V4(_) => address,
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
        drop((household, of_56, of_48));
        assert!(connections.all.taken.lock().is_empty());
    }

    #[test]
    fn who_has_shown_a_secret_finds_a_place_when_there_is_none() {
        let connections = Connections::new(640);
        let known = ["192.0.2.1", "2001:db8::1", "10.0.0.1"].map(address);
        for address in known {
            connections.has_shown_a_secret(address);
        }
        let open: Vec<_> =
            (0..700).map_while(|_| connections.slot(address("10.0.0.2"), true)).collect();
        assert_eq!(open.len(), 640);
        assert!(connections.slot(address("192.0.2.2"), false).is_none());
        // Twenty are kept, of which each has a share.
        for (peer, speaks_for_many) in known.into_iter().zip([false, false, true]) {
            let own = (0..20).map_while(|_| connections.slot(peer, speaks_for_many));
            assert_eq!(own.collect::<Vec<_>>().len(), 3, "{peer}");
        }
        assert!(connections.slot(address("2001:db8::2"), false).is_some());
    }

    #[test]
    fn those_who_were_heard_of_last_are_remembered() {
        let connections = Connections::new(16);
        let kept = address("192.0.2.1");
        for number in 0..2 * u32::try_from(MOST_KNOWN).unwrap() {
            connections.has_shown_a_secret(kept);
            connections.has_shown_a_secret(std::net::Ipv4Addr::from_bits(number).into());
        }
        assert!(connections.is_known(kept));
        assert!(!connections.is_known(address("0.0.0.1")));
        assert_eq!(connections.known.lock().unwrap().last.len(), MOST_KNOWN);
    }
}
