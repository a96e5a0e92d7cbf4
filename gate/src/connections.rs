//! How many connections are open at once: in all, and of one address, so that a
//! machine that opens many keeps no one else out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Of all slots, one address has one in this many at most. A browser opens
/// six: some hundred people share an address before any of them waits.
const SHARES: usize = 8;

/// More than any system opens.
const MOST_PLACES: usize = 1 << 28;

/// The slots.
#[derive(Debug)]
pub struct Connections {
    all: Arc<Semaphore>,
    most: usize,
    share: usize,
    taken: Arc<Taken>,
}

/// How many slots each address has.
#[derive(Debug, Default)]
struct Taken(Mutex<HashMap<IpAddr, usize>>);

/// A slot, until it is dropped.
#[derive(Debug)]
pub struct Slot {
    _one: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// One of the slots that an address has.
#[derive(Debug)]
struct Share(Arc<Taken>, IpAddr);

impl Connections {
    /// This many slots.
    pub fn new(most: usize) -> Self {
        let most = most.min(MOST_PLACES);
        let all = Arc::new(Semaphore::new(most));
        Self { all, most, share: most.div_ceil(SHARES), taken: Arc::default() }
    }

    /// A slot for a connection from this address; `None`: there is none left
    /// for it. An address that speaks for many, as a proxy's, has no share.
    pub fn slot(&self, peer: IpAddr, speaks_for_many: bool) -> Option<Slot> {
        let one = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let share = if speaks_for_many { None } else { Some(self.share(household(peer))?) };
        Some(Slot { _one: one, _share: share })
    }

    /// Gives a slot that a proxy has to the client that it named; `None`: there
    /// is none left for that client.
    pub fn pass_on(&self, slot: Slot, client: IpAddr) -> Option<Slot> {
        Some(Slot { _share: Some(self.share(household(client))?), ..slot })
    }

    /// Returns once every slot is free again.
    pub async fn ended(&self) {
        let most = u32::try_from(self.most).unwrap_or(u32::MAX);
        // It is never closed.
        drop(self.all.acquire_many(most).await);
    }

    fn share(&self, address: IpAddr) -> Option<Share> {
        let mut taken = self.taken.lock();
        let count = taken.entry(address).or_default();
        if *count >= self.share {
            return None;
        }
        *count += 1;
        Some(Share(Arc::clone(&self.taken), address))
    }
}

impl Taken {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Self(taken, address) = self;
        let mut taken = taken.lock();
        if let Some(count) = taken.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(address);
            }
        }
    }
}

/// An IPv6 /64 is one household's, and counts as one address.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
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
        assert!(connections.taken.lock().is_empty());
    }
}
