//! Finds rows again in what was put away.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use futures_util::TryStreamExt as _;
use munjigi_backup::unseal;
use object_store::ObjectStoreExt as _;
use object_store::path::Path as Key;
use tempfile::NamedTempFile;
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
    key: Key,
}

/// Which rows are wanted.
#[derive(Debug, Clone)]
pub struct Search {
    pub table: String,
    pub from: Date,
    /// Included.
    pub to: Date,
    /// Columns and the values that they must have.
    pub conditions: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Files that were read.
    pub days: u64,
    /// Rows that were written.
    pub rows: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error(transparent)]
    Archive(#[from] BackupError),
    /// A condition that no row can meet.
    #[error("{table} has no column {column}; it has {}", .columns.join(", "))]
    NoColumn { table: String, column: String, columns: Vec<String> },
    #[error("cannot write what was found: {0}")]
    Output(io::Error),
}

/// What is there, by table and day.
pub async fn list(shelf: &Shelf) -> Result<Vec<Put>, BackupError> {
    let all = shelf.key("")?;
    let listed = shelf.store().list(Some(&all)).try_collect::<Vec<_>>().await;
    let listed = listed.map_err(|error| shelf.error(&error))?;
    let mut found: Vec<Put> =
        listed.into_iter().filter_map(|object| put(object.location, object.size)).collect();
    found.sort();
    Ok(found)
}

/// What a name says; `None` if it is not one of ours.
fn put(key: Key, bytes: u64) -> Option<Put> {
    let parts: Vec<_> = key.parts().map(|part| part.as_ref().to_owned()).collect();
    let [.., table, file] = parts.as_slice() else { return None };
    let (name, is_sealed) = match file.strip_suffix(SEALED) {
        Some(name) => (name, true),
        None => (file.as_str(), false),
    };
    let day = Date::parse(name.strip_suffix(NAME)?, format_description!("[year]-[month]-[day]"));
    Some(Put { table: table.clone(), day: day.ok()?, bytes, is_sealed, key })
}

/// Writes the rows that meet all conditions as CSV. A line of names comes first,
/// and again where the columns change.
pub async fn find(
    shelf: &Shelf,
    search: &Search,
    identity: Option<&Path>,
    out: &mut (dyn Write + Send),
) -> Result<Found, SearchError> {
    let mut found = Found::default();
    let mut names = csv::StringRecord::new();
    let wanted =
        |put: &Put| put.table == search.table && (search.from..=search.to).contains(&put.day);
    for put in list(shelf).await?.into_iter().filter(wanted) {
        let file = fetch(shelf, &put, identity).await?;
        found.days += 1;
        found.rows += rows(file.as_file(), search, &mut names, out)?;
    }
    out.flush().map_err(SearchError::Output)?;
    Ok(found)
}

/// A file as it was before it was encrypted.
async fn fetch(
    shelf: &Shelf,
    put: &Put,
    identity: Option<&Path>,
) -> Result<NamedTempFile, BackupError> {
    let failed = |error: object_store::Error| shelf.error(&error);
    let mut file = NamedTempFile::new()?;
    let mut parts = shelf.store().get(&put.key).await.map_err(failed)?.into_stream();
    while let Some(part) = parts.try_next().await.map_err(failed)? {
        file.write_all(&part)?;
    }
    if !put.is_sealed {
        return Ok(file);
    }
    let open = NamedTempFile::new()?;
    let identity = identity.ok_or(BackupError::Sealed)?;
    unseal(file.path(), identity, (open.path(), open.as_file()))?;
    Ok(open)
}

fn rows(
    file: &File,
    search: &Search,
    names: &mut csv::StringRecord,
    out: &mut (dyn Write + Send),
) -> Result<u64, SearchError> {
    use std::io::Seek as _;
    let mut file = file;
    file.rewind().map_err(BackupError::from)?;
    let mut reader = csv::Reader::from_reader(MultiGzDecoder::new(file));
    let columns = reader.headers().map_err(broken)?.clone();
    let mut conditions = Vec::with_capacity(search.conditions.len());
    for (column, value) in &search.conditions {
        let place = columns.iter().position(|name| name == column);
        let place = place.ok_or_else(|| SearchError::NoColumn {
            table: search.table.clone(),
            column: column.clone(),
            columns: columns.iter().map(str::to_owned).collect(),
        })?;
        conditions.push((place, value));
    }
    let mut written = 0;
    let mut writer = csv::Writer::from_writer(out);
    let output = |error: csv::Error| SearchError::Output(error.into());
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(broken)? {
        if conditions.iter().all(|(place, value)| row.get(*place) == Some(value.as_str())) {
            if *names != columns {
                writer.write_record(&columns).map_err(output)?;
                names.clone_from(&columns);
            }
            writer.write_record(&row).map_err(output)?;
            written += 1;
        }
    }
    writer.flush().map_err(SearchError::Output)?;
    Ok(written)
}

/// What is wrong with a file that cannot be read to its end.
fn broken(error: csv::Error) -> BackupError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            BackupError::Truncated
        }
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidInput => {
            BackupError::Corrupt("it is not compressed as ours are")
        }
        csv::ErrorKind::Io(error) => error.into(),
        _ => BackupError::Corrupt("its rows are not those of a table"),
    }
}
