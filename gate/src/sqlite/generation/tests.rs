use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use munjigi_captcha::contract::{redeem, row};
use munjigi_captcha::ports::{RedemptionStore as _, RowAddress};
use munjigi_captcha::redemption::{AnswerHash, Answered, NotAllowed, Owing, Redemption, Stepped};
use munjigi_process::clock::Clock;
use tempfile::TempDir;

use super::*;
use crate::sqlite::Sqlite;

/// A folder whose store is opened at times that a test sets.
struct World {
    folder: TempDir,
    now: Arc<AtomicU64>,
}

impl World {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), now: Arc::new(AtomicU64::new(1_763_623_800_250)) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("gate.db")
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(self.now.load(Ordering::Relaxed))
    }

    fn pass(&self, milliseconds: u64) {
        self.now.fetch_add(milliseconds, Ordering::Relaxed);
    }

    fn open(&self) -> Sqlite {
        let now = Arc::clone(&self.now);
        let clock = Clock::of(move || UnixMillis(now.load(Ordering::Relaxed)));
        Sqlite::open(&self.path(), clock).unwrap()
    }

    /// Copies the files of the store into another folder, or back.
    fn copy(&self, other: &Path, back: bool, names: &[&str]) {
        for name in names {
            let (here, there) = (self.folder.path().join(name), other.join(name));
            let (from, to) = if back { (there, here) } else { (here, there) };
            // The log goes when the store is closed.
            let _ = fs::remove_file(&to);
            if from.exists() {
                fs::copy(from, to).unwrap();
            }
        }
    }
}

const FILE: &[&str] = &["gate.db", "gate.db-wal", "gate.db-shm"];
const FOLDER: &[&str] = &["gate.db", "gate.db-wal", "gate.db-shm", "gate.db.heartbeat"];

const LATE: Redemption = Redemption::NotAllowed(NotAllowed::Late);

/// Spends an attempt, puts `names` back as they were before and returns what
/// the same token gets then, `after` milliseconds later.
async fn put_back(names: &[&str], after: u64) -> Redemption {
    let (world, kept) = (World::new(), TempDir::new().unwrap());
    let store = world.open();
    let address = row(1, store.at(world.now()));
    drop(store);
    drop(world.open());
    world.copy(kept.path(), false, FOLDER);
    world.pass(6_000);
    let store = world.open();
    assert_eq!(store.redeem(&address, &redeem(1, 1)).await, Ok(Redemption::First));
    drop(store);
    // Waits until the file is closed.
    drop(world.open());
    world.copy(kept.path(), true, names);
    world.pass(after);
    let store = world.open();
    let new = row(2, store.at(world.now()));
    assert_eq!(store.redeem(&new, &redeem(1, 1)).await, Ok(Redemption::First));
    store.redeem(&address, &redeem(2, 1)).await.unwrap()
}

#[tokio::test]
async fn a_file_that_was_put_back_accepts_nothing_of_before() {
    for after in [0, 84_000, 594_000] {
        assert_eq!(put_back(FILE, after).await, LATE, "{after}");
    }
    for after in [54_001, 84_000, 594_000] {
        assert_eq!(put_back(FOLDER, after).await, LATE, "{after}");
    }
    // As it is documented: nothing tells a folder of the last minute from one
    // that was in use.
    assert_eq!(put_back(FOLDER, 1_000).await, Redemption::First);
}

#[tokio::test]
async fn a_start_or_a_crash_within_a_minute_changes_nothing() {
    let world = World::new();
    let store = world.open();
    let address = row(1, store.at(world.now()));
    assert_eq!(store.redeem(&address, &redeem(1, 1)).await, Ok(Redemption::First));
    drop(store);
    world.pass(60_000);
    // A loss of power may bring back an old copy, or none.
    for beside in [Some("1 5\n".to_owned()), Some(String::new()), None] {
        let path = world.folder.path().join("gate.db.heartbeat");
        let generation = world.open().generation();
        match beside {
            Some(text) => fs::write(&path, text.replacen('1', &generation.to_string(), 1)).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let store = world.open();
        assert_eq!(store.generation(), generation);
        assert_eq!(store.redeem(&address, &redeem(2, 1)).await, Ok(Redemption::Spent));
    }
}

#[tokio::test]
async fn a_process_that_stood_still_begins_a_generation_with_the_next_call() {
    let world = World::new();
    let store = world.open();
    let old = store.generation();
    let before = row(1, store.at(world.now()));
    for _ in 0..20 {
        world.pass(59_000);
        store.respond().await.unwrap();
    }
    assert_eq!(store.generation(), old);
    let before = RowAddress { keep_until: UnixMillis(world.now().0 + 3_600_000), ..before };
    world.pass(60_001);
    let late = NotAllowed::Late;
    assert_eq!(store.step(&before).await, Ok(Stepped::NotAllowed(late)));
    assert_eq!(store.owe(&before, 1).await, Ok(Owing::NotAllowed(late)));
    let answered = store.answer(&before, &AnswerHash([1; 16])).await;
    assert_eq!(answered, Ok(Answered::NotAllowed(late)));
    assert_eq!(store.redeem(&before, &redeem(1, 1)).await, Ok(LATE));
    assert_ne!(store.generation(), old);
    let after = row(1, store.at(world.now()));
    assert_eq!(store.redeem(&after, &redeem(1, 1)).await, Ok(Redemption::First));
}

#[tokio::test]
async fn a_clock_that_is_set_far_back_begins_a_generation() {
    let world = World::new();
    let store = world.open();
    let (address, old) = (row(1, store.at(world.now())), store.generation());
    world.now.fetch_sub(3_600_000, Ordering::Relaxed);
    assert_eq!(store.redeem(&address, &redeem(1, 1)).await, Ok(LATE));
    assert_ne!(store.generation(), old);
}

#[test]
fn generations_of_an_hour_have_different_numbers() {
    let spans = 54 * 60_000 / SPAN_MS;
    let numbers: BTreeSet<_> = (0..spans).map(|span| number(1_763_623_800 + span)).collect();
    assert_eq!((numbers.len() as u64, numbers.contains(&0)), (spans, false));
    // Two at once are told apart as well, by those who know the other.
    let world = World::new();
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(TABLE).unwrap();
    let mut generations = Generations::of(&connection, &world.path(), world.now()).unwrap();
    let first = generations.current(world.now()).unwrap();
    generations.begin(&connection, world.now()).unwrap();
    assert_ne!(generations.current(world.now()).unwrap(), first);
}
