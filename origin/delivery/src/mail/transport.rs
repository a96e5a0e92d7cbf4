//! Where composed letters go: a mail server, or a folder. What a failure
//! means for the letter is told by the error; what follows is `sender`'s.

use lettre::Message;

use super::error::{SendError, TransportError};
use super::folder::Folder;
use super::server::MailTransport;
use super::smtp::Smtp;

/// Takes letters.
#[derive(Debug)]
pub enum Transport {
    /// A server.
    Smtp(Smtp),
    /// A folder, for development.
    Folder(Folder),
}

impl Transport {
    /// As configured; nothing is connected yet.
    pub fn of(config: &MailTransport) -> Result<Self, TransportError> {
        Ok(match config {
            MailTransport::Smtp(server) => Self::Smtp(Smtp::of(server)?),
            MailTransport::Folder(path) => Self::Folder(Folder::at(path.clone())),
        })
    }

    /// Sends a letter; `Ok` when somebody else is responsible for it.
    pub(super) async fn send(&self, message: &Message, name: &str) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(message).await,
            Self::Folder(folder) => folder.write(message, name).await,
        }
    }

    /// No letter is due: closes what is open.
    pub(super) async fn rest(&self) {
        match self {
            Self::Smtp(smtp) => smtp.rest().await,
            Self::Folder(_) => {}
        }
    }
}
