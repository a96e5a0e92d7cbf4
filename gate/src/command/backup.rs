//! `munjigi-gate backup` and `munjigi-gate restore`.

use std::num::NonZero;
use std::path::Path;

use munjigi_process::clock::Clock;

use super::{Fail, say};
use crate::backup::{self, BackupError};
use crate::config::Config;

impl From<BackupError> for Fail {
    fn from(error: BackupError) -> Self {
        Self(error.to_string())
    }
}

/// Writes a backup, while a gate may be running.
pub fn write(config: &Config, path: &Path, keep: Option<NonZero<usize>>) -> Result<(), Fail> {
    let protection = (config.backup_recipients.as_slice(), &config.backup_keys);
    let written = backup::write(&config.data, path, protection, keep, &Clock::system())?;
    say(format_args!("wrote {}", written.display()))?;
    Ok(())
}

/// Restores a backup, while no gate is running.
pub fn restore(
    config: &Config,
    path: &Path,
    identity: &Path,
    is_unsigned: bool,
) -> Result<(), Fail> {
    let (store, keys) = (&config.data, (!is_unsigned).then_some(&config.backup_keys));
    let restored = backup::restore(path, identity, (store, keys), &Clock::system())?;
    say(format_args!("{} is the store of {} again.", store.display(), path.display()))?;
    match restored.taken_at {
        Some(at) => say(format_args!("This gate signed it on {}.", at.rfc3339()))?,
        None => say("Who wrote it was not verified.")?,
    }
    if let Some(aside) = restored.aside {
        say(format_args!("What was there is in {}.", aside.display()))?;
    }
    say("Tokens of before are refused. Start the gate.")?;
    Ok(())
}
