//! The data map: one table in code from which the public page, the data export
//! and the erasure of accounts are made. A test compares it with the schema, so
//! that nothing is stored without being declared.

mod map;
#[cfg(test)]
mod tests;

pub use map::TABLES;

/// Days in which an account's owner can cancel its erasure.
pub const GRACE_DAYS: u16 = 30;

/// A table of the database.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    /// What a row is, and why it is kept.
    pub why: &'static str,
    /// Names of the columns that are about a person.
    pub personal: &'static [&'static str],
    /// The other columns that could be: texts, bytes and documents that are
    /// about nobody.
    pub others: &'static [&'static str],
    /// The retention of its rows.
    pub kept: Kept,
    pub seen_by: Seen,
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
    /// Deleted after this long.
    Swept(&'static str),
    /// Permanently, for this reason.
    Always(&'static str),
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Account => "until the account is erased",
            Self::Organisation => "until the organisation has no members and no sites",
            Self::Site => "until 30 days after the site is deleted",
            Self::EventDays => "as many days as MUNJIGI_EVENT_RETENTION_DAYS specifies",
            Self::Swept(after) => after,
            Self::Always(why) => why,
        })
    }
}

/// Who sees rows, besides operators, who can see the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Operators only.
    Operators,
    /// The person that the row is about.
    Person,
    /// The organisation's members.
    Members,
    /// Members who may read the audit log.
    RecordReaders,
    /// Everybody.
    Everybody,
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Operators => "operators",
            Self::Person => "the person concerned",
            Self::Members => "members of the organisation",
            Self::RecordReaders => "owners and admins of the organisation",
            Self::Everybody => "everybody",
        })
    }
}
