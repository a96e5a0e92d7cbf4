//! What happened on each site each day, for operators without an origin. Kept
//! by UTC days; what a killed process had not passed on yet is missing.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use munjigi_captcha::ports::StoreError;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Count, CountKind};
use rusqlite::{Connection, OpenFlags, params};

use super::{OpenError, Sqlite};

/// Days that are kept.
const KEPT: u64 = 400;
/// How long a reader waits for a gate that is just creating the file.
const WAIT: Duration = Duration::from_secs(5);
/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// Minutes of a day.
const DAY_MINUTES: u64 = 1_440;

/// A site's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970.
    pub day: u64,
    pub sitekey: String,
    pub sums: Sums,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// First challenges.
    pub issued: u64,
    /// Tokens handed out.
    pub solved: u64,
    /// Tokens spent by siteverify.
    pub redeemed: u64,
    /// Wrong solutions and answers.
    pub failed: u64,
    /// Requests that were refused.
    pub refused: u64,
}

impl Day {
    /// The day as text: `2026-11-20`.
    pub fn date(&self) -> String {
        let mut text = UnixMillis(self.day.saturating_mul(DAY_MS)).rfc3339();
        text.truncate("2026-11-20".len());
        text
    }
}

impl Sqlite {
    /// Adds counts to their days.
    ///
    /// # Errors
    ///
    /// The store did not respond; nothing was added.
    pub async fn count(&self, counts: &[Count]) -> Result<(), StoreError> {
        let mut days = BTreeMap::<(u64, String), Sums>::new();
        for count in counts {
            let key = (count.minute / DAY_MINUTES, count.sitekey.clone());
            let sums = days.entry(key).or_default();
            let sum = match count.kind {
                CountKind::Issued => &mut sums.issued,
                CountKind::Solved => &mut sums.solved,
                CountKind::Failed => &mut sums.failed,
                CountKind::Refused => &mut sums.refused,
                CountKind::Stepped
                | CountKind::Abandoned
                | CountKind::Flooded
                | CountKind::Stopped
                | CountKind::WouldStop => continue,
            };
            *sum += u64::from(count.count);
        }
        self.writer
            .ask(move |database| {
                days.iter().try_for_each(|((day, sitekey), sums)| {
                    add(&database.connection, *day, sitekey, sums)
                })
            })
            .await
    }

    /// The last days, the latest first; within a day by sitekey. Read beside the
    /// thread that writes.
    ///
    /// # Errors
    ///
    /// The store did not respond.
    pub async fn days(&self, last: u64) -> Result<Vec<Day>, StoreError> {
        let (path, now) = (self.path.clone(), self.clock.now());
        let found = tokio::task::spawn_blocking(move || days_in(&path, now, last)).await;
        found.ok().and_then(Result::ok).ok_or(StoreError)
    }
}

/// The last days in a file, whether or not a gate is running on it.
///
/// # Errors
///
/// SQLite cannot read it.
pub fn days_in(path: &Path, now: UnixMillis, last: u64) -> Result<Vec<Day>, OpenError> {
    let read = || {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(WAIT)?;
        read(&connection, since(now, last))
    };
    read().map_err(|source| OpenError::Refused { path: path.display().to_string(), source })
}

/// Counts a redemption.
pub fn redeemed(connection: &Connection, sitekey: &str, now: UnixMillis) -> rusqlite::Result<()> {
    add(connection, now.0 / DAY_MS, sitekey, &Sums { redeemed: 1, ..Sums::default() })
}

/// Deletes days that are too old.
pub fn sweep(connection: &Connection, now: UnixMillis) -> rusqlite::Result<()> {
    let oldest = (now.0 / DAY_MS).saturating_sub(KEPT).cast_signed();
    connection.prepare_cached("DELETE FROM days WHERE day < ?1")?.execute([oldest]).map(drop)
}

/// The first of the last days.
const fn since(now: UnixMillis, last: u64) -> u64 {
    (now.0 / DAY_MS + 1).saturating_sub(last)
}

/// The days from `since` on, the latest first.
fn read(connection: &Connection, since: u64) -> rusqlite::Result<Vec<Day>> {
    let sql = "SELECT day, sitekey, issued, solved, redeemed, failed, refused FROM days
        WHERE day >= ?1 ORDER BY day DESC, sitekey";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([since.cast_signed()], |row| {
        let number = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
        let sums = Sums {
            issued: number(2)?,
            solved: number(3)?,
            redeemed: number(4)?,
            failed: number(5)?,
            refused: number(6)?,
        };
        Ok(Day { day: number(0)?, sitekey: row.get(1)?, sums })
    })?;
    rows.collect()
}

fn add(connection: &Connection, day: u64, sitekey: &str, sums: &Sums) -> rusqlite::Result<()> {
    let sql = "INSERT INTO days (day, sitekey, issued, solved, redeemed, failed, refused)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT DO UPDATE SET issued = issued + excluded.issued,
            solved = solved + excluded.solved, redeemed = redeemed + excluded.redeemed,
            failed = failed + excluded.failed, refused = refused + excluded.refused";
    let number = u64::cast_signed;
    let values = params![
        number(day),
        sitekey,
        number(sums.issued),
        number(sums.solved),
        number(sums.redeemed),
        number(sums.failed),
        number(sums.refused),
    ];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}
