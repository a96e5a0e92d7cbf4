//! How letters (`email`) leave. Whoever
//! has something to tell queues a letter in the transaction that makes it so
//! (`store::mails`); the sender carries it to the mail server.
//!
//! Letters are sent at least once. A sender that dies after the server took a
//! letter and before that was noted leaves it to the next, whose letter has
//! the same Message-ID; most servers and mail programs then show one.

mod compose;
mod error;
mod folder;
mod sender;
mod server;
mod smtp;
mod transport;

#[cfg(test)]
mod tests;

pub use error::{SendError, TransportError};
pub use sender::Sender;
pub use server::{Encryption, Login, MailTransport, SmtpServer};
pub use transport::Transport;
