//! What an edge runs on, as the routes see it.

use munjigi_captcha::ports::{PriceStore, RedemptionStore, StoreError};
use munjigi_keys::UnixMillis;
use munjigi_protocol::CountBatch;

use crate::counts::Urgency;
use crate::entropy::NoEntropy;
use crate::inbound::Source;
use crate::log::Line;
use crate::ports::{Admission, Images, Ledgers, Limit, Values};
use crate::state::State;

/// One platform with its stores, its clock and its randomness: everything that
/// a route reaches besides its request.
///
/// Stores are handed out as handles, since on some platforms finding one is
/// work that most requests do not need. A handle that cannot be had is an
/// error of its own: the store is not configured.
///
/// No future here must be `Send`, so that platforms of one thread can
/// implement it. A route over a platform whose stores are `Send` and `Sync`
/// is `Send` by itself.
#[expect(async_fn_in_trait, reason = "a future over a platform is Send where its parts are")]
pub trait Platform {
    /// A request's headers and body.
    type Source: Source;
    /// Published sites and packs.
    type Values: Values;
    /// Rows of attempts, prices and what is kept beside them.
    type Redemptions: RedemptionStore + PriceStore + Ledgers;
    /// The images of packs.
    type Images: Images;

    /// What runs here.
    const PROGRAM: Program;
    /// What operators and the origin read about the stores.
    const WORDING: Wording;

    /// What outlives a request; none while the configuration has mistakes,
    /// which the platform has logged.
    fn state(&self) -> Option<&State>;

    /// The time. It may stand still between two waits.
    fn now(&self) -> UnixMillis;

    /// Fills a buffer with random bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;

    /// Writes a line to the operator's log.
    fn log(&self, line: &Line<'_>);

    /// The store of published sites and packs.
    fn values(&self) -> Result<Self::Values, StoreError>;

    /// The store of redemptions.
    fn redemptions(&self) -> Result<Self::Redemptions, StoreError>;

    /// The store of images.
    fn images(&self) -> Result<Self::Images, StoreError>;

    /// Counts a call against a rate limit. A limiter that does not answer lets
    /// everybody pass: the policy's own counters still raise the price.
    async fn admit(&self, limit: Limit, key: &str) -> Admission;

    /// The text of a file that is served beside the routes, by its path with
    /// the leading slash; none where there is no such file or it cannot be had.
    async fn asset(&self, path: &str) -> Option<String>;

    /// Hands counts on towards the origin. The error says why for the log;
    /// the counts are then lost.
    async fn forward(&self, batch: &CountBatch) -> Result<(), String>;

    /// Waits.
    async fn sleep(&self, milliseconds: u64);

    /// Runs [`crate::report::send`] on this platform with this urgency, after
    /// the answer, so that nobody waits for it.
    fn report(&self, urgency: Urgency);
}

/// The bytes of an image of a platform.
pub type Bytes<P> = <<P as Platform>::Images as Images>::Bytes;

/// What runs, for `GET /version` and the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The package: `munjigi-edge`.
    pub name: &'static str,
    /// Its version: `0.1.0`.
    pub version: &'static str,
    /// The commit that it was built from, `unknown` where nobody said.
    pub build: &'static str,
}

/// Sentences about a platform's stores, in its own words: an operator should
/// read what to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    /// A problem's detail: [`Platform::values`] does not respond.
    pub values_away: &'static str,
    /// The same for `GET /health`, with what still works and what to check.
    pub values_down: &'static str,
    /// For `GET /health`: the redemptions do not respond, with what to check.
    pub redemptions_down: &'static str,
    /// A problem's detail: [`Platform::redemptions`] is not configured.
    pub redemptions_missing: &'static str,
    /// A problem's detail: the deny list was not changed everywhere.
    pub deny_list_away: &'static str,
}
