//! The contract of every store of values.

use crate::ports::Values;

/// Runs every clause. Keys begin with `apart`, so that the store may contain
/// others.
///
/// # Panics
/// On the first clause that fails.
pub async fn values<S: Values>(store: &S, apart: &str) {
    let key = |name: &str| format!("{apart}:{name}");
    keeps_the_last_value(store, &key("last")).await;
    forgets(store, &key("forgotten")).await;
    keeps_for_a_while(store, &key("while")).await;
    keeps_what_it_is_given(store, &key("text")).await;
}

async fn keeps_the_last_value<S: Values>(store: &S, key: &str) {
    assert_eq!(store.store(key, "1").await, Ok(()));
    assert_eq!(store.store(key, "2").await, Ok(()));
    assert_eq!(store.load(key).await, Ok(Some("2".to_owned())));
    assert_eq!(store.load(&format!("{key}:other")).await, Ok(None));
}

async fn forgets<S: Values>(store: &S, key: &str) {
    assert_eq!(store.remove(key).await, Ok(()));
    assert_eq!(store.store(key, "1").await, Ok(()));
    assert_eq!(store.remove(key).await, Ok(()));
    assert_eq!(store.load(key).await, Ok(None));
}

async fn keeps_for_a_while<S: Values>(store: &S, key: &str) {
    assert_eq!(store.store_for(key, "1", 3_600).await, Ok(()));
    assert_eq!(store.load(key).await, Ok(Some("1".to_owned())));
    // Without an expiry again.
    assert_eq!(store.store(key, "2").await, Ok(()));
    assert_eq!(store.load(key).await, Ok(Some("2".to_owned())));
}

async fn keeps_what_it_is_given<S: Values>(store: &S, key: &str) {
    for value in ["", "\u{c790}\u{b9ac}\n\"{}\"", &"x".repeat(1_500_000)] {
        assert_eq!(store.store(key, value).await, Ok(()));
        assert!(store.load(key).await.is_ok_and(|text| text.as_deref() == Some(value)));
    }
}
