//! Emails: addresses, subjects and content. Sending them is in `mail`.

mod address;
mod message;
mod subject;

pub use address::{Address, AddressMistake};
pub use message::{Email, EmailKind};
pub use subject::{Subject, SubjectMistake};

/// How long an email is retried; after that its content is stale.
pub const GIVE_UP_AFTER: time::Duration = time::Duration::days(3);
