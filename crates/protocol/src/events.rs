//! What the edge tells the origin. Never an address, never a full user agent.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Algorithm, AttemptId, Code, OutcomeReport, PackId, PictureType, Signs, base64};

/// Identifies a batch of counts; the origin records each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchId(pub [u8; 16]);

impl Serialize for BatchId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for BatchId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AttemptId::deserialize(deserializer).map(|id| Self(id.0))
    }
}

/// The body of `POST /internal/events` of the origin: durable events, delivered
/// at least once and recorded once by their ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventBatch {
    /// The object that sends: `<shards>/<number>`.
    pub shard: String,
    /// At most 500, at most 96 KB together.
    pub events: Vec<RedeemedEvent>,
}

/// A token was spent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RedeemedEvent {
    /// The attempt whose token was spent.
    pub id: AttemptId,
    /// When the token was spent, in milliseconds since 1970.
    pub redeemed_at: u64,
    /// When the challenge was solved, in milliseconds since 1970.
    pub solved_at: u64,
    /// The canonical sitekey.
    pub sitekey: String,
    /// Host name of the page.
    pub hostname: String,
    /// The action; may be empty.
    pub action: String,
    /// In hundredths: 0 = bot, 100 = person.
    pub score: u8,
    /// Whether a picture was answered.
    pub interactive: bool,
    /// Whether a picture was asked for.
    pub stepped: bool,
    /// The hash of the last puzzle.
    pub algorithm: Algorithm,
    /// ISO 3166-1 alpha-2, empty where unknown.
    pub country: String,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// What was noticed about the visit.
    #[serde(default)]
    pub signs: Signs,
    /// Later calls that were refused because the token was already spent. Sent
    /// again with the final number when the row is about to be deleted.
    pub rejected: u32,
}

/// The body of `POST /internal/counts` of the origin: approximate numbers, and
/// outcomes, which wait in the queue until the origin has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountBatch {
    /// The batch's id, under which the origin records it once.
    pub batch: BatchId,
    /// One entry per minute and combination of labels.
    pub counts: Vec<Count>,
    /// What became of pictures, by minute and pack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<PictureCount>,
    /// What first challenges cost, and for which fleets, by minute and site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<PriceCount>,
    /// What sites' back ends report about visitors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<OutcomeReport>,
}

/// Number of price buckets.
pub const PRICE_BUCKETS: usize = 7;

/// What first challenges of a site cost within one minute in one isolate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceCount {
    /// Minutes since 1970.
    pub minute: u64,
    /// The canonical sitekey.
    pub sitekey: String,
    /// Challenges by their work as a multiple of the site's floor: below 2,
    /// below 4, below 8, below 16, below 32, below 64, and more.
    pub issued: [u32; PRICE_BUCKETS],
    /// Software that came from far more networks than is usual.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fleets: Vec<FleetCount>,
}

/// Software that came from far more networks than is usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetCount {
    /// A keyed pseudonym of the software on the site, for the day: 8 hex digits.
    pub name: String,
    /// From how many networks it came within one to two half-lives, about.
    pub networks: u32,
    /// First challenges issued to it.
    pub issued: u32,
}

/// What became of the pictures of a pack within one minute in one isolate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureCount {
    /// Minutes since 1970.
    pub minute: u64,
    /// The kind of picture.
    #[serde(rename = "type")]
    pub picture_type: PictureType,
    /// The pack; `None` if a picture was due and there was none to deal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackId>,
    /// Challenges dealt; without a pack, the number that could not be dealt.
    pub dealt: u32,
    /// Number of right answers.
    pub right: u32,
    /// Number of wrong answers.
    pub wrong: u32,
    /// Visitors who chose another way.
    pub way: u32,
}

/// How often something happened within one minute in one isolate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Minutes since 1970.
    pub minute: u64,
    /// The canonical sitekey.
    pub sitekey: String,
    /// Host name of the page, empty where unknown. Unless `kind` is `solved`, a
    /// name from the site's configuration; for a wildcard, its base.
    pub hostname: String,
    /// The action, may be empty; empty unless `kind` is `solved`.
    pub action: String,
    /// The kind of event.
    pub kind: CountKind,
    /// Why, for `refused`; otherwise `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// ISO 3166-1 alpha-2, empty where unknown.
    pub country: String,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// The hash, if one was involved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// How often it happened.
    pub count: u32,
    /// Reported solve times: one number per bucket of [`SOLVE_MS_BOUNDS`],
    /// the last for everything longer. Empty unless `kind` is `solved`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub solve_ms: Vec<u32>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CountKind {
    /// A first challenge was issued.
    #[serde(rename = "issued")]
    Issued,
    /// A token was handed out.
    #[serde(rename = "solved")]
    Solved,
    /// More was required than by the first challenge.
    #[serde(rename = "stepped")]
    Stepped,
    /// A solution or answer was wrong.
    #[serde(rename = "failed")]
    Failed,
    /// A challenge expired before its solution arrived.
    #[serde(rename = "abandoned")]
    Abandoned,
    /// A request was refused; `code` says why.
    #[serde(rename = "refused")]
    Refused,
    /// A first challenge was issued while the site was under attack, by the
    /// edge's own counters; it is counted as `issued` too.
    #[serde(rename = "flooded")]
    Flooded,
    /// A request for a protected path was not let through; `action` is the start
    /// of its rule's path.
    #[serde(rename = "stopped")]
    Stopped,
    /// It would not have been, if the rule were not a dry run.
    #[serde(rename = "would-stop")]
    WouldStop,
}

impl CountKind {
    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Solved => "solved",
            Self::Stepped => "stepped",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
            Self::Refused => "refused",
            Self::Flooded => "flooded",
            Self::Stopped => "stopped",
            Self::WouldStop => "would-stop",
        }
    }
}

/// Upper bounds of the solve-time buckets, in milliseconds: doubling, from what
/// a fast desktop needs to longer than anyone waits.
pub const SOLVE_MS_BOUNDS: [u32; 11] =
    [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 60_000];

/// Number of solve-time buckets, the open last one included.
pub const SOLVE_MS_BUCKETS: usize = SOLVE_MS_BOUNDS.len() + 1;
