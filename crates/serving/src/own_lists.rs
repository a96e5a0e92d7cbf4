//! Lists that an operator's own configuration describes, for edges without an
//! origin. They are published as an origin's are: to the store, with a version
//! that rises with every change.

use munjigi_captcha::ports::StoreError;
use munjigi_captcha::{List, ListId};
use munjigi_protocol::base64;

use crate::lists::{DELETED_SECONDS, Lists, list_key};
use crate::own_sites::Published;
use crate::platform::Platform;
use crate::ports::Values;
use crate::versioned::{Stored, deleted};

/// The key of the list of ids that were published from here.
const OWN_LISTS_KEY: &str = "own-lists";

/// A list of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnList {
    pub id: ListId,
    /// Who is on it, under any version; `None` keeps what is published.
    pub list: Option<List>,
}

/// Publishes what has changed since the last call, and deletes what is gone.
///
/// # Errors
///
/// The store does not respond. The lists before are published.
pub async fn publish<P: Platform>(
    platform: &P,
    lists: &[OwnList],
) -> Result<Published, StoreError> {
    let state = platform.state().ok_or(StoreError)?;
    let stored = Lists::new(platform, state, platform.now());
    let values = platform.values()?;
    let before = values.load(OWN_LISTS_KEY).await?.unwrap_or_default();
    let before: Vec<ListId> = before.split_whitespace().flat_map(str::parse).collect();
    let gone: Vec<&ListId> =
        before.iter().filter(|id| !lists.iter().any(|own| own.id == **id)).collect();
    let mut published = Published::default();
    // Told before they are published: a list that is published and not told
    // would stay for ever.
    let names: Vec<&str> = lists.iter().map(|own| own.id.as_str()).collect();
    let known: Vec<&str> = names.iter().copied().chain(gone.iter().map(|id| id.as_str())).collect();
    if !known.is_empty() {
        values.store(OWN_LISTS_KEY, &known.join(" ")).await?;
    }
    for OwnList { id, list } in lists {
        let Some(list) = list else { continue };
        let old = stored.stored(id).await?;
        let version = old.next_version();
        if let Stored::Published(old) = old
            && *old == list.clone().with_version(old.version())
        {
            continue;
        }
        let bytes = list.clone().with_version(version).write();
        values.store(&list_key(id), &base64::encode(&bytes)).await?;
        state.lists.with(|lists| lists.forget(id.as_str()));
        published.changed += 1;
    }
    for id in gone {
        let old = stored.stored(id).await?;
        if matches!(old, Stored::Deleted(_) | Stored::Nothing) {
            continue;
        }
        let mark = deleted(old.next_version());
        values.store_for(&list_key(id), &mark, DELETED_SECONDS).await?;
        state.lists.with(|lists| lists.forget(id.as_str()));
        published.removed += 1;
    }
    if !known.is_empty() {
        values.store(OWN_LISTS_KEY, &names.join(" ")).await?;
    }
    Ok(published)
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::contract::block_on;
    use munjigi_keys::UnixMillis;

    use super::*;
    use crate::contract::Memory;

    fn edge() -> Memory {
        let key = "t1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let variables = [
            ("MUNJIGI_ROOT_KEYS", key),
            ("MUNJIGI_INTERNAL_KEYS", key),
            ("MUNJIGI_KEY_CHECK", &key[3..]),
        ];
        Memory::new(&variables, UnixMillis::from_seconds(1_795_000_000))
    }

    fn own(id: &str, entry: &str) -> OwnList {
        let list = Some(List::of(0, [entry.parse().unwrap()]));
        OwnList { id: id.parse().unwrap(), list }
    }

    fn stored(edge: &Memory, id: &str) -> Stored<List> {
        let key = list_key(&id.parse().unwrap());
        Stored::parse(block_on(edge.values().unwrap().load(&key)).unwrap().as_deref())
    }

    fn version(edge: &Memory, id: &str) -> Option<u64> {
        stored(edge, id).published().map(|list| list.version())
    }

    #[test]
    fn only_what_changes_is_published_again_and_what_is_gone_is_deleted() {
        let edge = edge();
        let publish = |lists: &[OwnList]| {
            let Published { changed, removed, .. } = block_on(publish(&edge, lists)).unwrap();
            (changed, removed)
        };
        let (one, two) = (own("one", "AS64500"), own("two", "192.0.2.0/24"));
        assert_eq!(publish(&[one.clone(), two.clone()]), (2, 0));
        assert_eq!(publish(&[one.clone(), two.clone()]), (0, 0));
        assert_eq!(publish(&[own("one", "AS64501"), two.clone()]), (1, 0));
        assert_eq!((version(&edge, "one"), version(&edge, "two")), (Some(2), Some(1)));
        // Not read this time: what is published stays.
        let unread = OwnList { list: None, ..one.clone() };
        assert_eq!(publish(&[unread, two.clone()]), (0, 0));
        assert_eq!(version(&edge, "one"), Some(2));
        assert_eq!(publish(std::slice::from_ref(&two)), (0, 1));
        assert_eq!(stored(&edge, "one"), Stored::Deleted(3));
        assert_eq!(publish(std::slice::from_ref(&two)), (0, 0));
        // Back again, above the version at which it was deleted.
        assert_eq!(publish(&[one, two]), (1, 0));
        assert_eq!(version(&edge, "one"), Some(4));
    }

    #[test]
    fn what_others_published_is_left_alone() {
        let edge = edge();
        let values = edge.values().unwrap();
        let theirs = List::of(9, ["AS64500".parse().unwrap()]);
        let key = list_key(&"clouds".parse().unwrap());
        block_on(values.store(&key, &base64::encode(&theirs.write()))).unwrap();
        let published = block_on(publish(&edge, &[])).unwrap();
        assert_eq!(published, Published::default());
        assert_eq!(version(&edge, "clouds"), Some(9));
    }
}
