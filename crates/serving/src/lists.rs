//! The published lists, from their store through this process's caches. Who is
//! on a list is decided in the core.

use std::sync::Arc;

use munjigi_captcha::ports::StoreError;
use munjigi_captcha::{List, ListId, ListSource};
use munjigi_keys::UnixMillis;
use munjigi_protocol::base64;

use crate::cache::Lookup;
use crate::log::{Level, Line};
use crate::platform::Platform;
use crate::ports::Values;
use crate::state::State;
use crate::versioned::{Stored, Versioned};

/// How long a list counts as unchanged.
const LIST_MS: u64 = 60_000;
/// How long a missing or unavailable list is not requested again.
const MISS_MS: u64 = 5_000;
/// How long a deleted list's version is remembered.
pub(crate) const DELETED_SECONDS: u32 = 30 * 86_400;

/// The store as the source of lists.
pub struct Lists<'request, P> {
    platform: &'request P,
    state: &'request State,
    now: UnixMillis,
}

/// The key of a list.
pub fn list_key(id: &ListId) -> String {
    format!("list:{id}")
}

impl Versioned for List {
    fn version(&self) -> u64 {
        self.version()
    }

    fn read(text: &str) -> Option<Self> {
        base64::decode(text).and_then(|bytes| Self::read(&bytes))
    }
}

impl<'request, P: Platform> Lists<'request, P> {
    /// The lists as known at a given time.
    pub const fn new(platform: &'request P, state: &'request State, now: UnixMillis) -> Self {
        Self { platform, state, now }
    }

    /// What the store has under a list's key, bypassing our own caches.
    pub async fn stored(&self, id: &ListId) -> Result<Stored<List>, StoreError> {
        let text = self.platform.values()?.load(&list_key(id)).await?;
        Ok(Stored::parse(text.as_deref()))
    }

    async fn load(&self, id: &ListId) -> Result<Option<Arc<List>>, StoreError> {
        let (level, event, why) = match self.stored(id).await? {
            Stored::Published(list) => return Ok(Some(Arc::new(*list))),
            Stored::Unreadable => {
                (Level::Error, "list-unreadable", "this release cannot read it; publish it again")
            }
            Stored::Nothing | Stored::Deleted(_) => {
                (Level::Warn, "list-missing", "rules that name it match no one")
            }
        };
        let detail = format!("{id}: {why}");
        self.platform.log(&Line::new(level, event).with_detail(&detail));
        Ok(None)
    }
}

impl<P: Platform> ListSource for Lists<'_, P> {
    async fn list(&self, id: &ListId) -> Option<Arc<List>> {
        let known = self.state.lists.with(|lists| lists.find(id.as_str(), self.now.0));
        let before = match known {
            Lookup::Fresh(list) => return list,
            Lookup::Stale(list) => list,
            Lookup::Absent => None,
        };
        let (list, lifetime) = match self.load(id).await {
            Ok(Some(list)) => (Some(list), LIST_MS),
            Ok(None) => (None, MISS_MS),
            // The adapter has logged why.
            Err(StoreError) => (before, MISS_MS),
        };
        self.state.lists.with(|lists| lists.keep(id.as_str(), list.clone(), self.now.0, lifetime));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let list = List::of(3, ["AS64500".parse().unwrap()]);
        let stored = base64::encode(&list.write());
        assert_eq!(Stored::parse(Some(&stored)).published(), Some(list));
        for text in ["", "AQ", "%"] {
            assert_eq!(Stored::<List>::parse(Some(text)), Stored::Unreadable, "{text}");
        }
    }
}
