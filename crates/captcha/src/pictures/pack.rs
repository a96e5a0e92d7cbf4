//! A pack that can be dealt from: its parts fit together, and a guess rarely
//! passes. The origin and the gpu-backend draw packs; `munjigi-protocol`
//! defines their encoding.
//!
//! **pack**: a set of pictures drawn beforehand, with their answers.

use munjigi_protocol::{ImageSpan, Pack, PackId, PackItem, PictureType, Pools, RightRound};

use super::MOST_GUESSED;
use crate::seal::{decode, encode};

const MAX_ITEMS: usize = 1_024;
const MAX_TILES: u32 = 64;
const MAX_SQUARES: u8 = 64;
const MAX_PROMPT_BYTES: usize = 64;
const MAX_ROUNDS: usize = 3;

/// Number of right tiles among nine: three, four or five, equally often.
const USUALLY_RIGHT: core::ops::RangeInclusive<u32> = 3..=5;

/// That rule weighs as much as this many grids of the pack.
const KNOWN_AS: f64 = 32.0;

/// A guesser who knows where things tend to lie finds one at most this many
/// times as often as on average. Of 1,000 pictures as `munjigi-scene` deals
/// them the best of 96 spots was right in 6.6 %, the average spot in 4.0 %:
/// 1.6 times.
const MIDDLE_BIAS: f64 = 1.7;

/// A pack that can be dealt from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PicturePack {
    pack: Pack,
    rounds: usize,
}

/// Why a pack cannot be dealt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Not the canonical encoding of a pack or of pools.
    #[error("the body is not postcard as the protocol says")]
    Unreadable,
    /// No items, or more than 1,024.
    #[error("a pack has 1 to 1,024 items")]
    Items,
    /// Rows and columns do not suit the kind.
    #[error("rows and columns do not suit the pack's type")]
    Layout,
    /// Not a content type that every browser can show.
    #[error("content_type is neither image/jpeg nor image/avif")]
    ContentType,
    /// A prompt is empty, longer than 64 bytes, or has control characters.
    #[error("a prompt has 1 to 64 bytes and no control characters")]
    Prompt,
    /// The wrong number of images for the kind, or one outside the pack's
    /// object.
    #[error("an item's images are not those of its type, or lie outside the pack's object")]
    Images,
    /// An answer of another kind, out of range or out of order.
    #[error("an item's answer does not suit its picture")]
    Answer,
    /// Even three rounds leave guesses too good a chance.
    #[error("a guess passes more than once in 200 times even in three rounds")]
    Guessed,
}

/// Encodes a pack as the origin sends it and the edge keeps it: in postcard,
/// which takes a third of JSON's bytes and a tenth of its decoder's code.
pub fn write_pack(pack: &Pack) -> Vec<u8> {
    encode(pack)
}

/// Encodes pools in the same way.
pub fn write_pools(pools: &Pools) -> Vec<u8> {
    encode(pools)
}

/// Reads pools, at most as many as the bytes can hold.
pub fn read_pools(bytes: &[u8]) -> Result<Pools, PackError> {
    decode(bytes).map_err(|_| PackError::Unreadable)
}

impl PicturePack {
    /// Reads a pack from its canonical bytes and checks it.
    pub fn read(bytes: &[u8]) -> Result<Self, PackError> {
        Self::parse(decode(bytes).map_err(|_| PackError::Unreadable)?)
    }

    /// Checks that a pack can be dealt from.
    pub fn parse(pack: Pack) -> Result<Self, PackError> {
        if pack.items.is_empty() || pack.items.len() > MAX_ITEMS {
            return Err(PackError::Items);
        }
        let tiles = u32::from(pack.rows) * u32::from(pack.columns);
        let layout = match pack.picture_type {
            PictureType::Grid | PictureType::Turn => (2..=MAX_TILES).contains(&tiles),
            PictureType::Area => tiles == 1,
        };
        if !layout {
            return Err(PackError::Layout);
        }
        if !matches!(pack.content_type.as_str(), "image/jpeg" | "image/avif") {
            return Err(PackError::ContentType);
        }
        for item in &pack.items {
            check(item, &pack, tiles)?;
        }
        let guessed = guessed(&pack, tiles);
        let rounds = (1..=MAX_ROUNDS)
            .find(|rounds| {
                let often = guessed.powi(i32::try_from(*rounds).unwrap_or(i32::MAX));
                often * 10_000.0 <= f64::from(MOST_GUESSED)
            })
            .ok_or(PackError::Guessed)?;
        // Rounds of one challenge show different items.
        if rounds > pack.items.len() {
            return Err(PackError::Items);
        }
        Ok(Self { pack, rounds })
    }

