//! E-mail: what a letter is, and what letters say.

mod address;
mod letter;
mod subject;

pub use address::{AddressMistake, EmailAddress};
pub use letter::{Letter, LetterKind, Shown};
pub use subject::{Subject, SubjectMistake};
