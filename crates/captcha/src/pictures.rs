//! Pictures as the core needs them: dealt for an attempt, with their answer.
//! This release has none; packs and how items are chosen come with them.

use munjigi_protocol::{Answer, PictureStep, PictureType};

/// Deals pictures.
pub trait Pictures {
    /// The picture of an attempt, always the same for the same `seed`, of
    /// one of the kinds named. `None` where there is none to deal: the
    /// visitor is then asked for work instead.
    fn deal(&self, kinds: &[PictureType], seed: &[u8; 32]) -> Option<Dealt>;
}

/// A picture and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Dealt {
    /// What the visitor sees.
    pub step: PictureStep,
    /// The right answer, which is only ever sealed.
    pub answer: Answer,
}

/// An edge without pictures.
#[derive(Debug, Clone, Copy)]
pub struct NoPictures;

impl Pictures for NoPictures {
    fn deal(&self, _kinds: &[PictureType], _seed: &[u8; 32]) -> Option<Dealt> {
        None
    }
}
