//! What is kept of whom: one table in code from which the page, the file that
//! somebody takes with them and the erasing of accounts are made. A test holds
//! it against the schema, so that nothing is kept in silence.

mod map;
#[cfg(test)]
mod tests;

pub use map::TABLES;

/// Days in which who asked for their account to be erased may come back.
pub const GRACE_DAYS: u16 = 30;

/// A table of the database.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What a row is, and why it is kept.
    pub why: &'static str,
    /// What in it is about a person: columns by name.
    pub personal: &'static [&'static str],
    /// The other columns that could be: texts, bytes and documents that are
    /// about nobody.
    pub others: &'static [&'static str],
    /// How long.
    pub kept: Kept,
    /// Who sees it.
    pub seen_by: Seen,
    /// Which rows are somebody's, as a condition of SQL in which `$1` is
    /// their account and `$2` their address. None: there are none.
    pub of_person: Option<&'static str>,
    /// Columns that who takes their data does not get: what lets somebody in,
    /// and what is made for the database alone.
    pub withheld: &'static [&'static str],
}

/// How long rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// As long as an account.
    Account,
    /// As long as an organisation.
    Organisation,
    /// As long as a site, and the thirty days in which it can be restored.
    Site,
    /// As many days as `MUNJIGI_EVENT_RETENTION_DAYS` says.
    EventDays,
    /// Swept when this has passed.
    Swept(&'static str),
    /// For good, for this reason.
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

/// Who sees rows, beside operators, who see the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Operators alone.
    Operators,
    /// Whom it is about.
    Person,
    /// The organisation's members.
    Members,
    /// Those of its members who may read the record.
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
