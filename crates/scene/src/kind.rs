//! The kinds of thing that can be asked for, and what is known about each.
//! `kinds` builds them.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($variant:ident $name:literal $facing:literal $turn:ident;)+) => {
        /// A kind of thing that a ten-year-old can name at a glance.
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

            /// The stable name, for protocols and labels.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// How far it may be turned from its front and still be recognised
            /// at a glance, in degrees to each side.
            pub const fn facing_degrees(self) -> u8 {
                match self { $(Self::$variant => $facing),+ }
            }

            /// Whether every view around it is clearly different from every
            /// other. For a clock, the views from its left and its right are
            /// not.
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
    Chair "chair" 140 Unlike;
    Bench "bench" 70 Unlike;
    Table "table" 180 Alike;
    Lamp "lamp" 180 Alike;
    Clock "clock" 52 Alike;
    Candle "candle" 180 Alike;
    Umbrella "umbrella" 180 Alike;
    Ladder "ladder" 55 Alike;
    Book "book" 32 Alike;
    Key "key" 45 Alike;
    Cup "cup" 48 Alike;
    Bottle "bottle" 180 Alike;
    Teapot "teapot" 58 Unlike;
    Tree "tree" 180 Alike;
    Mushroom "mushroom" 180 Alike;
    Cactus "cactus" 50 Alike;
    Flower "flower" 52 Alike;
    Fish "fish" 50 Alike;
    Apple "apple" 180 Alike;
    Snowman "snowman" 60 Alike;
    Car "car" 75 Unlike;
    Bicycle "bicycle" 52 Unlike;
    Boat "boat" 60 Unlike;
    Rocket "rocket" 180 Alike;
    House "house" 65 Unlike;
    Hammer "hammer" 50 Alike;
    Scissors "scissors" 45 Alike;
    Hat "hat" 180 Alike;
    Guitar "guitar" 45 Alike;
    Balloon "balloon" 180 Alike;
}

impl Kind {
    /// The kind of this name; `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// How far it may lean and still look natural, in degrees: things that are
    /// held, fly or swim may lean more than things that stand.
    pub(crate) const fn leaning_degrees(self) -> u8 {
        match self {
            Self::Key | Self::Scissors | Self::Hammer => 38,
            Self::Fish | Self::Umbrella | Self::Guitar | Self::Balloon | Self::Rocket => 26,
            Self::Hat | Self::Book | Self::Flower | Self::Apple | Self::Ladder => 14,
            _ => 7,
        }
    }

    /// From how far above it may be seen, in degrees: a balloon's string and an
    /// umbrella's handle hang below them.
    pub(crate) const fn looked_down_degrees(self) -> u8 {
        match self {
            Self::Balloon | Self::Rocket | Self::Umbrella => 20,
            _ if self.facing_degrees() < 60 => 32,
            _ => 44,
        }
    }

    /// Whether any colour is plausible for it: an apple is red or green.
    pub(crate) const fn any_colour(self) -> bool {
        !matches!(
            self,
            Self::Apple | Self::Cactus | Self::Candle | Self::Snowman | Self::Tree | Self::Flower
        )
    }

    /// Whether one could be mistaken for the other in a small picture, or is
    /// part of it: a snowman wears a hat. Two such kinds are never target and
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
            // One wears or carries the other.
            &[Kind::Snowman, Kind::Hat],
            &[Kind::Tree, Kind::Apple],
            &[Kind::Hat, Kind::Flower],
        ];
        self == other || GROUPS.iter().any(|group| group.contains(&self) && group.contains(&other))
    }
}
