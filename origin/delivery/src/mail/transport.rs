//! Where composed emails go: a mail server, or a folder. The error says what a
//! failure means for the email; `sender` decides what follows.

use lettre::Message;

use super::error::{SendError, TransportError};
use super::folder::Folder;
use super::server::MailTransport;
use super::smtp::Smtp;

/// Accepts emails.
#[derive(Debug)]
pub enum Transport {
    Smtp(Smtp),
    /// A folder, for development.
    Folder(Folder),
}

impl Transport {
    /// As configured; does not connect yet.
    pub fn of(config: &MailTransport) -> Result<Self, TransportError> {
        Ok(match config {
            MailTransport::Smtp(server) => Self::Smtp(Smtp::of(server)?),
            MailTransport::Folder(path) => Self::Folder(Folder::at(path.clone())),
        })
    }

    /// Sends an email; `Ok` once another party is responsible for it.
    pub(super) async fn send(&self, message: &Message, name: &str) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(message).await,
            Self::Folder(folder) => folder.write(message, name).await,
        }
    }

    /// No email is due: closes open connections.
    pub(super) async fn rest(&self) {
        match self {
            Self::Smtp(smtp) => smtp.rest().await,
            Self::Folder(_) => {}
        }
    }
}
