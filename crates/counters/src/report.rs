//! What a process tells the meter, and what it learns: names are the keyed
//! pseudonyms of [`Counters`](super::Counters); no address and no text of a
//! client is in a report.

use serde::{Deserialize, Serialize};

use super::table::{Counted, Fresh, Share};
use super::{Kind, Load, Payer, Usual};
use munjigi_format::Format;

/// What one process counted since its last report, warm names only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The part of the meter that keeps these names: all names of a site are in
    /// the same part.
    pub part: u16,
    /// One row for each name, at most [`MAX_ROWS`].
    pub rows: Vec<Row>,
    pub solutions: Vec<Solution>,
    /// Addresses that passed since the last report.
    pub passed: Vec<Passes>,
    /// Addresses that passed before a flood that is reported for the first time:
    /// the meter may have forgotten them.
    pub earlier: Vec<Passes>,
    /// Sites that are flooded.
    pub flooded: Vec<Flooded>,
}

impl Format for Report {
    const VERSION: u8 = 1;
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
    pub site: u64,
    /// Their names, each cut to 32 bits, and the half-life since 1970 in which
    /// they passed.
    pub names: Vec<(u32, u32)>,
}

/// Addresses that passed on a site before it was flooded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regulars {
    pub site: u64,
    /// Their names, each cut to 32 bits.
    pub names: Vec<u32>,
}

/// A site that is flooded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flooded {
    pub site: u64,
    /// The half-life since 1970 in which the reporting process noticed it.
    pub since: u32,
    /// How many addresses the meter has said passed there before, if it has: it
    /// says so again where it knows of others.
    pub told: Option<u32>,
}

/// An attempt that was solved. It is told by its own name, not as a number, so
/// that it counts once for what its visitor shares with others, however many
/// processes it is posted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solution {
    /// The name of the event.
    pub event: u64,
    /// The network that its challenge went to.
    pub network: u64,
    pub payer: Payer,
    /// The rows of the report that it counts in, by their places.
    pub rows: Vec<u16>,
}

/// Rows of one report: about 60 KB.
pub const MAX_ROWS: usize = 2_048;

/// A name, and what one process counted under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is the name of.
    pub kind: Kind,
    /// The site that it belongs to.
    pub site: u64,
    pub key: u64,
    /// What it may take of a table.
    pub share: Share,
    /// Its name of yesterday, shortly after midnight, where what is usual for it
    /// matters.
    pub formerly: Option<u64>,
    /// Challenges issued.
    pub issued: u16,
    /// Tokens handed out; 0 for what many people share, which counts in
    /// [`Report::solutions`].
    pub solved: u16,
    /// Wrong solutions and answers.
    pub failed: u16,
    /// Registers of what was seen with it in this half-life; empty for all but
    /// networks.
    pub seen: Vec<u8>,
}

impl Row {
    pub(crate) const fn fresh(&self) -> Fresh {
        let Self { issued, solved, failed, .. } = *self;
        Fresh { issued, solved, failed, charged: 0, regular: 0 }
    }

    /// A row of a site's name in which nothing was counted.
    pub const fn of(kind: Kind, site: u64) -> Self {
        Self {
            kind,
            site,
            key: site,
            share: Share::Full,
            formerly: None,
            issued: 0,
            solved: 0,
            failed: 0,
            seen: Vec::new(),
        }
    }
}

/// What all processes have counted: for each row of a report, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// One for each row.
    pub rows: Vec<Total>,
    /// What else is busy on the sites of the report, at most [`MAX_BUSY`] of
    /// each, and [`MAX_BUSY_SHARED`] of what many people share.
    pub busy: Vec<Busy>,
    /// Who passed on the flooded sites before, where that is news.
    pub regulars: Vec<Regulars>,
}

impl Format for Totals {
    const VERSION: u8 = 1;
}

/// Busy addresses, clients, networks and interactions of one site in a reply:
/// about 8 KB.
pub const MAX_BUSY: usize = 512;

/// The same of software, systems and blocks. They have places of their own, so
/// that busy addresses hide no fleet.
pub const MAX_BUSY_SHARED: usize = 256;

/// A busy name, told to processes that may not have seen it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Busy {
    /// What it is the name of.
    pub kind: Kind,
    pub key: u64,
    /// What it may take of a table.
    pub share: Share,
    pub total: Total,
}

/// What all processes have counted under a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Challenges issued, decayed to now.
    pub issued: u32,
    /// Tokens handed out, decayed to now.
    pub solved: u32,
    /// Of these, to visitors who were charged.
    pub charged: u32,
    /// Of these, to regulars.
    pub regular: u32,
    /// Wrong solutions and answers, decayed to now.
    pub failed: u32,
    /// How many different things were seen with it within one to two
    /// half-lives, approximately.
    pub distinct: u32,
    pub usual: Option<Usual>,
}

impl Total {
    /// What is told of a name that is counted, and what is usual for it.
    pub(crate) const fn of(counted: &Counted, usual: Option<Usual>) -> Self {
        let Load { issued, solved, charged, regular, failed } = counted.load;
        Self { issued, solved, charged, regular, failed, distinct: counted.distinct, usual }
    }

    pub const fn load(&self) -> Load {
        let Self { issued, solved, charged, regular, failed, .. } = *self;
        Load { issued, solved, charged, regular, failed }
    }

    pub(super) const fn counted(&self) -> Counted {
        Counted { load: self.load(), distinct: self.distinct, usual: self.usual }
    }
}

#[cfg(test)]
mod tests;
