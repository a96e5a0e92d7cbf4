//! Between the origin and the gpu-backend. Every call is signed like those
//! between edge and origin, with the audience `gpu`; the signed query says whom
//! it is for: `?caller=NAME&priority=high|low&deadline_ms=N`.

use serde::{Deserialize, Serialize};

use crate::{PictureType, RightRound};

/// `POST /v1/render`: pictures to draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderRequest {
    /// What to draw; at most 16.
    pub pictures: Vec<Rendering>,
    /// The model that shall try to answer each, `NAME` or `NAME@VERSION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
}

/// One picture to draw. The same seed is the same picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rendering {
    /// Which kind.
    #[serde(rename = "type")]
    pub picture_type: PictureType,
    /// 64 lower-case hex digits.
    pub seed: String,
}

/// The answer to `POST /v1/render`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderReply {
    /// In the order of the request.
    pub pictures: Vec<RenderedPicture>,
    /// What drew them: `cpu`.
    pub drawn_by: String,
}

/// A picture with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderedPicture {
    /// Which kind.
    #[serde(rename = "type")]
    pub picture_type: PictureType,
    /// The seed that was asked for.
    pub seed: String,
    /// The thing to look for.
    pub prompt: String,
    /// Tiles or views from top to bottom of the first image.
    pub rows: u8,
    /// Tiles or views from left to right.
    pub columns: u8,
    /// As in [`crate::PictureRound`].
    pub images: Vec<RenderedImage>,
    /// What is right.
    pub answer: RightRound,
    /// How plain the answer is by construction, 0–1: the least share of what
    /// is asked for that is seen, and how far it stands out. Below 0.5 it is
    /// ambiguous.
    pub clarity: f32,
    /// What the judge made of it; absent where none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
}

/// An encoded image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderedImage {
    /// `image/jpeg` or `image/avif`.
    pub content_type: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Its bytes in unpadded URL-safe base64.
    pub data: String,
}

/// How a model did on a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Judgement {
    /// `NAME@VERSION`.
    pub model: String,
    /// Whether its answer was right.
    pub passed: bool,
    /// How sure it was of its answer, 0–1.
    pub confidence: f32,
}

/// The answer to `POST /v1/predict`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PredictReply {
    /// The model's name.
    pub model: String,
    /// Its version.
    pub version: String,
    /// What computed it: `wonnx` or `rten`.
    pub engine: String,
    /// What it says.
    pub prediction: Prediction,
    /// From arrival to answer, in milliseconds.
    pub milliseconds: f64,
}

/// What a model says of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "task")]
pub enum Prediction {
    /// What it shows, likeliest first.
    #[serde(rename = "classify")]
    Classify {
        /// Label and probability.
        classes: Vec<(String, f32)>,
    },
    /// What it shows where, surest first.
    #[serde(rename = "segment")]
    Segment {
        /// The things.
        things: Vec<SegmentedThing>,
    },
}

/// A thing in an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentedThing {
    /// What it is.
    pub label: String,
    /// How sure, 0–1.
    pub score: f32,
    /// Left, top, right, bottom in pixels of the image that was sent.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
    /// Squares from left to right of the mask, which covers the whole image.
    pub columns: u8,
    /// Squares from top to bottom.
    pub rows: u8,
    /// As [`RightRound::Area`]'s, without a margin; base64.
    pub mask: String,
}

/// The answer to the gpu-backend's `GET /version`: what runs there, and on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GpuVersion {
    /// The program.
    pub name: String,
    /// Its release.
    pub version: String,
    /// The source that it was built from.
    pub build: String,
    /// The adapter that is used; absent on the CPU, and after it was left.
    pub adapter: Option<String>,
    /// What may compute models, the preferred one first.
    pub engines: Vec<String>,
    /// Why the engines are these.
    pub reason: String,
    /// Whether the folder of models was read; until then there are none.
    pub is_loaded: bool,
    /// The models in service.
    pub models: Vec<ServedModel>,
    /// What in the folder of models cannot be used.
    pub broken: Vec<BrokenModel>,
}

/// A version of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServedModel {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `classify` or `segment`.
    pub task: String,
    /// Of its file, in hex.
    pub sha256: String,
    /// The terms under which it may be used.
    pub licence: String,
    /// Who made it and where it comes from.
    pub source: String,
    /// By batch size.
    pub sizes: Vec<ServedSize>,
}

/// Where a batch size is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServedSize {
    /// Images that are computed together.
    pub batch: u64,
    /// `wonnx` or `rten`.
    pub engine: String,
    /// Why there; what broke, where the GPU was left while serving.
    pub verdict: String,
}

/// A model that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrokenModel {
    /// Its folder or file.
    pub place: String,
    /// The stable code.
    pub code: String,
    /// What is wrong with it.
    pub what: String,
}
