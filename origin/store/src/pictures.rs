//! Packs of pictures, their items, and the outbox that delivers them to the
//! edge. What happens to them is decided in the crate `munjigi-pictures`.

pub(super) mod counts;
mod draw;
mod finish;
mod kinds;
mod outbox;
mod overview;
mod pools;
mod row;
mod tend;

use munjigi_protocol::PictureType;

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

/// Content type of a kind's images; all images of a pack have the same.
pub const fn content_type(kind: PictureType) -> &'static str {
    match kind {
        PictureType::Grid | PictureType::Area => "image/jpeg",
        // Only as AVIF do that many views fit into what a visitor should have
        // to load.
        PictureType::Turn => "image/avif",
    }
}
