//! Scores: what a site's owner is told of a visit, in hundredths: 0 = bot,
//! 100 = person.

use munjigi_protocol::{Sign, Signs};

use super::risk::risk;

/// Highest score of an attempt that only proves work where more was required:
/// by SHA-256 or by "another way".
const WORK_ALONE: u8 = 50;

/// Lowest score of a visitor who answered a picture.
const PICTURE: u8 = 60;

/// The score of an attempt that was earned by work.
pub fn score(signs: Signs) -> u8 {
    let score = 100_u8.saturating_sub(risk(signs));
    if signs.has(Sign::WorkAlone) { score.min(WORK_ALONE) } else { score }
}

/// The score of an attempt whose picture was answered. The bonus for how it was
/// answered never lifts it above the score of a visit without risk.
pub fn picture_score(signs: Signs, bonus: u8) -> u8 {
    score(signs).max(PICTURE).saturating_add(bonus).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_bounded_by_how_the_attempt_was_earned() {
        let driven = Signs::NONE.with(Sign::SeenDriven);
        assert_eq!([score(Signs::NONE), score(driven)], [100, 30]);
        let alone = [Signs::NONE, driven].map(|signs| score(signs.with(Sign::WorkAlone)));
        assert_eq!(alone, [50, 30]);
        assert_eq!([picture_score(Signs::NONE, 0), picture_score(driven, 0)], [100, 60]);
        assert_eq!([picture_score(Signs::NONE, 20), picture_score(driven, 20)], [100, 80]);
    }
}
