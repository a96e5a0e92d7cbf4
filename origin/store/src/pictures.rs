//! Packs of pictures, their items, and what the edge should have of them. What happens to them is decided in the crate `munjigi-pictures`.

pub(super) mod counts;
mod draw;
mod finish;
mod kinds;
mod overview;
mod pools;
pub(super) mod publications;
mod row;
mod tend;
mod withdraw;

use munjigi_protocol::PictureType;

pub use counts::PictureColumns;
pub use draw::{
    Candidate, CandidateResult, Drawing, StoreDrawn, drawing, drawn_pack, more_candidates,
};
pub use finish::{Finish, Finished};
pub use kinds::{Deals, KindRow, Switch, SwitchKind, kinds};
pub use overview::{Overview, overview, refill};
pub use pools::{lock_pools, pools_delivered, wanted_pools};
pub use publications::{
    Action, Packed, Published, Shape, deleted, given_up, packed, published, put_again, wanted,
};
pub use row::{PackRow, PackState};
pub use tend::{Birth, Decision, Tend};
pub use withdraw::withdraw_photos;

/// Content type of a kind's images; all images of a pack have the same.
pub const fn content_type(kind: PictureType) -> &'static str {
    match kind {
        PictureType::Grid | PictureType::Area => "image/jpeg",
        // Only as AVIF do that many views fit into what a visitor should have
        // to load.
        PictureType::Turn => "image/avif",
    }
}
