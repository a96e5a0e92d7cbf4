//! What all processes of an edge count together: each reports
//! what it counted since its last report, and learns what all have counted.
//!
//! **meter**: counts what all processes of an edge report, and tells each what
//! the others counted.

mod busy;
mod history;
mod ledger;
mod passed;

pub use ledger::Ledger;
