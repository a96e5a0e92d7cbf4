//! Packs of pictures, their items, and the outbox that takes them to the
//! edge. What is to be done with them is decided in `pictures`.

pub(super) mod counts;
mod draw;
mod finish;
mod kinds;
mod outbox;
mod overview;
mod pools;
mod row;
mod tend;

/// Content type of every image: a pack has one.
pub const CONTENT_TYPE: &str = "image/jpeg";

pub use counts::PictureColumns;
pub use draw::{Candidate, Drawing, Outcome, StoreDrawn, draw_failed, drawing, more_candidates};
pub use finish::{Finish, Finished};
pub use kinds::{Deals, KindRow, Switch, SwitchKind, kinds};
pub use outbox::{
    Action, Due, Packed, Put, Shape, deleted, failed, given_up, lease, packed, put_again,
};
pub use overview::{Overview, overview, refill};
pub use pools::{DuePools, lease_pools, pools_delivered, pools_failed, pools_overtake};
pub use row::{PackRow, PackState};
pub use tend::{Birth, Decision, Tend};
