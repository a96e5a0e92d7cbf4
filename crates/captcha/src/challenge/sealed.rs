//! The step of a challenge in its sealed form. Encryption hides an answer but
//! not its length, so all answers of a kind have the same length and numbers
//! have a fixed one.

use munjigi_protocol::Algorithm;
use postcard::fixint;
use serde::{Deserialize, Serialize};

use super::{SealedPicture, SealedPuzzle, SealedStep, Way};
use crate::pictures::{RightAnswer, Squares};

/// The sealed form of [`SealedStep`].
#[derive(Serialize, Deserialize)]
pub enum Step {
    Puzzle(SealedPuzzle),
    Picture(Picture),
}

/// The sealed form of [`SealedPicture`].
#[derive(Serialize, Deserialize)]
pub struct Picture {
    answer: Answer,
    algorithm: Algorithm,
    #[serde(with = "fixint::le")]
    next: u32,
    pack: [u8; 8],
    #[serde(with = "fixint::le")]
    dealt_at: u64,
}

/// The sealed form of [`RightAnswer`].
#[derive(Serialize, Deserialize)]
enum Answer {
    Grid(Vec<Numbers>),
    Area(Vec<Mask>),
    Turn(Vec<Numbers>),
}

/// Tiles or views, at most 64: one bit each.
#[derive(Serialize, Deserialize)]
struct Numbers(#[serde(with = "fixint::le")] u64);

/// [`Squares`] with a mask of the maximum length.
#[derive(Serialize, Deserialize)]
struct Mask {
    columns: u8,
    rows: u8,
    /// 64 × 64 bits, in arrays of arrays because serde supports no array of 512
    /// bytes.
    bits: [[u8; 32]; 16],
}

/// The sealed form of [`munjigi_protocol::Signs`].
#[derive(Serialize, Deserialize)]
pub struct Signs(#[serde(with = "fixint::le")] pub u64);

/// The sealed form of [`super::Began`]; no trace is 0.
#[derive(Serialize, Deserialize)]
pub struct Began {
    #[serde(with = "fixint::le")]
    address: u32,
    #[serde(with = "fixint::le")]
    trace: u64,
}

/// The sealed form of [`super::Owed`].
#[derive(Serialize, Deserialize)]
pub struct Owed {
    #[serde(with = "fixint::le")]
    asked: u64,
    #[serde(with = "fixint::le")]
    paid: u64,
    puzzles: u8,
    way: Way,
}

impl From<&SealedStep> for Step {
    fn from(step: &SealedStep) -> Self {
        match step {
            SealedStep::Puzzle(puzzle) => Self::Puzzle(*puzzle),
            SealedStep::Picture(picture) => {
                let SealedPicture { answer, algorithm, next, pack, dealt_at } = picture;
                Self::Picture(Picture {
                    answer: answer.into(),
                    algorithm: *algorithm,
                    next: *next,
                    pack: *pack,
                    dealt_at: *dealt_at,
                })
            }
        }
    }
}

impl From<Step> for SealedStep {
    fn from(step: Step) -> Self {
        match step {
            Step::Puzzle(puzzle) => Self::Puzzle(puzzle),
            Step::Picture(Picture { answer, algorithm, next, pack, dealt_at }) => {
                let answer = answer.into();
                Self::Picture(SealedPicture { answer, algorithm, next, pack, dealt_at })
            }
        }
    }
}

impl From<&RightAnswer> for Answer {
    fn from(answer: &RightAnswer) -> Self {
        let numbers = |rounds: &[Vec<u8>]| rounds.iter().map(|round| Numbers::of(round)).collect();
        match answer {
            RightAnswer::Grid(rounds) => Self::Grid(numbers(rounds)),
            RightAnswer::Area(rounds) => Self::Area(rounds.iter().map(Mask::of).collect()),
            RightAnswer::Turn(rounds) => Self::Turn(numbers(rounds)),
        }
    }
}

impl From<Answer> for RightAnswer {
    fn from(answer: Answer) -> Self {
        let read = |rounds: Vec<Numbers>| rounds.iter().map(Numbers::read).collect();
        match answer {
            Answer::Grid(rounds) => Self::Grid(read(rounds)),
            Answer::Area(rounds) => Self::Area(rounds.iter().map(Mask::read).collect()),
            Answer::Turn(rounds) => Self::Turn(read(rounds)),
        }
    }
}

impl Numbers {
    /// No answer in a pack contains a number above 63.
    fn of(numbers: &[u8]) -> Self {
        let bit = |number: &u8| 1_u64.checked_shl((*number).into()).unwrap_or_default();
        Self(numbers.iter().map(bit).fold(0, |mask, bit| mask | bit))
    }

    fn read(&self) -> Vec<u8> {
        (0..64).filter(|number| self.0 >> number & 1 == 1).collect()
    }
}

impl Mask {
    fn of(squares: &Squares) -> Self {
        let mut bits = [[0; 32]; 16];
        for (slot, byte) in bits.as_flattened_mut().iter_mut().zip(&squares.mask) {
            *slot = *byte;
        }
        Self { columns: squares.columns, rows: squares.rows, bits }
    }

    fn read(&self) -> Squares {
        let Self { columns, rows, bits } = self;
        let bytes = (usize::from(*columns) * usize::from(*rows)).div_ceil(8);
        let mask = bits.as_flattened().iter().copied().take(bytes).collect();
        Squares { columns: *columns, rows: *rows, mask }
    }
}

impl From<super::Began> for Began {
    fn from(began: super::Began) -> Self {
        Self { address: began.address, trace: began.trace.unwrap_or_default() }
    }
}

impl From<Began> for super::Began {
    fn from(Began { address, trace }: Began) -> Self {
        Self { address, trace: Some(trace).filter(|trace| *trace != 0) }
    }
}

impl From<super::Owed> for Owed {
    fn from(owed: super::Owed) -> Self {
        let super::Owed { asked, paid, puzzles, way } = owed;
        Self { asked, paid, puzzles, way }
    }
}

impl From<Owed> for super::Owed {
    fn from(owed: Owed) -> Self {
        let Owed { asked, paid, puzzles, way } = owed;
        Self { asked, paid, puzzles, way }
    }
}
