//! One file that holds everything of a small installation. An adapter: what an
//! operation means is decided in the core, and done here within a transaction.

mod attempts;
mod beside;
mod copy;
mod days;
mod generation;
mod lock;
mod outbox;
mod recall;
mod schema;
mod texts;
mod trouble;
mod upgrade;
mod writer;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use munjigi_captcha::Price;
use munjigi_captcha::ports::{Payer, PriceStore, RedemptionStore, RowAddress, StoreError};
use munjigi_captcha::redemption::{self, AnswerHash, Answered, Owing, Redeem, Redemption, Stepped};
use munjigi_format::{Format as _, FormatError};
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_serving::deny_list::{DenyList, Entry};
use munjigi_serving::ports::{ControlStore, DenyEntry};
use rusqlite::{Connection, OptionalExtension as _, params};

use attempts::Attempts;
pub use beside::{beside, open};
pub use copy::{Copy, CopyError, last_backup, note_backup};
pub use days::{Day, Sums, days_in};
use generation::Generations;
use outbox::Cursor;
pub use outbox::{Batch, Events};
use trouble::{Trouble, Troubles};
use writer::Writer;

/// The file. Clones share it.
#[derive(Clone)]
pub struct Sqlite {
    writer: Writer<Database>,
    path: PathBuf,
    clock: Clock,
    waiting: Arc<AtomicU64>,
    heartbeat: generation::Shared,
    troubles: Troubles,
}

/// So long without a heartbeat, and the thread that writes hangs.
const SILENT_MS: u64 = 20_000;
/// Calls after which the log is copied into the file; each writes some four
/// pages of 4 KiB.
const CALLS_PER_CHECKPOINT: usize = 4_096;

/// What the writer's thread has at hand.
pub struct Database {
    connection: Connection,
    attempts: Attempts,
    denied: DenyList,
    cursor: Cursor,
    generations: Generations,
    troubles: Troubles,
    /// Events that wait for the origin, for readers that must not wait for this
    /// thread.
    waiting: Arc<AtomicU64>,
    /// Calls since the log was last copied into the file.
    logged: usize,
    clock: Clock,
    /// Held as long as the file is open.
    _lock: File,
}

impl Database {
    /// The time at which a call is carried out. One that was read before the
    /// call waited could be before what was swept meanwhile.
    fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// The time at which something is done with a row. For one of another
    /// generation it is the end of time: of those nothing is known any more.
    ///
    /// # Errors
    ///
    /// A new generation is due and could not be begun.
    fn time_of(&self, row: &RowAddress) -> rusqlite::Result<UnixMillis> {
        let now = self.now();
        let is_current = self.generations.current(now)? == row.store;
        Ok(if is_current { now } else { UnixMillis(u64::MAX) })
    }
}

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite refuses it: no such folder, no permission, no database, or one
    /// that another program has locked.
    #[error("{path}: {source}")]
    Refused {
        path: String,
        /// SQLite's words.
        source: rusqlite::Error,
    },
    /// Another process has it: two would not see each other's memory.
    #[error("{path} is in use by another munjigi-gate: one file, one process")]
    InUse { path: String },
    /// The file that marks it as in use cannot be written.
    #[error("{path}: {source}{remedy}", remedy = unwritable(.source))]
    Lock { path: String, source: std::io::Error },
    /// A later release wrote it.
    #[error("{path} was written by a later release (schema {found}, this one knows {known})")]
    Newer {
        path: String,
        found: u32,
        /// The newest schema that this release knows.
        known: u32,
    },
    /// The thread that writes did not start.
    #[error("the store's thread did not start: {0}")]
    Thread(std::io::Error),
}

/// What to do about a folder in which nothing can be written, to follow the
/// system's words.
pub fn unwritable(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            "; the folder must belong to the user that runs the gate (in a container: chown -R 65532:65532)"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "; the gate keeps its keys and what was spent there: in a container, mount a volume that can be written"
        }
        ErrorKind::NotFound => "; make the folder first",
        _ => "",
    }
}

/// Begins a new generation of a file that no gate has open. Returns its number.
///
/// # Errors
///
/// See [`OpenError`].
pub fn begin_generation(path: &Path, clock: &Clock) -> Result<u16, OpenError> {
    let _lock = lock::lock(path)?;
    let connection = schema::open(path)?;
    let begin = || {
        let mut generations = Generations::of(&connection, path, clock.now())?;
        generations.begin(&connection, clock.now())?;
        generations.tell();
        generations.current(clock.now())
    };
    begin().map_err(|source| OpenError::Refused { path: path.display().to_string(), source })
}