    /// The checked pack.
    pub const fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The pack's id.
    pub const fn id(&self) -> PackId {
        self.pack.id
    }

    /// Rounds per challenge: the fewest with which a guess passes at most once
    /// in 200 times.
    pub const fn rounds(&self) -> usize {
        self.rounds
    }

    /// Position of an image in the pack's object; `None` if there is no such
    /// image.
    pub fn image(&self, item: u16, image: u8) -> Option<ImageSpan> {
        self.pack.items.get(usize::from(item))?.images.get(usize::from(image)).copied()
    }
}

fn check(item: &PackItem, pack: &Pack, tiles: u32) -> Result<(), PackError> {
    let prompt = &item.prompt;
    if prompt.is_empty() || prompt.len() > MAX_PROMPT_BYTES || prompt.contains(char::is_control) {
        return Err(PackError::Prompt);
    }
    let images = match pack.picture_type {
        PictureType::Grid | PictureType::Area => 1,
        PictureType::Turn => 2,
    };
    let inside = |span: &ImageSpan| {
        let end = span.at.checked_add(span.len);
        span.len > 0 && end.is_some_and(|end| end <= pack.image_bytes)
    };
    if item.images.len() != images || !item.images.iter().all(inside) {
        return Err(PackError::Images);
    }
    let right = match (&item.answer, pack.picture_type) {
        (RightRound::Grid { cells }, PictureType::Grid) => ascending_below(cells, tiles),
        (RightRound::Turn { views }, PictureType::Turn) => ascending_below(views, tiles),
        (RightRound::Area { columns, rows, mask }, PictureType::Area) => {
            squares_fit(*columns, *rows, mask)
        }
        _ => false,
    };
    if right { Ok(()) } else { Err(PackError::Answer) }
}

/// At least one number and not all of them, ascending.
fn ascending_below(numbers: &[u8], below: u32) -> bool {
    !numbers.is_empty()
        && numbers.len() < below as usize
        && numbers.is_sorted_by(|one, next| one < next)
        && numbers.last().is_some_and(|last| u32::from(*last) < below)
}

/// One bit per square, spare bits zero, at least one set.
fn squares_fit(columns: u8, rows: u8, mask: &[u8]) -> bool {
    let squares = usize::from(columns) * usize::from(rows);
    let spare = (mask.len() * 8).saturating_sub(squares);
    (1..=MAX_SQUARES).contains(&columns)
        && (1..=MAX_SQUARES).contains(&rows)
        && mask.len() == squares.div_ceil(8)
        && mask.iter().any(|byte| *byte != 0)
        && mask.last().is_some_and(|last| last.leading_zeros() as usize >= spare)
}

/// How often the best guess for one round passes if the guesser has not seen
/// the picture but knows how packs are made.
fn guessed(pack: &Pack, tiles: u32) -> f64 {
    let items = count(pack.items.len());
    match pack.picture_type {
        // The number of right tiles is drawn by a known rule; which tiles they
        // are is not. Only someone who has seen the answers knows how often
        // each number occurs in this very pack; everyone knows the rule.
        PictureType::Grid => {
            let often = |right: u32| {
                let so_many = |item: &&PackItem| matches!(&item.answer, RightRound::Grid { cells } if cells.len() == right as usize);
                count(pack.items.iter().filter(so_many).count())
            };
            let usual: f64 = USUALLY_RIGHT.map(often).sum();
            // For a pack made by another rule, only the pack itself is known.
            let known = if usual < items { 0.0 } else { KNOWN_AS };
            let share = |right: u32| {
                let by_rule = if USUALLY_RIGHT.contains(&right) { known / 3.0 } else { 0.0 };
                (often(right) + by_rule) / (items + known)
            };
            (1..tiles).map(|right| share(right) / choices(tiles, right)).fold(0.0, f64::max)
        }
        PictureType::Turn => {
            let right = |item: &PackItem| match &item.answer {
                RightRound::Turn { views } => count(views.len()) / f64::from(tiles),
                _ => 1.0,
            };
            pack.items.iter().map(right).sum::<f64>() / items
        }
        PictureType::Area => {
            let covered = |item: &PackItem| match &item.answer {
                RightRound::Area { columns, rows, mask } => {
                    let set: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
                    f64::from(set) / (f64::from(*columns) * f64::from(*rows))
                }
                _ => 1.0,
            };
            MIDDLE_BIAS * pack.items.iter().map(covered).sum::<f64>() / items
        }
    }
}

/// Ways to choose `k` of `n`, at most 64 of them.
fn choices(n: u32, k: u32) -> f64 {
    (0..k).fold(1.0, |ways, taken| ways * f64::from(n - taken) / f64::from(taken + 1))
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
