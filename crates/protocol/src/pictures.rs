//! Pictures on the wire: the step that a visitor sees and the answer to it,
//! and the packs that the origin publishes to the edge.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a picture is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum PictureType {
    /// Choose every tile that shows the thing.
    #[serde(rename = "grid")]
    Grid,
    /// Point at the thing.
    #[serde(rename = "area")]
    Area,
    /// Turn the thing until it faces as shown.
    #[serde(rename = "turn")]
    Turn,
}

impl PictureType {
    /// Every type.
    pub const ALL: &[Self] = &[Self::Grid, Self::Area, Self::Turn];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Area => "area",
            Self::Turn => "turn",
        }
    }
}

/// Kinds of picture that a site may show: how a picture is answered, and what it
/// is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(rename_all = "kebab-case"))]
pub enum PictureKind {
    /// A drawn grid.
    Grid,
    /// A drawn area.
    Area,
    /// A drawn turn.
    Turn,
    /// A grid of an operator's photos.
    PhotoGrid,
    /// An area in an operator's photo.
    PhotoArea,
}

impl PictureKind {
    /// Every kind.
    pub const ALL: &[Self] =
        &[Self::Grid, Self::Area, Self::Turn, Self::PhotoGrid, Self::PhotoArea];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Area => "area",
            Self::Turn => "turn",
            Self::PhotoGrid => "photo-grid",
            Self::PhotoArea => "photo-area",
        }
    }

    /// How it is answered.
    pub const fn picture_type(self) -> PictureType {
        match self {
            Self::Grid | Self::PhotoGrid => PictureType::Grid,
            Self::Area | Self::PhotoArea => PictureType::Area,
            Self::Turn => PictureType::Turn,
        }
    }

    /// Whether it is made of an operator's photos, and not drawn.
    pub const fn is_photo(self) -> bool {
        matches!(self, Self::PhotoGrid | Self::PhotoArea)
    }
}

/// Not a kind of picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownPictureKind;

impl fmt::Display for UnknownPictureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no kind of picture: grid, area, turn, photo-grid, photo-area")
    }
}

impl core::error::Error for UnknownPictureKind {}

impl FromStr for PictureKind {
    type Err = UnknownPictureKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(UnknownPictureKind)
    }
}

// Written out: derived, it is larger code, and the edge's is counted. In postcard,
// a kind is its place among all.
impl Serialize for PictureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.as_str())
        } else {
            serializer.serialize_u8(*self as u8)
        }
    }
}

impl<'de> Deserialize<'de> for PictureKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kind = if deserializer.is_human_readable() {
            <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().ok()
        } else {
            Self::ALL.get(usize::from(u8::deserialize(deserializer)?)).copied()
        };
        kind.ok_or_else(|| serde::de::Error::custom("no kind of picture"))
    }
}

/// A picture to answer, in as many rounds as it takes to defeat guessing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PictureStep {
    /// The kind of picture.
    #[serde(rename = "type")]
    pub picture_type: PictureType,
    /// Tiles or views from top to bottom of a round's first image; 1 for
    /// `area`.
    pub rows: u8,
    /// Tiles or views from left to right; 1 for `area`.
    pub columns: u8,
    /// The rounds, to be answered one after the other.
    pub rounds: Vec<PictureRound>,
}

/// One round of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PictureRound {
    /// The thing to look for, as a key of the locale files.
    pub prompt: String,
    /// Paths of the images, named for this challenge only: the tiles of a grid
    /// or the views of a thing as one image, row by row; for `turn`, followed
    /// by the one that shows which way it should face.
    pub images: Vec<String>,
}

/// The answer to a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", try_from = "FlatAnswer")]
pub enum Answer {
    /// The tiles that the visitor chose.
    #[serde(rename = "grid")]
    Grid {
        /// Per round the indexes of the chosen tiles, counted row by row
        /// from 0, ascending.
        cells: Vec<Vec<u8>>,
        /// How it was answered.
        trace: Trace,
    },
    /// The points that the visitor chose.
    #[serde(rename = "area")]
    Area {
        /// Per round the point, in thousandths of the picture's width from
        /// the left and of its height from the top.
        points: Vec<[u16; 2]>,
        /// How it was answered.
        trace: Trace,
    },
    /// The views that the visitor chose.
    #[serde(rename = "turn")]
    Turn {
        /// Per round the index of the view.
        views: Vec<u8>,
        /// How it was answered.
        trace: Trace,
    },
}

/// An [`Answer`] with the fields of every type, read in one go; a tagged enum
/// would have to be buffered until its tag is found. Nothing else at the edge
/// needs the code for that.
#[derive(Deserialize)]
struct FlatAnswer {
    #[serde(rename = "type")]
    picture_type: PictureType,
    cells: Option<Vec<Vec<u8>>>,
    points: Option<Vec<[u16; 2]>>,
    views: Option<Vec<u8>>,
    #[serde(default)]
    trace: Trace,
}

