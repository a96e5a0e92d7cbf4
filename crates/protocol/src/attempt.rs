//! One attempt on the wire: the request for a challenge, the steps, the
//! solutions and their answers.
//!
//! **attempt**: one try of one visitor to pass, from the first challenge to the
//! token.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Answer, PictureStep, Signals, base64};

/// The 16 random bytes that identify an attempt from its first puzzle to its
/// token. On the wire, 22 characters of unpadded URL-safe base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptId(pub [u8; 16]);

/// The text is not 22 characters of unpadded URL-safe base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAttemptId;

impl fmt::Display for InvalidAttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attempt's id is 16 bytes in unpadded URL-safe base64")
    }
}

impl core::error::Error for InvalidAttemptId {}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64::encode(&self.0))
    }
}

impl FromStr for AttemptId {
    type Err = InvalidAttemptId;

    fn from_str(text: &str) -> Result<Self, InvalidAttemptId> {
        base64::decode_array(text).map(Self).ok_or(InvalidAttemptId)
    }
}

impl Serialize for AttemptId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AttemptId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The hash that a puzzle asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Algorithm {
    /// HashWX: a fresh program per sub-puzzle, run as WebAssembly.
    #[serde(rename = "hashwx")]
    HashWx,
    /// SHA-256 in plain JavaScript, where WebAssembly is missing.
    #[serde(rename = "sha256")]
    Sha256,
}

impl Algorithm {
    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HashWx => "hashwx",
            Self::Sha256 => "sha256",
        }
    }
}

/// An algorithm that a widget offers. Widgets may be newer than the edge, so an
/// unknown name is read as such instead of refusing the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum AlgorithmName {
    /// See [`Algorithm::HashWx`]; the widget can run it.
    #[serde(rename = "hashwx")]
    HashWx,
    /// See [`Algorithm::Sha256`]; the widget can run it.
    #[serde(rename = "sha256")]
    Sha256,
    /// A name that this edge does not know.
    #[serde(other, rename = "unknown")]
    Unknown,
}

/// The body of `POST /v1/challenges`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChallengeRequest {
    /// The site's key, `mj_…`, or one of its aliases.
    pub sitekey: String,
    /// Host name of the page that embeds the frame.
    pub hostname: String,
    /// What the visitor is doing; at most 32 of `[A-Za-z0-9_/-]`.
    #[serde(default)]
    pub action: String,
    /// The integrator's own data, at most 255 bytes; returned by siteverify.
    #[serde(default)]
    pub cdata: String,
    /// Language tag of the widget's texts.
    #[serde(default)]
    pub locale: String,
    /// Version of the widget.
    #[serde(default)]
    pub widget: String,
    /// What the browser can compute, best first.
    pub algorithms: Vec<AlgorithmName>,
    /// Features of the visit so far.
    #[serde(default)]
    pub signals: Signals,
}

/// The answer to `POST /v1/challenges`: a sealed challenge and its step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChallengeReply {
    /// The seal to send back with the solution.
    pub challenge: String,
    /// Seconds until the challenge expires.
    pub expires_in: u32,
    /// What the visitor's browser, or the visitor, has to do.
    pub step: Step,
}

/// What a visitor's browser (or the visitor) is asked to do next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind")]
pub enum Step {
    /// Proof of work for the browser.
    #[serde(rename = "puzzle")]
    Puzzle(PuzzleStep),
    /// A picture for the visitor to answer.
    #[serde(rename = "picture")]
    Picture(PictureStep),
}

/// `count` sub-puzzles, numbered from `first`; nonce `n` solves sub-puzzle
/// `i` when `hash(i, n) < floor(2^64 / work)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PuzzleStep {
    /// The hash that nonces are tried with.
    pub algorithm: Algorithm,
    /// The attempt's id; enters every sub-puzzle's seed.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub id: AttemptId,
    /// Number of the first sub-puzzle. A further puzzle of the same attempt
    /// continues where the last one ended, so that no nonce counts twice.
    pub first: u32,
    /// Number of sub-puzzles, 1–64.
    pub count: u32,
    /// Expected hashes per sub-puzzle.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub work: u64,
    /// Nonces per generated function.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub epoch_len: u64,
}

/// The body of `POST /v1/solutions`: exactly one of `nonces`, `answer` and
/// `want`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SolutionRequest {
    /// The sealed challenge, as it was received.
    pub challenge: String,
    /// One nonce per sub-puzzle, in their order; each below 2^48.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(type = "Array<number>", optional))]
    pub nonces: Option<Vec<u64>>,
    /// The answer to a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Requests another way instead of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<Want>,
    /// Features of the visit so far.
    #[serde(default)]
    pub signals: Signals,
}

/// What a visitor asks for instead of the step offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Want {
    /// A longer puzzle instead of a picture ("another way").
    #[serde(rename = "work")]
    Work,
}

/// The answer to `POST /v1/solutions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "status")]
pub enum SolutionReply {
    /// The attempt is complete.
    #[serde(rename = "passed")]
    Passed {
        /// To be sent to siteverify by the site's back end, once.
        token: String,
        /// Seconds until the token expires.
        expires_in: u32,
    },
    /// Another step follows.
    #[serde(rename = "next")]
    Next(ChallengeReply),
}
