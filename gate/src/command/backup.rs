//! `munjigi-gate backup` and `munjigi-gate restore`.

use std::num::NonZero;
use std::path::Path;

use munjigi_process::clock::Clock;

use super::Fail;
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
    println!("wrote {}", written.display());
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
    println!("{} is the store of {} again.", store.display(), path.display());
    match restored.taken_at {
        Some(at) => println!("This gate signed it on {}.", at.rfc3339()),
        None => println!("Who wrote it was not verified."),
    }
    if let Some(aside) = restored.aside {
        println!("What was there is in {}.", aside.display());
    }
    println!("Tokens of before are refused. Start the gate.");
    Ok(())
}
