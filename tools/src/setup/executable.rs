//! Finds programs of this machine by name.

use std::path::{Path, PathBuf};

/// An executable by name on PATH, or by its full path.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    if Path::new(name).is_absolute() {
        return Path::new(name).is_file().then(|| name.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
