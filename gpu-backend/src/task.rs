//! What a network's numbers mean: pictures into inputs, outputs into labels,
//! masks and vectors. Pure; one sample at a time, batches are the caller's.

mod classify;
mod embed;
mod feed;
mod segment;

use thiserror::Error;

pub use classify::{Score, classify};
pub use embed::embed;
pub use feed::feed;
pub use segment::{Bounds, Boxes, Found, Heads, Layout, Mask, Threshold, segment};

/// Numbers that do not fit the task: the manifest and the network disagree,
/// or the caller gave another picture.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what} has {found} numbers; {wanted} are required")]
pub struct Misfit {
    /// Which numbers.
    pub what: &'static str,
    /// How many there are.
    pub found: usize,
    /// How many there should be.
    pub wanted: usize,
}

impl Misfit {
    /// The stable word for logs, metrics and answers.
    pub const CODE: &str = "model-output-mismatch";

    fn check(what: &'static str, found: usize, wanted: usize) -> Result<(), Self> {
        if found == wanted { Ok(()) } else { Err(Self { what, found, wanted }) }
    }
}
