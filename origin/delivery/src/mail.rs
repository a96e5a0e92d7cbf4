//! Sending emails. A change queues its email in its own transaction
//! (`munjigi_store::mails`); the sender delivers it to the mail server. What emails say
//! is in `email`.
//!
//! Emails are sent at least once. If a sender dies after the server accepted an
//! email and before that was recorded, the next one sends it again with the same
//! Message-ID; most servers and mail programs then show one.

mod compose;
mod error;
mod folder;
mod sender;
mod server;
mod smtp;
mod transport;

pub use compose::{Identity, compose};
pub use error::{SendError, TransportError};
pub use sender::Sender;
pub use server::{Encryption, Login, MailTransport, SmtpServer};
pub use smtp::Smtp;
pub use transport::Transport;
