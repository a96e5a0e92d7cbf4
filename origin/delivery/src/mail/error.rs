//! Errors of sending an email.

use std::io;

/// Why a transport could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up TLS to the mail server: {0}")]
pub struct TransportError(#[from] lettre::transport::smtp::Error);

/// Why an email was not sent. No variant holds the server's words: they may
/// name the recipient.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection, no TLS, or it broke off. Try again.
    #[error("the mail server does not respond: {0}")]
    Unreachable(String),
    /// No answer in time. Try again.
    #[error("the mail server timed out")]
    Silent,
    /// The server refused us before it heard whom the email is for: the
    /// log-in or MUNJIGI_MAIL_FROM. An operator has to fix it; retry.
    #[error("the mail server refuses this origin: {code}")]
    Unwelcome {
        /// SMTP's.
        code: u16,
    },
    /// The server does not take it now. Try again.
    #[error("the mail server deferred the email: {code}")]
    Deferred {
        /// SMTP's.
        code: u16,
    },
    /// The server will never take it, most often because there is no such
    /// mailbox.
    #[error("the mail server refused the email: {code}")]
    Refused {
        /// SMTP's.
        code: u16,
    },
    /// The folder could not be written to. Try again.
    #[error("cannot write the email's file: {0}")]
    Unwritable(#[source] io::Error),
    /// It breaks a rule that another release did not have.
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

    /// Whether it concerns this email alone, and for good.
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
