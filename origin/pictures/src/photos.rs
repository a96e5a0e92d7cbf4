//! An operator's photos as pictures: a model of the gpu-backend is measured on
//! a labelled sample, then a folder or a bucket is scanned, each file labelled,
//! and the photos that the model is certain about composed into grids. If a
//! segmenter finds a single thing, that is the thing to point at. Their packs
//! take the same path as all packs.

mod area;
mod bucket;
mod compose;
mod import;
mod labels;
mod listed;
mod sample;
mod scan;
mod source;
mod tile;
mod vet;

pub use bucket::Bucket;
pub use compose::{Composed, TooFew, compose};
pub use import::{Import, ImportError, Imported};
pub use labels::{LISTS, Labels, LabelsError, is_key};
pub use listed::Listed;
pub use sample::{Example, Measured, Objection, Precise, SampleError, Vetted, sample};
pub use scan::{Found, ScanError, scan};
pub use source::{Source, SourceError};
pub use tile::tile;
