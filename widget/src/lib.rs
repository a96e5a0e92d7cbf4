//! The frame's interface: which state the widget is in, which texts it shows,
//! which sub-puzzle each worker searches, and when it retries. Everything that
//! touches the browser is behind [`Host`]; [`glue`] is its only real
//! implementation and contains all unsafe code.
//!
//! Every visitor downloads this crate, so it has only a minimal allocator, no
//! formatting, no JSON and no panic messages; `README.md` lists the sizes.

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

pub use host::{Element, Hidden, Host, Request, Timer, View};
pub use machine::{Machine, Mode, Retry};
pub use puzzle::{Step, Task};
pub use retry::{Outcome, Reason};
pub use text::Text;
