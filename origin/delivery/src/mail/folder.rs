//! Emails as files, for development: any mail program opens them.

use std::io;
use std::path::PathBuf;

use lettre::Message;

use super::error::SendError;

/// A folder of emails.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// At a path; created with the first email.
    pub(super) const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Writes `NAME.eml`, which is complete as soon as it exists.
    pub(super) async fn write(&self, message: &Message, name: &str) -> Result<(), SendError> {
        self.put(message, name).await.map_err(SendError::Unwritable)
    }

    async fn put(&self, message: &Message, name: &str) -> io::Result<()> {
        tokio::fs::create_dir_all(&self.0).await?;
        let unfinished = self.0.join(format!(".{name}.eml"));
        let path = self.0.join(format!("{name}.eml"));
        tokio::fs::write(&unfinished, message.formatted()).await?;
        tokio::fs::rename(&unfinished, &path).await?;
        tracing::info!(path = %path.display(), "an email was written");
        Ok(())
    }
}
