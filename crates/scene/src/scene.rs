//! The description of a picture: plain data, flat, and the same for every
//! renderer. Nothing here draws or throws dice.
//!
//! Lengths are in toy metres: a thing is about 1 high or wide. `y` is up, the
//! floor is `y = 0`, a thing's front looks along `+z`. Colours are linear RGB
//! in `0.0..=1.0`.

mod unchecked;

use glam::{Mat3, Vec3};
use serde::{Deserialize, Serialize};

use crate::Kind;
pub use unchecked::SceneError;

/// Everything that a renderer needs for one picture. Deserialising one refuses
/// what no renderer could draw; see [`SceneError`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "unchecked::Unchecked")]
pub struct Scene {
    /// Where the scene is seen from.
    pub camera: Camera,
    /// The lamp and the sky.
    pub light: Light,
    /// What is behind and below the things.
    pub backdrop: Backdrop,
    /// How the picture is finished.
    pub look: Look,
    /// The things; a thing's label is its index here plus one.
    pub things: Vec<Thing>,
    /// The parts of all things, in the order of the things.
    pub parts: Vec<Part>,
    /// The corners of all profiles, outlines and paths.
    pub points: Vec<[f32; 2]>,
    /// The materials of all parts and of the floor.
    pub materials: Vec<Material>,
}

/// A run of entries in one of the scene's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Index of the first entry.
    pub start: u32,
    /// Number of entries.
    pub count: u32,
}

impl Span {
    /// The run as a range of indexes.
    pub const fn range(self) -> core::ops::Range<usize> {
        self.start as usize..(self.start + self.count) as usize
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// Position of the eye.
    pub eye: Vec3,
    /// Its own right, up and forward, as columns.
    pub axes: Mat3,
    /// Half the picture's height at distance 1.
    pub half_height: f32,
}

/// One soft lamp far away, and a sky.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Light {
    /// Unit vector towards the lamp.
    pub towards: Vec3,
    /// Colour of the lamp times its strength.
    pub lamp: Vec3,
    /// Colour of the light from above.
    pub sky: Vec3,
    /// Colour of the light that the floor reflects.
    pub bounce: Vec3,
    /// How fast a shadow's edge hardens: 4 is soft, 16 is crisp.
    pub crispness: f32,
    /// The pattern of shade on the lamp's light.
    pub dapple: Dapple,
}

/// A pattern of shade cast by something outside the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dapple {
    /// The form of the shade.
    pub screen: Screen,
    /// Repeats of the pattern per scene length.
    pub frequency: f32,
    /// The share of the lamp's light that it blocks; 0 is none.
    pub depth: f32,
}

/// The closed set of screens between lamp and scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Screen {
    /// The leaves of a tree.
    Leaves,
    /// The slats of a blind.
    Slats,
}

