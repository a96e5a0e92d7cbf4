//! E-mail: what a letter is, what letters say, and how they leave. Whoever
//! has something to tell queues a letter in the transaction that makes it so
//! (`store::mails`); the sender carries it to the mail server.
//!
//! Letters are sent at least once. A sender that dies after the server took a
//! letter and before that was noted leaves it to the next, whose letter has
//! the same Message-ID; most servers and mail programs then show one.

mod address;
mod compose;
mod folder;
mod letter;
mod sender;
mod smtp;
mod subject;
mod transport;

#[cfg(test)]
mod tests;

pub use address::{AddressMistake, EmailAddress};
pub use letter::{Letter, LetterKind, Shown};
pub use sender::{GIVE_UP_AFTER, Sender};
pub use subject::{Subject, SubjectMistake};
pub use transport::{SendError, Transport, TransportError};