impl TryFrom<FlatAnswer> for Answer {
    type Error = &'static str;

    fn try_from(flat: FlatAnswer) -> Result<Self, &'static str> {
        let FlatAnswer { picture_type, cells, points, views, trace } = flat;
        match (picture_type, cells, points, views) {
            (PictureType::Grid, Some(cells), None, None) => Ok(Self::Grid { cells, trace }),
            (PictureType::Area, None, Some(points), None) => Ok(Self::Area { points, trace }),
            (PictureType::Turn, None, None, Some(views)) => Ok(Self::Turn { views, trace }),
            _ => Err("the answer has not just the field of its type"),
        }
    }
}

/// How a picture was answered, as coarse features that the frame computes. They
/// only ever add to the score: a visitor without a pointer loses nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct Trace {
    /// Tenths of a second from the picture to the first action.
    pub first_act: u16,
    /// Tenths of a second from the picture to the answer.
    pub whole: u16,
    /// Number of actions (choices, moves, keys); at most 255.
    pub acts: u8,
    /// How uneven the pauses between actions were, 0 (all alike) to 3.
    pub rhythm: u8,
    /// How far from the centres of the chosen things, 0 (exactly in the centre,
    /// or no pointer) to 3.
    pub scatter: u8,
}

/// Identifies a pack: 8 random bytes, 16 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackId(pub [u8; 8]);

/// The text is not 16 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPackId;

impl fmt::Display for InvalidPackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pack's id is 16 lower-case hex digits")
    }
}

impl core::error::Error for InvalidPackId {}

impl fmt::Display for PackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for PackId {
    type Err = InvalidPackId;

    fn from_str(text: &str) -> Result<Self, InvalidPackId> {
        let digits = <[u8; 16]>::try_from(text.as_bytes()).map_err(|_| InvalidPackId)?;
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(InvalidPackId),
        };
        let mut bytes = [0; 8];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            if let [high, low] = pair {
                *byte = digit(*high)? << 4 | digit(*low)?;
            }
        }
        Ok(Self(bytes))
    }
}

impl Serialize for PackId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for PackId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 8]>::deserialize(deserializer).map(Self);
        }
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The body of `PUT /internal/packs/{id}`: what a pack holds, including its
/// answers, in postcard. Its images are already in the bucket, one after the
/// other in one object. Never changes once it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// The pack's id.
    pub id: PackId,
    /// The kind of each of its items.
    #[serde(rename = "type")]
    pub picture_type: PictureType,
    /// Tiles or views from top to bottom of an item's first image.
    pub rows: u8,
    /// Tiles or views from left to right.
    pub columns: u8,
    /// Content type of every image: `image/jpeg` or `image/avif`.
    pub content_type: String,
    /// Length of the object with the images.
    pub image_bytes: u32,
    /// Rounds to be dealt from; at most 1,024.
    pub items: Vec<PackItem>,
}

/// The part of a pack that one round is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackItem {
    /// The thing to look for, as a key of the locale files.
    pub prompt: String,
    /// Where in the pack's object its images lie: as in [`PictureRound`].
    pub images: Vec<ImageSpan>,
    /// The right answer to the round.
    pub answer: RightRound,
}

/// The position of an image in its pack's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSpan {
    /// Offset of its first byte.
    pub at: u32,
    /// Length in bytes.
    pub len: u32,
}

/// The right answer to one round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RightRound {
    /// Exactly these tiles.
    #[serde(rename = "grid")]
    Grid {
        /// Their indexes, ascending.
        cells: Vec<u8>,
    },
    /// Any point in these squares.
    #[serde(rename = "area")]
    Area {
        /// Squares from left to right, at most 64.
        columns: u8,
        /// Squares from top to bottom, at most 64.
        rows: u8,
        /// A bit per square, row by row, lowest bit of the first byte first;
        /// 1 where a point is right: the thing and a margin around it.
        #[serde(with = "bits")]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        mask: Vec<u8>,
    },
    /// One of these views.
    #[serde(rename = "turn")]
    Turn {
        /// Their indexes, ascending.
        views: Vec<u8>,
    },
}

/// Serialises bytes as base64 in text formats, and as they are in postcard.
mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::base64;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&base64::encode(bytes))
        } else {
            bytes.serialize(serializer)
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        if deserializer.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            base64::decode(&text).ok_or_else(|| serde::de::Error::custom("a mask is base64"))
        } else {
            Vec::deserialize(deserializer)
        }
    }
}

/// The body of `PUT /internal/pools`: the packs that pictures are dealt from
/// now, in postcard. A PUT with a lower version than the stored one is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pools {
    /// Version of the pools; increases with every change.
    pub version: u64,
    /// The packs; all of them are published.
    pub packs: Vec<PoolEntry>,
}

/// A pack of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolEntry {
    /// The pack's id.
    pub id: PackId,
    /// The kind of its pictures.
    pub kind: PictureKind,
    /// When dealing from it ends, in seconds since 1970.
    pub retire_at: u64,
}
