//! Decaying counters: what was recently issued per address, client and network
//! of a site; what failed per address and client; what was solved there, on the
//! whole site, and per block of networks, autonomous system, interaction and
//! client software; from how many different networks each came; and which
//! attempts were already counted. Approximate, bounded, and lost with the
//! process.
//!
//! What many people share counts only what was solved: a challenge that is
//! requested and not paid for counts against no other client.
//!
//! The names under which a visit is counted are numbers that the caller makes
//! ([`CounterKeys`]): nothing here knows an address. What the counts cost a
//! visitor is decided by the policy of `munjigi-captcha`.

mod counters;
mod decay;
mod event;
mod keys;
mod load;
pub mod meter;
mod mix;
mod name;
mod passed;
mod pressure;
mod recent;
mod report;
mod report_queue;
mod sketch;
pub mod sorted;
mod table;
mod tables;

pub use counters::Counters;
pub use event::{Event, Payer};
pub use keys::{Anywhere, CounterKeys, Fingerprint, Names, PLATFORM};
pub use load::Load;
pub use mix::mix;
pub use passed::Cause;
pub use pressure::{Crowd, Fleet, Part, Pressure};
pub use report::{
    Busy, Flooded, MAX_BUSY, MAX_BUSY_SHARED, MAX_ROWS, Passes, Regulars, Report, Row, Solution,
    Total, Totals,
};
pub use table::{Share, Usual};
pub use tables::Kind;

use decay::{Clock, TICKS_PER_HALF_LIFE, decayed};
use event::CounterEvent;
use recent::Recent;
use table::{Counted, window};
use tables::Tables;
