//! The rules of Munjigi, pure: keys and seals, host names, the policy, and
//! what each route of the edge decides.
//!
//! Nothing here does I/O, reads a clock or draws randomness: time, random
//! numbers and stores are arguments, so that a test can replay any hour from a
//! seed. `munjigi-protocol` spells what crosses a wire; how the shells (the
//! edge, the origin, the tools) reach their stores is up to them.
#![warn(missing_docs)]

mod address;
mod authority;
mod call;
mod challenge;
pub mod clearance;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod credentials;
pub mod crockford;
#[cfg(any(test, feature = "contract"))]
pub mod fuzzing;
mod holds;
mod host;
mod hosting;
pub mod issue;
mod labels;
mod list;
pub mod naming;
pub mod outcomes;
pub mod phones;
pub mod pictures;
pub mod policy;
pub mod ports;
mod price;
mod purpose;
mod receipt;
pub mod redemption;
mod refusal;
mod seal;
mod shared;
mod site;
mod site_entry;
pub mod siteverify;
mod software;
pub mod solve;
mod tally;
mod test_sitekeys;
mod token;
mod vendor_keys;
mod visit;
pub mod weights;

pub use address::{Address, Prefix};
pub use authority::Authority;
pub use call::Call;
pub use challenge::{Began, ChallengeClaims, Owed, SealedPicture, SealedPuzzle, SealedStep, Way};
pub use credentials::{Alias, KeyCheck, KeyError, Secret, SecretHash, Sitekey, Vendor};
pub use holds::Holds;
pub use host::{HostError, HostPattern, Hostname, SiteHost};
pub use labels::{Action, Cdata, LabelError};
pub use list::{
    Entry, EntryError, InvalidListId, List, ListId, ListSource, Listings, MAX_LISTS, listings,
};
pub use price::Price;
pub use refusal::Refusal;
pub use seal::{MAX_CHALLENGE_CHARS, MAX_SEAL_CHARS, SealError};
pub use shared::Shared;
pub use site::{
    Exemption, Guard, Loads, Match, Prediction, SeenHost, Sighting, Site, SiteError, Wanted,
    is_link_preview, new_site, open_below,
};
pub use site_entry::SiteEntry;
pub use software::Software;
pub use tally::{FleetTally, PictureFate, PictureTally, PriceTally, Tally};
pub use test_sitekeys::TestSitekey;
pub use token::TokenClaims;
pub use vendor_keys::{ImportFilter, Imports, MAX_IMPORTS, import_name};
pub use visit::{AgentKind, Country, HttpVersion, Location, TlsVersion, Visit};
