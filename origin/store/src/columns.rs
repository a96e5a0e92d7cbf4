//! Parses columns that only this program writes: a row with any other value is
//! inconsistent.

use munjigi_domain::accounts::{EmailAddress, Role};
use munjigi_i18n::Locale;

use super::DatabaseError;

pub fn address(table: &'static str, row: &str, text: &str) -> Result<EmailAddress, DatabaseError> {
    let inconsistent =
        |_| DatabaseError::Inconsistent { table, column: "email", row: row.to_owned() };
    text.parse().map_err(inconsistent)
}

/// English for a language that this program lacks and another one, which runs
/// beside it during a roll-out, has.
pub fn locale(text: &str) -> Locale {
    text.parse().unwrap_or_default()
}

pub fn role(table: &'static str, row: &str, text: &str) -> Result<Role, DatabaseError> {
    let inconsistent =
        || DatabaseError::Inconsistent { table, column: "role", row: row.to_owned() };
    Role::parse(text).ok_or_else(inconsistent)
}
