//! The frame's interface: which state the widget is in, what it says there, which sub-puzzle each
//! worker searches, when it tries again. Everything that touches the browser is behind [`Host`];
//! [`glue`] is its one real implementation, and holds all unsafe code.
//!
//! Every visitor downloads this crate, so it has no allocator to speak of, no formatting, no JSON
//! and no panic messages; `README.md` says what takes how much.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod glue;
mod host;
mod machine;
mod picture;
mod puzzle;
mod retry;
mod text;
mod view;

pub use host::{Hidden, Host, Place, Request, Timer, View};
pub use machine::{Machine, Mode, Retry};
pub use puzzle::{Step, Task};
pub use retry::{Outcome, Reason};
pub use text::Text;
