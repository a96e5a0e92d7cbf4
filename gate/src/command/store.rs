//! `munjigi-gate store`: what an operator does to the file while no gate runs.

use munjigi_process::clock::Clock;

use super::{Fail, say};
use crate::config::Config;
use crate::sqlite::begin_generation;

/// Begins a new generation.
pub fn new_generation(config: &Config) -> Result<(), Fail> {
    let begun = begin_generation(&config.data, &Clock::system());
    let generation = begun.map_err(|error| Fail(error.to_string()))?;
    say(format_args!(
        "{} begins generation {generation}: tokens of before are refused, and visitors in the middle begin again.",
        config.data.display()
    ))?;
    Ok(())
}
