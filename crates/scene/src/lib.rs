//! Procedural pictures with labels by construction.
//!
//! A [`Seed`] becomes a [`Scene`]: plain data that says which parts are where,
//! what they are made of and how they are lit. [`render`] draws it on the CPU
//! and knows for every pixel which thing it shows. [`Grid`], [`Area`] and
//! [`Turn`] are the three kinds of challenge, each with its answer.
//!
//! No I/O, no clock, no network: the seed is the only input.

mod area;
pub mod clarity;
mod colour;
mod curve;
mod decor;
mod dress;
mod form;
mod grid;
mod kind;
mod kinds;
mod label;
mod look;
mod render;
pub mod scene;
mod seed;
mod shade;
mod shape;
mod solid;
mod stage;
mod surface;
mod tile;
mod turn;
mod workshop;

pub use area::Area;
pub use grid::Grid;
pub use kind::Kind;
pub use label::{Bounds, Seen};
pub use render::{Picture, render};
pub use scene::Scene;
pub use seed::Seed;
pub use tile::{Tile, tile};
pub use turn::Turn;
