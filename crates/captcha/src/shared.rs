//! What the requests of one process share. Nothing here knows what is shared.

use std::sync::{Mutex, PoisonError};

/// A value that many requests read and change, one at a time.
///
/// The work on it is a closure, which cannot wait: so no request holds the
/// value across an `await`, and futures that use it can move between threads.
#[derive(Debug, Default)]
pub struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    /// Begins with a value.
    pub const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Does something with the value and gives what the closure gives. Must
    /// not be called from within itself. After a panic in a closure the next
    /// one sees the value as it was left.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Clone> Shared<T> {
    /// A copy of the value.
    pub fn copy(&self) -> T {
        self.with(|value| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_locks_no_one_out() {
        let shared = Shared::new(1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            shared.with(|value| {
                *value = 2;
                panic!("while it is locked");
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(shared.copy(), 2);
    }
}
