//! Lists that rules name: those that an organisation keeps, and the published
//! ones that the origin fetches for everybody. The set and the look-up are in
//! `munjigi-captcha`; what is accepted into a list is decided here.

mod entries;
mod name;
mod published;

pub use entries::{EntryMistake, LineMistake, MAX_ENTRIES, Reason, read_entries};
pub use name::{ListName, ListNameError};
pub use published::{FetchFault, Format, Published, STALE_AFTER, Source, judge, read};

/// Lists that an organisation may keep.
pub const MAX_LISTS: i64 = 50;
