//! On which of a site's lists a visit is. The address is compared here and goes
//! no further: what remains is one answer per list.

use std::sync::Arc;

use super::{List, ListId};
use crate::address::Address;
use crate::holds::Holds;

/// Lists that one site's rules may name: each may cost a visit a look-up.
pub const MAX_LISTS: usize = 10;

/// Whether a visit is on each of a site's lists, in the order of
/// [`Site::lists`](crate::Site::lists). Open until it is noted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Listings {
    on: u16,
    off: u16,
}

impl Listings {
    /// On no list at all.
    pub const NONE: Self = Self { on: 0, off: u16::MAX };

    /// Notes the answer for the list at a place.
    #[must_use]
    pub fn with(self, place: usize, holds: Holds) -> Self {
        let bit = bit(place);
        let Self { on, off } = Self { on: self.on & !bit, off: self.off & !bit };
        match holds {
            Holds::Yes => Self { on: on | bit, off },
            Holds::No => Self { on, off: off | bit },
            Holds::Open => Self { on, off },
        }
    }

    /// The answer for the list at a place.
    pub fn at(self, place: usize) -> Holds {
        let bit = bit(place);
        match (self.on & bit != 0, self.off & bit != 0) {
            (true, _) => Holds::Yes,
            (false, true) => Holds::No,
            (false, false) => Holds::Open,
        }
    }
}

fn bit(place: usize) -> u16 {
    u32::try_from(place).ok().and_then(|place| 1_u16.checked_shl(place)).unwrap_or_default()
}

/// The published lists.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait ListSource {
    /// A list; `None` if it is missing, cannot be read, or does not load.
    async fn list(&self, id: &ListId) -> Option<Arc<List>>;
}

/// Looks a visitor up in a site's lists. No one is on a list that is missing:
/// a rule must not match more than its owner wrote.
pub async fn listings<L: ListSource>(
    lists: &[ListId],
    source: &L,
    address: Address,
    system: u32,
) -> Listings {
    let mut found = Listings::NONE;
    for (place, id) in lists.iter().enumerate() {
        if let Some(list) = source.list(id).await {
            found = found.with(place, Holds::of(list.contains(address, system)));
        }
    }
    found
}
