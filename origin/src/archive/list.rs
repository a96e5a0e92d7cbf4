//! What was put away, by table and day.

use futures_util::TryStreamExt as _;
use object_store::path::Path as Key;
use time::Date;
use time::macros::format_description;

use super::{NAME, SEALED, Shelf};
use crate::backup::BackupError;

/// A file with a day of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Put {
    pub table: String,
    pub day: Date,
    /// Compressed.
    pub bytes: u64,
    pub is_sealed: bool,
}

/// What is there, by table and day.
pub async fn list(shelf: &Shelf) -> Result<Vec<Put>, BackupError> {
    let all = shelf.key("")?;
    let listed = shelf.store().list(Some(&all)).try_collect::<Vec<_>>().await;
    let listed = listed.map_err(|error| shelf.error(&error))?;
    let mut found: Vec<Put> =
        listed.into_iter().filter_map(|object| put(&object.location, object.size)).collect();
    found.sort();
    Ok(found)
}

/// What a name says; `None` if it is not one of ours.
fn put(key: &Key, bytes: u64) -> Option<Put> {
    let parts: Vec<_> = key.parts().map(|part| part.as_ref().to_owned()).collect();
    let [.., table, file] = parts.as_slice() else { return None };
    let (name, is_sealed) = match file.strip_suffix(SEALED) {
        Some(name) => (name, true),
        None => (file.as_str(), false),
    };
    let day = Date::parse(name.strip_suffix(NAME)?, format_description!("[year]-[month]-[day]"));
    Some(Put { table: table.clone(), day: day.ok()?, bytes, is_sealed })
}
