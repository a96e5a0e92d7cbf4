//! E-mail as it is written: addresses, subjects, and what each letter says.
//! How letters leave is `mail`'s.

mod address;
mod letter;
mod subject;

pub use address::{AddressMistake, EmailAddress};
pub use letter::{Letter, LetterKind};
pub use subject::{Subject, SubjectMistake};

/// A letter that waited for so long is given up: what it tells is stale.
pub const GIVE_UP_AFTER: time::Duration = time::Duration::days(3);
