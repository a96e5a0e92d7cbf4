//! What the tests against the whole share: a client that speaks to an edge
//! as a widget and as a customer's back end do, and a load generator.
//! Unit tests do not live here; they sit beside the code.
#![expect(
    clippy::disallowed_methods,
    reason = "tests and load generators measure real time; nothing here decides by it"
)]

pub mod bad_input;
pub mod client;
pub mod load;
pub mod packs;
pub mod pictures;
pub mod records;
pub mod signed;
pub mod stage;
pub mod visitors;
