//! Whether a request showed a secret of a site. The routes, which know, have no
//! connection; the connection, which asks, has no secret: so it is told along the
//! task of the request.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

/// Whose secret was shown, by a number that is different in each process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Holder(pub u64);

tokio::task_local! {
    static SHOWN: Cell<Option<Holder>>;
}

static HASHES: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Does the work of a request, and says whose secret it showed, if it did.
pub async fn noticing<T>(work: impl Future<Output = T>) -> (T, Option<Holder>) {
    let both = async {
        let done = work.await;
        (done, SHOWN.get().get())
    };
    SHOWN.scope(Cell::new(None), both).await
}

/// The request that this task answers showed this secret.
pub fn note(secret: &str) {
    // Elsewhere no one asks.
    let _ = SHOWN.try_with(|shown| shown.set(Some(Holder(HASHES.hash_one(secret)))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_told_of_the_request_that_showed_it() {
        note("elsewhere");
        let shows = |secret: &'static str| {
            noticing(async move {
                tokio::task::yield_now().await;
                note(secret);
            })
        };
        let (((), one), ((), other), ((), none)) =
            tokio::join!(shows("one"), shows("other"), noticing(tokio::task::yield_now()));
        assert!(one.is_some() && other.is_some() && one != other && none.is_none());
        assert_eq!(shows("one").await.1, one);
    }
}