/// Floor, wall and distance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Backdrop {
    /// The floor, at `y = 0`.
    pub floor: Sheet,
    /// The wall behind the things, if there is one.
    pub wall: Option<Wall>,
    /// The colour that floor and wall fade into.
    pub horizon: Vec3,
    /// The colour of the sky above the horizon.
    pub zenith: Vec3,
    /// Distances from the camera at which the fade starts and ends.
    pub fade: [f32; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// Index of its material.
    pub material: u32,
    /// Sine and cosine of the angle by which its pattern is turned.
    pub turn: [f32; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Wall {
    /// Its surface, material and turn.
    pub sheet: Sheet,
    /// Horizontal unit vector from the wall into the room.
    pub normal: Vec3,
    /// Its distance behind the origin.
    pub distance: f32,
}

/// How a picture is finished, after its light is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Factor of each channel.
    pub gain: Vec3,
    /// What is added to each channel where it is dark.
    pub lift: Vec3,
    /// Contrast around the middle grey; 1 leaves it unchanged.
    pub contrast: f32,
    /// Saturation; 0 is grey, 1 leaves it unchanged.
    pub saturation: f32,
    /// How much darker the corners are.
    pub vignette: f32,
    /// Strength of the film's grain, as a share of white.
    pub grain: f32,
    /// Seed of the grain's pattern.
    pub grain_seed: u32,
}

impl Look {
    /// A finish that changes nothing.
    pub const NEUTRAL: Self = Self {
        gain: Vec3::ONE,
        lift: Vec3::ZERO,
        contrast: 1.0,
        saturation: 1.0,
        vignette: 0.0,
        grain: 0.0,
        grain_seed: 0,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum What {
    /// A kind that a challenge can ask for.
    Kind(Kind),
    /// Something that only stands around or in the way.
    Prop,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thing {
    /// The kind of thing, or a prop.
    pub what: What,
    /// Its parts, which share no entry with another thing's.
    pub parts: Span,
    /// Where its origin is, in the scene.
    pub at: Vec3,
    /// Its own axes as columns, orthonormal.
    pub axes: Mat3,
    /// Its size: scene length per unit of its own length.
    pub scale: f32,
}

/// A primitive solid of a thing, in the thing's own frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub shape: Shape,
    /// Where the shape's origin is.
    pub at: Vec3,
    /// The shape's axes as columns, orthonormal, possibly mirrored.
    pub axes: Mat3,
    /// Index of its material.
    pub material: u32,
    /// How it joins the parts of the same thing before it.
    pub blend: Blend,
}

/// How a part joins those before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Blend {
    /// A plain union.
    Join,
    /// A union with a fillet of about this size.
    Melt {
        /// Distance over which the two flow together, above zero.
        reach: f32,
    },
    /// Cuts itself away; what it exposes keeps its own material.
    Carve,
}

/// The closed set of forms. Each has its origin at its centre unless stated
/// otherwise, and each is symmetric about its own plane `z = 0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Ball {
        /// Its half axes, in `x`, `y` and `z`.
        radii: Vec3,
    },
    /// A box with rounded edges.
    Block {
        /// Half its size, rounding included.
        half: Vec3,
        /// Radius of the edges.
        round: f32,
    },
    /// Two balls and the cone around them, from the origin along `+y`.
    Limb {
        /// From centre to centre.
        length: f32,
        /// Radius at the origin.
        foot: f32,
        /// Radius at the other end.
        tip: f32,
    },
    /// A cylinder or truncated cone about `y`.
    Drum {
        /// Half its height, rounding included.
        half: f32,
        /// Radius at the bottom.
        foot: f32,
        /// Radius at the top.
        tip: f32,
        /// Radius of the edges.
        round: f32,
    },
    /// A torus in the `xy` plane, or the arc of one around `+y`.
    Ring {
        /// From the centre to the middle of the tube.
        major: f32,
        /// Radius of the tube.
        minor: f32,
        /// Sine and cosine of half the arc, so that no renderer needs an
        /// angle; `[0, -1]` is the whole ring.
        end: [f32; 2],
    },
    /// A closed outline `(radius, height)` turned about `y`.
    Lathe {
        /// Its corners, as a run of the scene's points.
        profile: Span,
        /// Radius by which it is grown.
        round: f32,
    },
    /// A closed outline in the `xy` plane, thickened along `z`.
    Plate {
        /// Its corners, as a run of the scene's points.
        outline: Span,
        /// Half the thickness, rounding included.
        half: f32,
        /// Radius by which the outline is grown and the edges rounded.
        round: f32,
    },
    /// A round wire along an open path in the `xy` plane.
    Wire {
        /// The corners of the path.
        path: Span,
        /// Half the wire's thickness.
        radius: f32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// How the two colours are laid out.
    pub pattern: Pattern,
    /// The first colour.
    pub base: Vec3,
    /// The second colour.
    pub accent: Vec3,
    /// Repeats of the pattern per own length.
    pub frequency: f32,
    /// Strength of reflections: 0 is chalk, 1 is glaze.
    pub gloss: f32,
    /// 0 is a coat of colour, 1 is bare metal.
    pub metal: f32,
    /// Share of the surface that is faded and scuffed, 0 to 1.
    pub wear: f32,
}

/// The closed set of patterns, in the frame of the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// The first colour alone.
    Plain,
    /// Fibres along `y`, as in wood.
    Grain,
    /// Threads crossing, as in cloth.
    Weave,
    /// Bands across `y`.
    Bands,
    /// Dots on a lattice in space.
    Dots,
    /// Fine grains, as in stone and stoneware.
    Speckle,
    /// Squares in `x` and `z`.
    Checks,
    /// Boards along `x` with joints, for floors.
    Boards,
    /// Soft clouds of the two colours.
    Clouds,
    /// Eight sectors about `y`, as in a parasol.
    Gores,
    /// Stripes across `x`, leaning towards `z`.
    Stripes,
    /// Squares in all three directions.
    Cubes,
    /// Stripes that go up and down.
    Zigzag,
    /// Chips of stone.
    Terrazzo,
    /// Large soft-edged patches.
    Blotches,
    /// Stripes in two directions, one over the other.
    Tartan,
    /// From one colour to the other and back.
    Fade,
    /// Rings around the origin.
    Rings,
}
