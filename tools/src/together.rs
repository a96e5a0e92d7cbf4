//! Two things at once.

use std::panic::resume_unwind;
use std::thread;

use anyhow::Result;

use crate::say::Voice;

/// Does both to their ends and returns the first error, of `one` before `other`.
pub fn together(
    one: impl FnOnce() -> Result<()> + Send,
    other: impl FnOnce() -> Result<()>,
) -> Result<()> {
    thread::scope(|scope| {
        let voice = Voice::of_this_thread();
        let one = scope.spawn(|| voice.speaking(one));
        let other = other();
        one.join().unwrap_or_else(|panic| resume_unwind(panic)).and(other)
    })
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn both_are_done_and_an_error_of_either_is_returned() {
        let (tell, told) = std::sync::mpsc::channel();
        let fine = |name: &'static str| {
            let tell = tell.clone();
            move || Ok(tell.send(name)?)
        };
        together(fine("one"), fine("other")).unwrap();
        assert_eq!(told.try_iter().count(), 2);
        let error = together(|| bail!("one"), fine("other")).unwrap_err();
        assert_eq!((error.to_string(), told.try_iter().count()), ("one".to_owned(), 1));
        let error = together(fine("one"), || bail!("other")).unwrap_err();
        assert_eq!((error.to_string(), told.try_iter().count()), ("other".to_owned(), 1));
    }
}
