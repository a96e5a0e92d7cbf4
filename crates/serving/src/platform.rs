//! The platform that an edge runs on, as the routes see it.
//!
//! **platform**: what the edge's routes run on: stores, clock, randomness, log.

use munjigi_captcha::ports::{Meter, PriceStore, RedemptionStore, StoreError};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{CountBatch, HealthCheck};

use crate::counts::Urgency;
use crate::entropy::NoEntropy;
use crate::inbound::Source;
use crate::log::Line;
use crate::ports::{Admission, ControlStore, Images, Limit, Values};
use crate::state::State;

/// One platform with its stores, its clock and its randomness: everything that
/// a route uses besides its request.
///
/// Stores are returned as handles, because on some platforms finding one is
/// work that most requests do not need. A handle that is unavailable is an
/// error of its own: the store is not configured.
///
/// No future here must be `Send`, so that single-threaded platforms can
/// implement it. A route over a platform whose stores are `Send` and `Sync` is
/// `Send` itself.
#[expect(async_fn_in_trait, reason = "a future over a platform is Send where its parts are")]
pub trait Platform {
    /// A request's headers and body.
    type Source: Source;
    /// Published sites and packs.
    type Values: Values;
    /// Rows of attempts, prices, deny lists and nonces.
    type Redemptions: RedemptionStore + PriceStore + ControlStore;
    type Images: Images;
    /// What all processes of the edge count together.
    type Meter: Meter;

    /// The program that runs here.
    const PROGRAM: Program;
    /// Texts about the stores, for operators and the origin.
    const STORE_MESSAGES: StoreMessages;

    /// State that outlives a request; `None` while the configuration has
    /// mistakes, which the platform has logged.
    fn state(&self) -> Option<&State>;

    /// The time. It may stand still between two waits.
    fn now(&self) -> UnixMillis;

    /// Fills a buffer with unpredictable random bytes.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;

    /// Writes a line to the operator's log.
    fn log(&self, line: &Line<'_>);

    /// The store of published sites and packs.
    fn values(&self) -> Result<Self::Values, StoreError>;

    fn redemptions(&self) -> Result<Self::Redemptions, StoreError>;

    /// The generation of the store of redemptions, where one store has all rows.
    /// Attempts that began under another are over: what was spent of them may be
    /// forgotten. `None` where shards share the rows.
    fn generation(&self) -> Option<u16> {
        None
    }

    /// What is wrong with the store of redemptions, and what to do; `None` while
    /// nothing is known to be.
    fn trouble(&self) -> Option<String> {
        None
    }

    fn images(&self) -> Result<Self::Images, StoreError>;

    fn meter(&self) -> Result<Self::Meter, StoreError>;

    /// Counts a call against a rate limit. A limiter that does not answer
    /// admits everybody: the policy's own counters still raise the price.
    async fn admit(&self, limit: Limit, key: &str) -> Admission;

    /// The text of a static file, by its path with the leading slash; `None` if
    /// the file does not exist or is unavailable.
    async fn asset(&self, path: &str) -> Option<String>;

    /// Forwards counts towards the origin. On an error the counts are lost; it
    /// says why, for the log.
    async fn forward(&self, batch: &CountBatch) -> Result<(), String>;

    /// What else `GET /health` says: what the operator of this platform has to
    /// keep in order.
    fn checks(&self) -> Vec<HealthCheck> {
        Vec::new()
    }

    /// Waits for this long.
    async fn sleep(&self, milliseconds: u64);

    /// Runs [`crate::background::run`] on this platform after the answer, so that
    /// no one waits for it.
    fn later(&self, task: BackgroundTask);
}

/// Something that a process does after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackgroundTask {
    /// Send the counts towards the origin.
    SendCounts(Urgency),
    /// Tell the meter what was counted, and learn what others counted.
    AskMeter,
}

/// The bytes of an image on a platform.
pub type Bytes<P> = <<P as Platform>::Images as Images>::Bytes;

/// The running program, for `GET /version` and the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The package: `munjigi-edge`.
    pub name: &'static str,
    /// Its version: `0.1.0`.
    pub version: &'static str,
    /// The commit that it was built from, `unknown` if the build did not set
    /// it.
    pub build: &'static str,
}

/// Sentences about a platform's stores in the platform's own terms: an operator
/// should read what to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreMessages {
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
