//! Keeps what the origin has taken, and lets it wait once more. When to do so is
//! decided in `munjigi_serving::recall`.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use munjigi_captcha::redemption::bucket;
use munjigi_keys::UnixMillis;
use munjigi_serving::recall::{LogPosition, Recall, TAKEN_KEPT_MS, compare};
use rusqlite::params;

use super::Database;
use super::outbox::Cursor;

impl Database {
    /// Notes where the origin has committed what it took last. Where its store
    /// may have lost something since the note before, all rows that are still
    /// here wait again; returns how many that adds.
    pub(super) fn note_log_position(
        &mut self,
        log_position: &LogPosition,
    ) -> rusqlite::Result<u64> {
        let sql = "SELECT history, position, recalled_at FROM sent";
        let known = |row: &rusqlite::Row<'_>| {
            let log_position = LogPosition {
                history: row.get(0)?,
                position: row.get::<_, i64>(1)?.cast_unsigned(),
            };
            Ok((log_position, UnixMillis(row.get::<_, i64>(2)?.cast_unsigned())))
        };
        let (known, recalled_at) = self.connection.query_row(sql, [], known)?;
        let now = self.now();
        let known = Some(known).filter(|known| !known.history.is_empty());
        let (added, recalled_at) = match compare(known.as_ref(), recalled_at, log_position, now) {
            Recall::Defer => return Ok(0),
            Recall::Record => (0, recalled_at),
            Recall::Replay => (self.recall()?, now),
        };
        let sql = "UPDATE sent SET history = ?1, position = ?2, recalled_at = ?3";
        let values = params![
            log_position.history,
            log_position.position.cast_signed(),
            recalled_at.0.cast_signed()
        ];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(added)
    }

    /// Puts the cursor before all rows; returns how many more wait now.
    fn recall(&mut self) -> rusqlite::Result<u64> {
        let mut first = None;
        for bucket in self.attempts.buckets() {
            let sql = format!("SELECT min(n) FROM spent_{bucket}");
            let number: Option<i64> = self.connection.query_row(&sql, [], |row| row.get(0))?;
            first = first.into_iter().chain(number).min();
        }
        let Some(first) = first else { return Ok(0) };
        // Those that were set aside are met again on the way.
        self.connection.execute("DELETE FROM aside", [])?;
        self.connection.execute("UPDATE sent SET n = ?1", [first - 1])?;
        let last = self.cursor.last();
        let (cursor, waiting) = Cursor::of(&self.connection, &self.attempts)?;
        self.cursor = cursor.at_least(last);
        let before = self.waiting.swap(waiting, Ordering::Relaxed);
        Ok(waiting.saturating_sub(before))
    }

    /// Tables that are over and are kept although the origin may have all of
    /// them: those of a day, the newest first. With what is not over, they have
    /// `most` rows at most.
    pub(super) fn recallable(&self, now: UnixMillis, most: u64) -> rusqlite::Result<BTreeSet<u64>> {
        let mut kept = BTreeSet::new();
        for bucket in self.attempts.over(now).into_iter().rev() {
            let sql = format!("SELECT min(n) FROM spent_{bucket}");
            let first: Option<i64> = self.connection.query_row(&sql, [], |row| row.get(0))?;
            // Not counted, which would take long: there are no more rows from the
            // first on than numbers.
            let rows = first.map_or(0, |first| self.cursor.last() - first + 1).cast_unsigned();
            if bucket::end(bucket).saturating_add(TAKEN_KEPT_MS) <= now.0 || rows > most {
                break;
            }
            kept.insert(bucket);
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use munjigi_captcha::contract::{redeem, row};
    use munjigi_captcha::ports::RedemptionStore as _;
    use munjigi_process::clock::Clock;
    use munjigi_serving::ports::ControlStore as _;

    use super::super::Sqlite;
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn log_position(history: &str, position: u64) -> Option<LogPosition> {
        LogPosition::parse(&format!("{history}:{position}"))
    }

    /// A store whose clock can be moved, with three rows that the origin has.
    async fn told(folder: &tempfile::TempDir) -> (Sqlite, std::sync::Arc<AtomicU64>) {
        let now = std::sync::Arc::new(AtomicU64::new(Clock::system().now().0));
        let read = std::sync::Arc::clone(&now);
        let clock = Clock::of(move || UnixMillis(read.load(Ordering::Relaxed)));
        let store = Sqlite::open(&folder.path().join("gate.db"), clock).unwrap();
        spend(&store, &now, 1..=3).await;
        assert_eq!(take(&store, log_position("first", 10)).await, (3, 0));
        (store, now)
    }

    async fn spend(store: &Sqlite, now: &AtomicU64, ids: std::ops::RangeInclusive<u32>) {
        // After a jump of the clock, a new generation begins with the next write.
        sweep(store, now).await;
        let at = store.at(UnixMillis(now.load(Ordering::Relaxed)));
        for id in ids {
            store.redeem(&row(id, at), &redeem(1, 1)).await.unwrap();
        }
    }

    /// How many events were sent, and how many more wait after that.
    async fn take(store: &Sqlite, log_position: Option<LogPosition>) -> (usize, u64) {
        let events = store.waiting_events().await.unwrap();
        let sent = events.events.len();
        (sent, store.events_taken(events, log_position).await.unwrap())
    }

    async fn sweep(store: &Sqlite, now: &AtomicU64) {
        let now = UnixMillis(now.load(Ordering::Relaxed));
        store.writer.ask(move |database| database.sweep_attempts(now)).await.unwrap();
    }

    #[tokio::test]
    async fn what_a_restored_origin_lost_is_sent_again() {
        let folder = tempfile::tempdir().unwrap();
        let (store, now) = told(&folder).await;
        // Long after these attempts are over.
        now.fetch_add(20 * HOUR, Ordering::Relaxed);
        sweep(&store, &now).await;
        spend(&store, &now, 4..=4).await;
        assert_eq!(take(&store, log_position("second", 4)).await, (1, 4));
        assert_eq!(store.backlog().await, Ok(4));
        let ids: Vec<_> =
            store.waiting_events().await.unwrap().events.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), 4, "{ids:?}");
        // The same history, further on: nothing is wrong.
        assert_eq!(take(&store, log_position("second", 9)).await, (4, 0));
        assert_eq!(store.backlog().await, Ok(0));
    }

    #[tokio::test]
    async fn older_files_in_the_same_history_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (store, now) = told(&folder).await;
        spend(&store, &now, 4..=4).await;
        assert_eq!(take(&store, log_position("first", 9)).await, (1, 4));
    }

    #[tokio::test]
    async fn an_origin_that_says_nothing_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (store, now) = told(&folder).await;
        spend(&store, &now, 4..=4).await;
        assert_eq!(take(&store, None).await, (1, 0));
    }

    #[tokio::test]
    async fn two_stores_in_turn_do_not_ask_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let (store, now) = told(&folder).await;
        spend(&store, &now, 4..=4).await;
        assert_eq!(take(&store, log_position("second", 1)).await, (1, 4));
        assert_eq!(take(&store, log_position("first", 11)).await, (4, 0));
        now.fetch_add(2 * HOUR, Ordering::Relaxed);
        spend(&store, &now, 5..=5).await;
        assert_eq!(
            take(&store, log_position("first", 12)).await,
            (1, 5),
            "an hour later, once more"
        );
    }

    #[tokio::test]
    async fn rows_are_kept_for_a_day_and_no_more_than_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let (store, now) = told(&folder).await;
        let begun = now.load(Ordering::Relaxed);
        let kept = async |hours: u64, most| {
            let now = UnixMillis(begun + hours * HOUR);
            let kept = move |database: &mut Database| database.recallable(now, most);
            store.writer.ask(kept).await.unwrap().len()
        };
        assert_eq!((kept(3, 3).await, kept(23, 3).await), (1, 1));
        assert_eq!((kept(26, 3).await, kept(3, 2).await), (0, 0));
        now.fetch_add(26 * HOUR, Ordering::Relaxed);
        sweep(&store, &now).await;
        spend(&store, &now, 4..=4).await;
        assert_eq!(take(&store, log_position("second", 1)).await, (1, 1), "the others are gone");
    }
}