impl Sqlite {
    /// Opens the file, or creates it, and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. An operator has to act.
    pub fn open(path: &Path, clock: Clock) -> Result<Self, OpenError> {
        let lock = lock::lock(path)?;
        let connection = schema::open(path)?;
        let refused = |source| OpenError::Refused { path: path.display().to_string(), source };
        let denied = denied(&connection).map_err(refused)?;
        let attempts = Attempts::of(&connection).map_err(refused)?;
        let (cursor, count) = Cursor::of(&connection, &attempts).map_err(refused)?;
        let waiting = Arc::new(AtomicU64::new(count));
        let generations = Generations::of(&connection, path, clock.now()).map_err(refused)?;
        let heartbeat = generations.shared();
        let troubles = Troubles::default();
        let mut database = Database {
            connection,
            attempts,
            denied,
            cursor,
            generations,
            troubles: troubles.clone(),
            waiting: Arc::clone(&waiting),
            logged: 0,
            clock: clock.clone(),
            _lock: lock,
        };
        database.retry_aside().map_err(refused)?;
        let writer = Writer::start(database).map_err(OpenError::Thread)?;
        Ok(Self { writer, path: path.to_owned(), clock, waiting, heartbeat, troubles })
    }

    /// Closes the file once what waits is done: its log goes into it, so that it
    /// is whole by itself.
    pub async fn close(&self) {
        self.writer.close().await;
    }

    /// Whether the thread that writes still does.
    ///
    /// # Errors
    ///
    /// It does not, or is too far behind.
    pub async fn respond(&self) -> Result<(), StoreError> {
        self.writer.ask(|_| Ok(())).await
    }

    /// When the file was last backed up; `None`: never.
    pub fn last_backup(&self) -> Option<UnixMillis> {
        copy::last_backup(&self.path)
    }

    /// The generation of attempts that begin now.
    pub fn generation(&self) -> u16 {
        self.heartbeat.generation()
    }

    /// What is wrong with the file, and what to do. Does not wait for it.
    pub fn trouble(&self) -> Option<String> {
        let silent = self.clock.now().0.saturating_sub(self.heartbeat.at().0);
        let hangs = (silent > SILENT_MS).then_some(Trouble::Silent(silent / 1_000));
        self.troubles.now().or(hangs).map(|trouble| trouble.to_string())
    }

    /// Deletes what is over: rows of attempts that no token can name any more,
    /// forgotten prices, old nonces, texts past their time, entries of the deny
    /// list, old days; and events that no one fetched. Returns how many those
    /// were.
    ///
    /// # Errors
    ///
    /// Nothing was deleted; the next call tries again.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        self.writer
            .ask(move |database| {
                let now = database.now();
                database.denied.sweep(now);
                for sql in [
                    "DELETE FROM prices WHERE forgotten_at < ?1",
                    "DELETE FROM nonces WHERE until < ?1",
                    "DELETE FROM denied WHERE until < ?1",
                    "DELETE FROM texts WHERE until < ?1",
                ] {
                    database.connection.prepare_cached(sql)?.execute([now.0.cast_signed()])?;
                }
                days::sweep(&database.connection, now)?;
                let lost = database.sweep_attempts(now)?;
                schema::give_back(&database.connection)?;
                Ok(lost)
            })
            .await
    }

    async fn change<A: Send + 'static>(
        &self,
        row: &RowAddress,
        change: impl FnOnce(&redemption::Row, UnixMillis) -> redemption::Change<A> + Send + 'static,
    ) -> Result<A, StoreError> {
        let row = *row;
        self.writer
            .ask(move |database| {
                let now = database.time_of(&row)?;
                let before = database.attempts.read(&database.connection, &row)?.row;
                let (answer, after) = change(&before, now);
                if let Some(after) = after {
                    database.attempts.write(&database.connection, &row, &after)?;
                }
                Ok(answer)
            })
            .await
    }
}

impl RedemptionStore for Sqlite {
    async fn step(&self, row: &RowAddress) -> Result<Stepped, StoreError> {
        let until = row.keep_until;
        self.change(row, move |row, now| redemption::step(row, until, now)).await
    }

    async fn owe(&self, row: &RowAddress, least: u64) -> Result<Owing, StoreError> {
        let until = row.keep_until;
        self.change(row, move |row, now| redemption::owe(row, until, now, least)).await
    }

    async fn answer(&self, row: &RowAddress, answer: &AnswerHash) -> Result<Answered, StoreError> {
        let (until, answer) = (row.keep_until, *answer);
        self.change(row, move |row, now| redemption::answer(row, until, now, &answer)).await
    }

    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redemption, StoreError> {
        let (row, redeem) = (*row, redeem.clone());
        self.writer
            .ask(move |database| {
                let now = database.time_of(&row)?;
                let found = database.attempts.read(&database.connection, &row)?;
                let denial = database.denied.denial(&redeem, now);
                let (answer, after) =
                    redemption::redeem(&found.row, row.keep_until, now, denial, &redeem);
                let Some(after) = after else { return Ok(answer) };
                if answer == Redemption::First {
                    database.spend(&row, &redeem, now)?;
                    let sitekey = redeem.facts.sitekey.to_string();
                    days::redeemed(&database.connection, &sitekey, now)?;
                } else {
                    database.reject(&row, &found, after.rejected)?;
                }
                Ok(answer)
            })
            .await
    }
}

