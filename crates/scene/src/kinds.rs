//! How each kind is built. A builder chooses its own unit of length, with `y`
//! up and the front towards `+z`; the workshop scales the result.

mod furniture;
mod household;
mod kitchen;
mod nature;
mod pastime;
pub(crate) mod props;
mod travel;

use crate::{
    Kind,
    scene::Span,
    seed::Dice,
    workshop::{Stock, Workshop},
};

/// Builds one instance and returns its parts.
pub(crate) fn build(kind: Kind, dice: &mut Dice, stock: &mut Stock) -> Span {
    let mut workshop = Workshop::new(dice, stock);
    let w = &mut workshop;
    match kind {
        Kind::Chair => furniture::chair(w),
        Kind::Bench => furniture::bench(w),
        Kind::Table => furniture::table(w),
        Kind::Lamp => furniture::lamp(w),
        Kind::Clock => furniture::clock(w),
        Kind::Candle => household::candle(w),
        Kind::Umbrella => household::umbrella(w),
        Kind::Ladder => household::ladder(w),
        Kind::Book => household::book(w),
        Kind::Key => household::key(w),
        Kind::Cup => kitchen::cup(w),
        Kind::Bottle => kitchen::bottle(w),
        Kind::Teapot => kitchen::teapot(w),
        Kind::Apple => kitchen::apple(w),
        Kind::Tree => nature::tree(w),
        Kind::Mushroom => nature::mushroom(w),
        Kind::Cactus => nature::cactus(w),
        Kind::Flower => nature::flower(w),
        Kind::Fish => nature::fish(w),
        Kind::Snowman => nature::snowman(w),
        Kind::Car => travel::car(w),
        Kind::Bicycle => travel::bicycle(w),
        Kind::Boat => travel::boat(w),
        Kind::Rocket => travel::rocket(w),
        Kind::House => travel::house(w),
        Kind::Hammer => household::hammer(w),
        Kind::Scissors => household::scissors(w),
        Kind::Hat => pastime::hat(w),
        Kind::Guitar => pastime::guitar(w),
        Kind::Balloon => pastime::balloon(w),
    }
    workshop.finish(lift(kind))
}

/// How high above the floor a kind floats: what would lie flat is shown
/// upright, as on an icon, with its shadow below.
const fn lift(kind: Kind) -> f32 {
    match kind {
        Kind::Key | Kind::Scissors | Kind::Hammer | Kind::Fish => 0.07,
        _ => 0.0,
    }
}
