//! Every type that crosses a wire, once: requests, answers, events, site
//! configuration, error codes, routes and headers.
//!
//! Spellings live here and nowhere else. `munjigi-captcha` decides what the
//! values mean and when they are sent.
#![warn(missing_docs)]

pub mod accept_language;
mod attempt;
pub mod base64;
mod base_path;
mod clearance;
mod codes;
mod events;
mod frame;
mod gpu;
pub mod headers;
mod outcomes;
mod pictures;
mod problem;
pub mod routes;
mod score_weights;
mod signals;
mod signs;
mod site;
mod siteverify;
mod state;
mod words;

pub use attempt::{
    Algorithm, AlgorithmName, AttemptId, ChallengeReply, ChallengeRequest, InvalidAttemptId,
    PuzzleStep, SolutionReply, SolutionRequest, Step, Want,
};
pub use base_path::base_path;
pub use clearance::{
    CLEARANCE_COOKIE, CLEARANCE_ROUNDS_COOKIE, ClearanceReply, ClearanceRequest, ClearanceWanted,
    Level, Protection, WELL_KNOWN,
};
pub use codes::{Code, SiteverifyCode};
pub use events::{
    BatchId, Count, CountBatch, CountKind, EventBatch, FleetCount, PRICE_BUCKETS, PictureCount,
    PriceCount, RedeemedEvent, SOLVE_MS_BOUNDS, SOLVE_MS_BUCKETS,
};
pub use frame::{
    FrameMessage, FrameState, PageMessage, PageOptions, WidgetRetry, WidgetSize, WidgetStart,
    WidgetTheme,
};
pub use gpu::{
    BrokenModel, GpuVersion, Judgement, PredictReply, Prediction, RenderReply, RenderRequest,
    RenderedImage, RenderedPicture, Rendering, SegmentedThing, ServedModel, ServedSize,
};
pub use outcomes::{
    Outcome, OutcomeKey, OutcomeReason, OutcomeReply, OutcomeReport, OutcomeRequest,
};
pub use pictures::{
    Answer, ImageSpan, InvalidPackId, Pack, PackId, PackItem, PictureKind, PictureRound,
    PictureStep, PictureType, PoolEntry, Pools, RightRound, Trace, UnknownPictureKind,
};
pub use problem::{PROBLEM_CONTENT_TYPE, Problem};
pub use routes::Route;
pub use score_weights::ScoreWeights;
pub use signals::{Check, Signals};
pub use signs::{Sign, Signs};
pub use site::{Mode, Rule, RuleMatch, SiteConfig, SiteState, UnderAttack, Verdict, Work};
pub use siteverify::{Metadata, ScoreReason, SiteverifyReply, SiteverifyRequest};
pub use state::{
    Health, HealthCheck, InternalState, ListDelete, SiteDelete, SitePut, Status, Version,
};

/// Version of the wire, as it stands in paths (`/v1/…`) and in seals (`mj1.`).
pub const VERSION: u8 = 1;

#[cfg(test)]
mod tests;
