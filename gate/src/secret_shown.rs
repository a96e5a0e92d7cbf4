//! Whether a request showed a secret of a site. The routes, which know, have no
//! connection; the connection, which asks, has no secret: so it is told along the
//! task of the request.

use std::cell::Cell;

tokio::task_local! {
    static SHOWN: Cell<bool>;
}

/// Does the work of a request, and says whether it showed a secret.
pub async fn noticing<T>(work: impl Future<Output = T>) -> (T, bool) {
    let both = async {
        let done = work.await;
        (done, SHOWN.get().get())
    };
    SHOWN.scope(Cell::new(false), both).await
}

/// The request that this task answers showed one.
pub fn note() {
    // Elsewhere no one asks.
    let _ = SHOWN.try_with(|shown| shown.set(true));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_told_of_the_request_that_showed_it() {
        note();
        let shows = noticing(async {
            tokio::task::yield_now().await;
            note();
            1
        });
        let (one, other) = tokio::join!(shows, noticing(tokio::task::yield_now()));
        assert_eq!((one, other), ((1, true), ((), false)));
    }
}
