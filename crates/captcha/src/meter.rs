//! What all processes of an edge count together: each reports to a
//! [`Meter`](crate::ports::Meter) what it counted since its last report, and
//! learns what all have counted.

mod busy;
mod history;
mod ledger;
mod passed;

pub use ledger::Ledger;
