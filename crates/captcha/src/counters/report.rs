//! What a process tells the meter, and what it learns: names are the keyed
//! pseudonyms of [`Counters`](super::Counters); no address and no text of a
//! client is in a report.

use serde::{Deserialize, Serialize};

use super::table::Counted;
use super::{Kind, Load, Usual};

/// What one process counted since its last report, warm names only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The part of the meter that keeps these names: all names of a site are in
    /// the same part.
    pub part: u16,
    /// One row for each name, at most [`MAX_ROWS`].
    pub rows: Vec<Row>,
    /// Addresses that passed since the last report.
    pub passed: Vec<Passes>,
    /// Addresses that passed before a flood that is reported for the first time:
    /// the meter may have forgotten them.
    pub earlier: Vec<Passes>,
    /// Sites that are flooded, and how many addresses the meter has said passed
    /// there before, if it has: it says so again where it knows of others.
    pub flooded: Vec<(u64, Option<u32>)>,
}

impl Report {
    /// Whether it says nothing.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.passed.is_empty() && self.flooded.is_empty()
    }
}

/// Addresses that passed on a site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passes {
    /// The site.
    pub site: u64,
    /// Their names, each cut to 32 bits.
    pub names: Vec<u32>,
}

/// Rows of one report: about 40 KB.
pub const MAX_ROWS: usize = 1_024;

/// What was counted under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is the name of.
    pub kind: Kind,
    /// The site that it belongs to.
    pub site: u64,
    /// The name.
    pub key: u64,
    /// Its name of yesterday, shortly after midnight, where what is usual for it
    /// matters.
    pub formerly: Option<u64>,
    /// Challenges issued.
    pub issued: u16,
    /// Tokens handed out.
    pub solved: u16,
    /// Wrong solutions and answers.
    pub failed: u16,
    /// Registers of what was seen with it in this half-life; empty for kinds
    /// that see nothing.
    pub seen: Vec<u8>,
}

/// What all processes have counted: for each row of a report, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// One for each row.
    pub rows: Vec<Total>,
    /// What else is busy on the sites of the report, at most [`MAX_BUSY`] of
    /// each.
    pub busy: Vec<Busy>,
    /// Who passed on the flooded sites, where that is news.
    pub passed: Vec<Passes>,
}

/// Busy names of one site in a reply: about 8 KB.
pub const MAX_BUSY: usize = 512;

/// A busy name, told to processes that may not have seen it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Busy {
    /// What it is the name of.
    pub kind: Kind,
    /// The name.
    pub key: u64,
    /// Its counts.
    pub total: Total,
}

/// What all processes have counted under a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Challenges issued, decayed to now.
    pub issued: u32,
    /// Tokens handed out, likewise.
    pub solved: u32,
    /// Wrong solutions and answers, likewise.
    pub failed: u32,
    /// How many different things were seen with it within one to two
    /// half-lives, approximately.
    pub distinct: u32,
    /// What is usual.
    pub usual: Option<Usual>,
}

impl Total {
    /// What is told of a name that is counted, and what is usual for it.
    pub(crate) const fn of(counted: &Counted, usual: Option<Usual>) -> Self {
        let Load { issued, solved, failed } = counted.load;
        Self { issued, solved, failed, distinct: counted.distinct, usual }
    }

    /// The three counts.
    pub const fn load(&self) -> Load {
        Load { issued: self.issued, solved: self.solved, failed: self.failed }
    }

    pub(super) const fn counted(&self) -> Counted {
        Counted { load: self.load(), distinct: self.distinct, usual: self.usual }
    }
}
