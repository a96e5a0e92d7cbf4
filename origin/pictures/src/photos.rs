//! An operator's photos as pictures: a folder or a bucket is scanned, models of
//! the gpu-backend label each file, people accept what is right, and `draw`
//! composes candidates of packs from what was accepted.

mod area;
mod attack;
mod bucket;
mod compose;
mod draw;
mod import;
mod labels;
mod listed;
mod scan;
mod source;
mod tile;

pub use attack::{Attack, Attacked};
pub use bucket::Bucket;
pub use compose::Stock;
pub use draw::compose;
pub use import::{Import, ImportError, Imported};
pub use labels::{LISTS, Labels, LabelsError, is_key};
pub use listed::Listed;
pub use scan::{Found, ScanError, scan};
pub use source::{Source, SourceError};
