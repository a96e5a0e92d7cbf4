//! Generations of the file. One that was restored does not know what was spent
//! since: under it, every token of the time between could be spent again. It
//! begins a new generation, and attempts of another are refused.
//!
//! It shows by a heartbeat in the file: where the last is long ago, the process
//! stood still or the file is a copy. A second copy of the heartbeat, beside the
//! file, shows one that was restored alone, however young it is.
//!
//! **generation**: one life of a gate's store; an attempt of an earlier one is
//! refused.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::{fs, io};

use munjigi_keys::UnixMillis;
use rusqlite::{Connection, params};

use super::beside::{beside, open};

/// How old a heartbeat is when the next may be written.
const BEAT_MS: u64 = 4_500;
/// A heartbeat that is older, or this far ahead, is no longer that of a file
/// that was in use.
const GAP_MS: u64 = 60_000;
/// Generations that begin in different spans of this length have different
/// numbers for 54 minutes, and attempts last half an hour. No two starts of a
/// process fit into one span.
const SPAN_MS: u64 = 50;

/// Table of the heartbeat. A file begins its first generation when it is opened.
pub const TABLE: &str = "
    -- The generation that is in use, and when it was last.
    CREATE TABLE heartbeat (generation INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
    INSERT INTO heartbeat (generation, at) VALUES (0, 0);
";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heartbeat {
    generation: u16,
    at: UnixMillis,
}

/// What is known of the file's generation.
pub struct Generations {
    /// The last heartbeat in the file.
    last: Heartbeat,
    /// The file beside the store; `None` until it could be opened.
    beside: Option<File>,
    path: PathBuf,
    told: Option<Heartbeat>,
    /// For readers on other threads.
    shared: Shared,
}

/// What readers on other threads see. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    generation: Arc<AtomicU16>,
    at: Arc<AtomicU64>,
}

impl Shared {
    /// The number of the last generation that began.
    pub fn generation(&self) -> u16 {
        self.generation.load(Ordering::Relaxed)
    }

    /// When the last heartbeat was written.
    pub fn at(&self) -> UnixMillis {
        UnixMillis(self.at.load(Ordering::Relaxed))
    }

    fn set(&self, last: Heartbeat) {
        self.generation.store(last.generation, Ordering::Relaxed);
        self.at.store(last.at.0, Ordering::Relaxed);
    }
}

/// Why no row can be read or written: a new generation is due, and the file
/// does not take it.
#[derive(Debug, thiserror::Error)]
#[error("the store was offline; a new generation could not be started")]
struct Due;

impl Generations {
    /// Those of the file at `path`. Begins one where the file was restored.
    pub fn of(connection: &Connection, path: &Path, now: UnixMillis) -> rusqlite::Result<Self> {
        let path = beside(path, ".heartbeat");
        let told = fs::read_to_string(&path).ok().and_then(|text| Heartbeat::parse(&text));
        let last = read(connection)?;
        let shared = Shared::default();
        let mut generations = Self { last, beside: None, path, told, shared };
        let is_known =
            told.is_none_or(|told| told.generation == last.generation && told.at <= last.at);
        if is_known && !generations.is_due(now) {
            generations.write(connection, Heartbeat { at: now, ..last })?;
        } else {
            generations.begin(connection, now)?;
        }
        generations.tell();
        Ok(generations)
    }

    /// For readers on other threads.
    pub fn shared(&self) -> Shared {
        self.shared.clone()
    }

    /// The generation that is in use.
    ///
    /// # Errors
    ///
    /// A new one is due and was not begun: nothing may be spent meanwhile.
    pub fn current(&self, now: UnixMillis) -> rusqlite::Result<u16> {
        if self.is_due(now) {
            return Err(rusqlite::Error::ToSqlConversionFailure(Box::new(Due)));
        }
        Ok(self.last.generation)
    }

    /// Writes the heartbeat if it is time, and begins a generation where the
    /// last heartbeat is too long ago. Returns whether it wrote; with `always` it
    /// does.
    pub fn beat(
        &mut self,
        connection: &Connection,
        now: UnixMillis,
        always: bool,
    ) -> rusqlite::Result<bool> {
        if self.is_due(now) {
            self.begin(connection, now)?;
        } else if always || now.0.abs_diff(self.last.at.0) >= BEAT_MS {
            self.write(connection, Heartbeat { at: now, ..self.last })?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Begins a generation, with a number that neither the file nor the copy of
    /// the heartbeat has.
    pub fn begin(&mut self, connection: &Connection, now: UnixMillis) -> rusqlite::Result<()> {
        let last = self.last;
        let used = |number| {
            number == last.generation || self.told.is_some_and(|told| told.generation == number)
        };
        let first = now.0 / SPAN_MS;
        let number = (first..first + 3).map(number).find(|number| !used(*number)).unwrap_or(1);
        self.write(connection, Heartbeat { generation: number, at: now })?;
        if last.generation != 0 {
            let seconds = now.0.abs_diff(last.at.0) / 1_000;
            tracing::warn!(
                generation = number,
                last_heartbeat_seconds = seconds,
                "the store was offline or was restored: visitors in the middle begin again, \
                tokens of before are refused"
            );
        }
        Ok(())
    }

    /// Writes the copy beside the file, if the file has a newer one. What is
    /// durable in the file may be so here: the copy is never ahead.
    pub fn tell(&mut self) {
        if self.told == Some(self.last) {
            return;
        }
        match self.write_beside() {
            Ok(()) => self.told = Some(self.last),
            Err(error) => tracing::debug!(%error, "the copy of the heartbeat was not written"),
        }
    }

    /// Overwrites the copy in its place: all of them are as long, and a new file
    /// would let the next call wait for the disk. A loss of power may bring an
    /// older one back.
    fn write_beside(&mut self) -> io::Result<()> {
        let file = if let Some(file) = self.beside.take() { file } else { open(&self.path)? };
        file.write_all_at(self.last.to_string().as_bytes(), 0)?;
        self.beside = Some(file);
        Ok(())
    }

    fn is_due(&self, now: UnixMillis) -> bool {
        self.last.generation == 0 || now.0.abs_diff(self.last.at.0) > GAP_MS
    }

    fn write(&mut self, connection: &Connection, next: Heartbeat) -> rusqlite::Result<()> {
        connection
            .prepare_cached("UPDATE heartbeat SET generation = ?1, at = ?2")?
            .execute(params![next.generation, next.at.0.cast_signed()])?;
        self.last = next;
        self.shared.set(next);
        Ok(())
    }
}

impl Heartbeat {
    fn parse(text: &str) -> Option<Self> {
        let (generation, at) = text.lines().next()?.split_once(' ')?;
        Some(Self { generation: generation.parse().ok()?, at: UnixMillis(at.parse().ok()?) })
    }
}

impl std::fmt::Display for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:05} {:020}", self.generation, self.at.0)
    }
}

/// The number of generations that begin in a span; never 0.
fn number(span: u64) -> u16 {
    u16::try_from(span % u64::from(u16::MAX)).map_or(1, |number| number + 1)
}

fn read(connection: &Connection) -> rusqlite::Result<Heartbeat> {
    connection.query_row("SELECT generation, at FROM heartbeat", [], |row| {
        Ok(Heartbeat {
            generation: row.get(0)?,
            at: UnixMillis(row.get::<_, i64>(1)?.cast_unsigned()),
        })
    })
}

#[cfg(test)]
mod tests;
