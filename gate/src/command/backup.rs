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
    let recipients = &config.backup_recipients;
    let written = backup::write(&config.data, path, recipients, keep, &Clock::system())?;
    println!("wrote {}", written.display());
    Ok(())
}

/// Restores a backup, while no gate is running.
pub fn restore(config: &Config, path: &Path, identity: &Path) -> Result<(), Fail> {
    let store = &config.data;
    let aside = backup::restore(path, identity, store, &Clock::system())?;
    println!("{} is the store of {} again.", store.display(), path.display());
    if let Some(aside) = aside {
        println!("What was there is in {}.", aside.display());
    }
    println!("Tokens of before are refused. Start the gate.");
    Ok(())
}