impl PriceStore for Sqlite {
    async fn raise(&self, payer: &Payer) -> Result<Price, StoreError> {
        let payer = key(payer);
        self.writer
            .ask(move |database| {
                let now = database.now();
                let price = price(&database.connection, &payer)?.at(now);
                let raised = price.raised(now);
                database
                    .connection
                    .prepare_cached(
                        "INSERT INTO prices (payer, price, forgotten_at) VALUES (?1, ?2, ?3)
                        ON CONFLICT DO UPDATE SET
                            price = excluded.price, forgotten_at = excluded.forgotten_at",
                    )?
                    .execute(params![
                        payer,
                        raised.to_bytes().map_err(unwritten)?,
                        raised.forgotten_at().0.cast_signed()
                    ])?;
                Ok(price)
            })
            .await
    }

    async fn read(&self, payer: &Payer) -> Result<Price, StoreError> {
        let payer = key(payer);
        self.writer
            .ask(move |database| Ok(price(&database.connection, &payer)?.at(database.now())))
            .await
    }
}

impl ControlStore for Sqlite {
    async fn nonce(&self, nonce: [u8; 16], until: u64) -> Result<bool, StoreError> {
        let until = until.cast_signed();
        self.writer
            .ask(move |database| {
                let sql =
                    "INSERT INTO nonces (nonce, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
                let written =
                    database.connection.prepare_cached(sql)?.execute(params![nonce, until])?;
                Ok(written == 1)
            })
            .await
    }

    async fn deny(&self, entries: Vec<DenyEntry>) -> Result<(), StoreError> {
        self.writer
            .ask(move |database| {
                let now = database.now();
                for entry in entries {
                    let Some(entry) = database.denied.entry(&entry, now) else { continue };
                    database
                        .connection
                        .prepare_cached(
                            "INSERT INTO denied (name, version, denied, until)
                            VALUES (?1, ?2, ?3, ?4)
                            ON CONFLICT DO UPDATE SET version = excluded.version,
                                denied = excluded.denied, until = excluded.until",
                        )?
                        .execute(params![
                            entry.name,
                            entry.version.cast_signed(),
                            entry.denied,
                            entry.until.cast_signed(),
                        ])?;
                    database.denied.keep(entry);
                }
                Ok(())
            })
            .await
    }

    async fn backlog(&self) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.waiting.load(Ordering::Relaxed)).unwrap_or(u32::MAX))
    }
}

impl writer::State for Database {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The heartbeat has a transaction of its own: one that fails, on a full
    /// disk, must not take calls with it that only read.
    fn before(&mut self) -> rusqlite::Result<()> {
        let (now, tries) = (self.clock.now(), self.troubles.now().is_some());
        if self.generations.beat(&self.connection, now, tries)? {
            self.troubles.wrote();
        }
        Ok(())
    }

    fn failed(&mut self, error: &rusqlite::Error) {
        self.troubles.note(error);
    }

    /// After a transaction that was rolled back, memory may know what the file
    /// does not.
    fn rolled_back(&mut self) -> rusqlite::Result<()> {
        self.denied = denied(&self.connection)?;
        self.attempts = Attempts::of(&self.connection)?;
        let (cursor, waiting) = Cursor::of(&self.connection, &self.attempts)?;
        self.cursor = cursor;
        self.waiting.store(waiting, Ordering::Relaxed);
        Ok(())
    }

    /// Copies the log into the file once it is long: after the answers, which
    /// do not wait for it.
    fn answered(&mut self, calls: usize) -> rusqlite::Result<()> {
        self.generations.tell();
        self.logged += calls;
        if self.logged < CALLS_PER_CHECKPOINT {
            return Ok(());
        }
        self.logged = 0;
        self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
    }
}

fn denied(connection: &Connection) -> rusqlite::Result<DenyList> {
    let mut statement = connection.prepare("SELECT name, version, denied, until FROM denied")?;
    let entries = statement.query_map([], |row| {
        Ok(Entry {
            name: row.get(0)?,
            version: row.get::<_, i64>(1)?.cast_unsigned(),
            denied: row.get(2)?,
            until: row.get::<_, i64>(3)?.cast_unsigned(),
        })
    })?;
    Ok(DenyList::new(entries.collect::<rusqlite::Result<_>>()?))
}

fn price(connection: &Connection, payer: &[u8]) -> rusqlite::Result<Price> {
    let mut statement = connection.prepare_cached("SELECT price FROM prices WHERE payer = ?1")?;
    let found: Option<Vec<u8>> = statement.query_row([payer], |row| row.get(0)).optional()?;
    // One of another release is forgotten: it would be wrong to guess.
    Ok(found.and_then(|bytes| Price::from_bytes(&bytes).ok()).unwrap_or_default())
}

/// A value without a form is an error of the call, which writes nothing then.
fn unwritten(error: FormatError) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

/// A payer as a key: its site and its pseudonym.
fn key(payer: &Payer) -> Vec<u8> {
    [payer.sitekey.as_bytes().as_slice(), &payer.visitor].concat()
}

#[cfg(test)]
mod tests;
