//! The meaning of a network's numbers: converts pictures into inputs, and
//! outputs into labels and masks. Pure; handles one sample at a time,
//! the caller handles batches.

mod classify;
mod feed;
mod segment;

use thiserror::Error;

pub use classify::{Score, classify};
pub use feed::feed;
pub use segment::{Bounds, Boxes, Found, Heads, Layout, Mask, Threshold, segment};

/// Numbers that do not fit the task: the manifest and the network disagree, or
/// the caller passed a wrong picture.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what} has {found} numbers; {wanted} are required")]
pub struct Misfit {
    pub what: &'static str,
    pub found: usize,
    /// How many there should be.
    pub wanted: usize,
}

impl Misfit {
    fn check(what: &'static str, found: usize, wanted: usize) -> Result<(), Self> {
        if found == wanted { Ok(()) } else { Err(Self { what, found, wanted }) }
    }
}
