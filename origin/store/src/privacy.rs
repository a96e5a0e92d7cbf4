//! The data map: one table in code from which the public page, the data export
//! and the erasure of accounts are made. Its texts are in `munjigi-i18n`. A test
//! compares it with the schema, so that nothing is stored without being declared.

mod map;
#[cfg(test)]
mod tests;

use munjigi_i18n::{Text, Texts};

pub use map::TABLES;

/// Days in which an account's owner can cancel its erasure.
pub const GRACE_DAYS: u16 = 30;

/// A table of the database.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    /// Names of the columns that are about a person.
    pub personal: &'static [&'static str],
    /// The other columns that could be: texts, bytes and documents that are
    /// about no person.
    pub others: &'static [&'static str],
    /// The retention of its rows.
    pub kept: Kept,
    pub seen_by: Visibility,
    /// A person's rows, as an SQL condition in which `$1` is their account and
    /// `$2` their address. `None`: no row belongs to a person.
    pub of_person: Option<&'static str>,
    /// Columns that a data export leaves out: credentials, and values for the
    /// database alone.
    pub withheld: &'static [&'static str],
}

/// How long rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// As long as the account.
    Account,
    /// As long as the organisation.
    Organisation,
    /// As long as the site, and the thirty days in which it can be restored.
    Site,
    /// The number of days in `MUNJIGI_EVENT_RETENTION_DAYS`.
    EventDays,
    /// Deleted after the time that the table's text names.
    Swept,
    /// Permanently, for the reason that the table's text gives.
    Always,
}

/// Who sees rows, besides operators, who can see the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Operators only.
    Operators,
    /// The person that the row is about.
    Person,
    Members,
    /// Members who may read the audit log.
    AuditReaders,
    /// Everybody.
    Everybody,
}

impl Table {
    /// What a row is, and why it is kept.
    pub fn why(&self, t: &Texts) -> Text {
        t.each("data-map-why", self.name)
    }

    /// How long its rows are kept.
    pub fn kept_for(&self, t: &Texts) -> Text {
        match self.kept {
            Kept::Account => t.get("data-map-kept-account"),
            Kept::Organisation => t.get("data-map-kept-organisation"),
            Kept::Site => t.get("data-map-kept-site"),
            Kept::EventDays => t.get("data-map-kept-event-days"),
            Kept::Swept | Kept::Always => t.each("data-map-kept-of", self.name),
        }
    }

    /// Who sees its rows.
    pub fn readers(&self, t: &Texts) -> Text {
        match self.seen_by {
            Visibility::Operators => t.get("data-map-seen-by-operators"),
            Visibility::Person => t.get("data-map-seen-by-person"),
            Visibility::Members => t.get("data-map-seen-by-members"),
            Visibility::AuditReaders => t.get("data-map-seen-by-audit-readers"),
            Visibility::Everybody => t.get("data-map-seen-by-everybody"),
        }
    }
}
