//! The gate's only source of randomness.

use std::cell::RefCell;

use munjigi_serving::entropy::NoEntropy;

/// How many bytes a thread asks the system for at once: a call costs more than
/// all that a request takes of them.
const AT_ONCE: usize = 4_096;

thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { bytes: [0; AT_ONCE], left: 0 }) };
}

/// Bytes that the system has given and no one has taken.
struct Drawn {
    bytes: [u8; AT_ONCE],
    /// How many at the start are not taken yet.
    left: usize,
}

/// Fills a buffer with the system's random bytes. Each is given once, and
/// overwritten here.
pub fn fill(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    if bytes.len() > AT_ONCE {
        return draw(bytes);
    }
    DRAWN.with_borrow_mut(|drawn| {
        if drawn.left < bytes.len() {
            drawn.left = 0;
            draw(&mut drawn.bytes)?;
            drawn.left = AT_ONCE;
        }
        let rest = drawn.left.saturating_sub(bytes.len());
        let given = drawn.bytes.get_mut(rest..drawn.left).ok_or(NoEntropy)?;
        bytes.copy_from_slice(given);
        given.fill(0);
        drawn.left = rest;
        Ok(())
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place where the gate draws randomness")]
fn draw(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    getrandom::fill(bytes).map_err(|_| NoEntropy)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_bytes_are_given_twice() {
        let mut seen = HashSet::new();
        for _ in 0..4 {
            let drawn = std::thread::spawn(|| {
                let mut all = Vec::new();
                for length in (0..1_000).chain([AT_ONCE - 1, AT_ONCE, AT_ONCE + 1]) {
                    let mut bytes = vec![0; length];
                    fill(&mut bytes).unwrap();
                    all.extend(bytes.as_chunks::<16>().0.to_vec());
                }
                all
            });
            for bytes in drawn.join().unwrap() {
                assert!(seen.insert(bytes), "{bytes:?}");
            }
        }
        assert!(seen.len() > 100_000);
    }
}
