//! An operator's photos as pictures: a model of the gpu-backend is measured on a
//! labelled sample, then a folder or a bucket is scanned, each file labelled, and
//! what the model is sure of composed into grids; where a segmenter sees one thing
//! alone, it is what to point at.
//! Packs of them go the way of all packs.

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

pub use bucket::{
    AddressError, Bucket, BucketAddress, BucketError, BucketSettings, Credentials, Signing,
    WrongVariable,
};
pub use compose::{Composed, TooFew, compose};
pub use import::{Import, ImportError, Imported};
pub use labels::{LISTS, Labels, LabelsError, is_key};
pub use listed::Listed;
pub use sample::{Example, Measured, Objection, Precise, SampleError, Vetted, sample};
pub use scan::{Found, ScanError, scan};
pub use source::{Source, SourceError};
pub use tile::tile;
