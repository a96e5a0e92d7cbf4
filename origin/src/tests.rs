//! What console, API and command do together.

mod doors;
mod hosts;

use crate::http::router as routes;
