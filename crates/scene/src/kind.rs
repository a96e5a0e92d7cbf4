//! The kinds of thing that can be asked for, and what is known about each.
//! How each is built is in `kinds`.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($variant:ident $name:literal $facing:literal $turn:ident;)+) => {
        /// A kind of thing, named at a glance by a ten-year-old.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $(
                #[doc = concat!("Named `", $name, "`.")]
                #[serde(rename = $name)]
                $variant,
            )+
        }

        impl Kind {
            /// All kinds. The order is part of the labels: append only.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable name, for wires and labels.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// How far it may be turned from its front in a picture and still
            /// be named at a glance, in degrees to each side.
            pub const fn facing_degrees(self) -> u8 {
                match self { $(Self::$variant => $facing),+ }
            }

            /// Whether every view around it is plainly unlike every other. A
            /// clock seen from its left and from its right is not.
            pub const fn turns(self) -> bool {
                match self { $(Self::$variant => Turns::$turn.holds()),+ }
            }
        }
    };
}

enum Turns {
    Alike,
    Unlike,
}

impl Turns {
    const fn holds(self) -> bool {
        matches!(self, Self::Unlike)
    }
}

kinds! {
    Chair "chair" 120 Unlike;
    Bench "bench" 70 Unlike;
    Table "table" 180 Alike;
    Lamp "lamp" 180 Alike;
    Clock "clock" 45 Alike;
    Candle "candle" 180 Alike;
    Umbrella "umbrella" 180 Alike;
    Ladder "ladder" 50 Alike;
    Book "book" 32 Alike;
    Key "key" 45 Alike;
    Cup "cup" 55 Alike;
    Bottle "bottle" 180 Alike;
    Teapot "teapot" 60 Unlike;
    Tree "tree" 180 Alike;
    Mushroom "mushroom" 180 Alike;
    Cactus "cactus" 50 Alike;
    Flower "flower" 45 Alike;
    Fish "fish" 50 Unlike;
    Apple "apple" 180 Alike;
    Snowman "snowman" 50 Unlike;
    Car "car" 65 Unlike;
    Bicycle "bicycle" 45 Unlike;
    Boat "boat" 55 Unlike;
    Rocket "rocket" 180 Alike;
    House "house" 60 Unlike;
    Hammer "hammer" 50 Alike;
    Scissors "scissors" 45 Alike;
    Hat "hat" 180 Alike;
    Guitar "guitar" 45 Unlike;
    Balloon "balloon" 180 Alike;
}

impl Kind {
    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether one could be taken for the other in a small picture, or is a
    /// part of it: a snowman wears a hat. Such two are never answer and
    /// distractor of one challenge.
    pub fn resembles(self, other: Self) -> bool {
        const GROUPS: &[&[Kind]] = &[
            &[Kind::Chair, Kind::Bench, Kind::Table],
            &[Kind::Cup, Kind::Teapot],
            &[Kind::Tree, Kind::Cactus, Kind::Flower, Kind::Mushroom],
            &[Kind::Apple, Kind::Balloon],
            &[Kind::Lamp, Kind::Umbrella, Kind::Mushroom],
            &[Kind::Bottle, Kind::Candle, Kind::Rocket],
            &[Kind::Key, Kind::Scissors, Kind::Hammer],
            &[Kind::Lamp, Kind::Candle],
            // One wears or bears the other.
            &[Kind::Snowman, Kind::Hat],
            &[Kind::Tree, Kind::Apple],
            &[Kind::Hat, Kind::Flower],
        ];
        self == other || GROUPS.iter().any(|group| group.contains(&self) && group.contains(&other))
    }
}
