//! The contract of every store of images.

use munjigi_captcha::ports::StoreError;
use munjigi_protocol::ImageSpan;

use crate::ports::Images;

/// Runs every clause. Keys begin with `apart`, so that the store may contain
/// others. The bytes of a part are not checked, because not every platform can
/// return them.
///
/// # Panics
/// On the first clause that fails.
pub async fn images<S: Images>(store: &S, apart: &str) {
    let key = |name: &str| format!("{apart}/{name}");
    keeps_an_object(store, &key("kept")).await;
    forgets(store, &key("forgotten")).await;
}

async fn keeps_an_object<S: Images>(store: &S, key: &str) {
    assert_eq!(store.length(key).await, Ok(None));
    assert_eq!(part(store, key).await, Ok(false));
    assert_eq!(store.store(key, &vec![1; 3_000_000]).await, Ok(()));
    assert_eq!(store.length(key).await, Ok(Some(3_000_000)));
    assert_eq!(part(store, key).await, Ok(true));
    assert_eq!(store.store(key, &[2; 200]).await, Ok(()));
    assert_eq!(store.length(key).await, Ok(Some(200)));
}

async fn forgets<S: Images>(store: &S, key: &str) {
    assert_eq!(store.remove(key).await, Ok(()));
    assert_eq!(store.store(key, &[1; 200]).await, Ok(()));
    assert_eq!(store.remove(key).await, Ok(()));
    assert_eq!(store.length(key).await, Ok(None));
    assert_eq!(part(store, key).await, Ok(false));
}

async fn part<S: Images>(store: &S, key: &str) -> Result<bool, StoreError> {
    let span = ImageSpan { at: 100, len: 50 };
    store.load(key, span).await.map(|bytes| bytes.is_some())
}
