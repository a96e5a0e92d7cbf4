//! Errors of sending an email.

use std::io;

/// Why a transport could not be created.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up TLS to the mail server: {0}")]
pub struct TransportError(#[from] lettre::transport::smtp::Error);

/// Why an email was not sent. No variant contains the server's words: they may
/// name the recipient.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection, no TLS, or it broke. Retry.
    #[error("the mail server does not respond: {0}")]
    Unreachable(String),
    /// No answer in time. Retry.
    #[error("the mail server timed out")]
    Silent,
    /// The server refused us before it knew the recipient: the log-in or
    /// MUNJIGI_MAIL_FROM. An operator has to fix it; retry.
    #[error("the mail server refuses this origin: {code}")]
    Unwelcome { code: u16 },
    /// The server does not accept it now. Retry.
    #[error("the mail server deferred the email: {code}")]
    Deferred { code: u16 },
    /// The server will never accept it, most often because there is no such
    /// mailbox.
    #[error("the mail server refused the email: {code}")]
    Refused { code: u16 },
    /// The folder could not be written to. Retry.
    #[error("cannot write the email's file: {0}")]
    Unwritable(#[source] io::Error),
    /// It breaks a rule that an earlier release did not have.
    #[error("this release would not send such an email")]
    Unfit,
}

impl SendError {
    /// For metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Silent => "silent",
            Self::Unwelcome { .. } => "unwelcome",
            Self::Deferred { .. } => "deferred",
            Self::Refused { .. } => "refused",
            Self::Unwritable(_) => "unwritable",
            Self::Unfit => "unfit",
        }
    }

    /// Whether the error is permanent and concerns only this email.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Unfit => true,
            Self::Unreachable(_)
            | Self::Silent
            | Self::Unwelcome { .. }
            | Self::Deferred { .. }
            | Self::Unwritable(_) => false,
        }
    }
}
