//! The photos of a source, each with its licence. A photo without one is not
//! used, however good it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::listed::Listed;
use super::source::{Source, SourceError};

/// File name extensions of photos.
const ENDS: [(&str, &str); 4] =
    [("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")];
const MOST_LICENCE_CHARS: usize = 10_000;
/// Enough for this many characters, and some blank lines before them.
const MOST_LICENCE_BYTES: usize = 64 * 1024;

/// A photo of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The path; for an object, its key.
    pub path: PathBuf,
    /// The path relative to the folder; for an object, its key.
    pub name: String,
    pub bytes: u64,
    /// By its name.
    pub content_type: &'static str,
    pub licence: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// A folder, file or object cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The folder, file or object key.
        path: String,
        error: SourceError,
    },
    /// Some have no licence.
    #[error("no licence for {}", .0.join(", "))]
    Unlicensed(Vec<String>),
    /// There are no photos.
    #[error("there are no .jpg, .jpeg, .png or .webp files")]
    Nothing,
}

/// Finds the photos of a source, by name. The licence of each is in
/// `NAME.license` next to it, otherwise in `LICENSE` in its folder, otherwise
/// it is `licence`.
pub async fn scan(source: &Source, licence: Option<&str>) -> Result<Vec<Found>, ScanError> {
    let (mut found, mut unlicensed) = (Vec::new(), Vec::new());
    let mut beside: HashMap<PathBuf, Option<String>> = HashMap::new();
    let listed = source.list().map_err(|(path, error)| unreadable(&path, error.into()))?;
    for Listed { path, name, bytes } in listed {
        let Some(content_type) = content_type(&path) else { continue };
        let mut sidecar = path.clone().into_os_string();
        sidecar.push(".license");
        let mut text = licence_in(source, Path::new(&sidecar)).await?;
        if text.is_none() {
            let shared = path.with_file_name("LICENSE");
            text = if let Some(known) = beside.get(&shared) {
                known.clone()
            } else {
                let read = licence_in(source, &shared).await?;
                beside.insert(shared, read.clone());
                read
            };
        }
        match text.or_else(|| licence.map(str::to_owned)) {
            Some(licence) => found.push(Found { path, name, bytes, content_type, licence }),
            None => unlicensed.push(name),
        }
    }
    if !unlicensed.is_empty() {
        unlicensed.sort();
        return Err(ScanError::Unlicensed(unlicensed));
    }
    if found.is_empty() {
        return Err(ScanError::Nothing);
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The content type of a photo, by its name.
pub(super) fn content_type(path: &Path) -> Option<&'static str> {
    let end = path.extension()?.to_str()?.to_ascii_lowercase();
    ENDS.iter().find(|(known, _)| *known == end).map(|(_, content_type)| *content_type)
}

/// The text of a licence; `None` if the file is missing or empty.
async fn licence_in(source: &Source, path: &Path) -> Result<Option<String>, ScanError> {
    match source.read(path, MOST_LICENCE_BYTES).await {
        Ok(bytes) => {
            let text = text(&bytes).map_err(|error| unreadable(path, error.into()))?;
            let text: String = text.trim().chars().take(MOST_LICENCE_CHARS).collect();
            Ok((!text.is_empty()).then_some(text))
        }
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

/// The text that was read, which may end within a character.
fn text(bytes: &[u8]) -> Result<&str, std::io::Error> {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && bytes.len() > MOST_LICENCE_BYTES => {
            let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
            Ok(str::from_utf8(whole).expect("it was valid up to here"))
        }
        result => {
            result.map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
        }
    }
}

fn unreadable(path: &Path, error: SourceError) -> ScanError {
    ScanError::Unreadable { path: path.display().to_string(), error }
}
