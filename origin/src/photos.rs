//! An operator's photos as pictures: a folder or a bucket is scanned, each file
//! labelled by a model of the gpu-backend, and what it is sure of composed into grids;
//! where a segmenter sees one thing alone, it is what to point at.
//! Packs of them go the way of all packs.

mod area;
mod bucket;
mod compose;
mod import;
mod scan;
mod source;
mod tile;

#[cfg(test)]
mod tests;

pub use bucket::{
    AddressError, Bucket, BucketAddress, BucketError, BucketSettings, Credentials, Signing,
    WrongVariable,
};
pub use compose::{Composed, TooFew, compose};
pub use import::{Import, ImportError, Imported, Labels, is_key};
pub use scan::{Found, ScanError, scan};
pub use source::{Listed, Source, SourceError};
