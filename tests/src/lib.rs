//! What the tests of the whole system share: a client that speaks to an edge as
//! a widget and a customer's back end do, and a load generator. Unit tests do
//! not live here; they are beside the code.
#![expect(
    clippy::disallowed_methods,
    reason = "tests and load generators measure real time; nothing here decides by it"
)]

pub mod alone;
pub mod application;
pub mod bad_input;
pub mod client;
pub mod drill;
pub mod kills;
pub mod load;
pub mod packs;
pub mod pictures;
pub mod records;
pub mod signed;
pub mod stage;
pub mod visitors;
