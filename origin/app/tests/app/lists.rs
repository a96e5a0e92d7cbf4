//! Lists that rules name, on their way to an edge that records its calls.

mod own;
mod published;
