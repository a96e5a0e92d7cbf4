use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use munjigi_captcha::contract::{At, price_store, redeem, redemption_store, row};
use munjigi_captcha::redemption::bucket;
use munjigi_protocol::CountKind;
use munjigi_serving::contract::{control_store, values};
use munjigi_serving::ports::Values as _;
use tempfile::TempDir;

use super::*;
use crate::figures::count;

/// Files in a folder that goes with it.
struct Files {
    folder: TempDir,
    count: AtomicU32,
}

impl Files {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), count: AtomicU32::new(0) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("{}.db", self.count.fetch_add(1, Ordering::Relaxed)))
    }

    fn fresh(&self) -> Sqlite {
        Sqlite::open(&self.path(), Clock::system()).unwrap()
    }

    /// One for which time stands still: all have the same generation.
    fn fresh_at(&self, now: UnixMillis) -> Sqlite {
        Sqlite::open(&self.path(), Clock::of(move || now)).unwrap()
    }
}

impl Sqlite {
    /// Where its rows of attempts are that begin now.
    pub fn at(&self, now: UnixMillis) -> At {
        At { now, store: self.generation() }
    }
}

#[tokio::test]
async fn the_contract_of_redemptions_holds() {
    let (files, now) = (Files::new(), Clock::system().now());
    let fresh = async || files.fresh_at(now);
    redemption_store(fresh, fresh().await.at(now)).await;
}

#[tokio::test]
async fn the_contract_of_prices_holds() {
    let files = Files::new();
    price_store(async || files.fresh()).await;
}

#[tokio::test]
async fn the_contract_of_the_control_store_holds() {
    let (files, now) = (Files::new(), Clock::system().now());
    let fresh = async || files.fresh_at(now);
    control_store(fresh, fresh().await.at(now)).await;
}

#[tokio::test]
async fn the_contract_of_values_holds() {
    values(&Files::new().fresh(), "contract").await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_start() {
    let files = Files::new();
    let (path, now) = (files.path(), Clock::system().now());
    let store = Sqlite::open(&path, Clock::system()).unwrap();
    let at = store.at(now);
    assert_eq!(store.redeem(&row(1, at), &redeem(1, 1)).await, Ok(Redemption::First));
    store.close().await;
    let log = path.with_extension("db-wal");
    assert!(!log.exists(), "the file is whole by itself");
    assert_eq!(store.redeem(&row(1, at), &redeem(1, 1)).await, Err(StoreError));
    let store = Sqlite::open(&path, Clock::system()).unwrap();
    assert_eq!(store.redeem(&row(1, at), &redeem(2, 1)).await, Ok(Redemption::Spent));
    assert_eq!(store.backlog().await, Ok(1));
}

#[tokio::test]
async fn a_file_belongs_to_one_process() {
    let files = Files::new();
    let path = files.path();
    let store = Sqlite::open(&path, Clock::system()).unwrap();
    let error = Sqlite::open(&path, Clock::system()).err().unwrap();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    drop(store);
    Sqlite::open(&path, Clock::system()).unwrap();
}

#[tokio::test]
async fn what_happened_is_summed_by_day_and_site() {
    let files = Files::new();
    let begin = UnixMillis(20_000 * 86_400_000);
    let day = Arc::new(AtomicU64::new(0));
    let passed = Arc::clone(&day);
    let clock =
        Clock::of(move || UnixMillis(begin.0 + passed.load(Ordering::Relaxed) * 86_400_000));
    let store = Sqlite::open(&files.path(), clock).unwrap();
    let sitekey = redeem(1, 1).facts.sitekey.to_string();
    let count = |day: u64, kind, number| count(&sitekey, (20_000 + day) * 1_440 + 7, kind, number);
    let counts = [
        count(0, CountKind::Issued, 5),
        count(0, CountKind::Flooded, 5),
        count(0, CountKind::Solved, 3),
        count(1, CountKind::Issued, 1),
    ];
    store.count(&counts).await.unwrap();
    let at = store.at(begin);
    store.count(&[count(0, CountKind::Issued, 2), count(0, CountKind::Failed, 1)]).await.unwrap();
    for call in 1..=2 {
        store.redeem(&row(1, at), &redeem(call, 1)).await.unwrap();
    }
    let all = store.days(14).await.unwrap();
    let sums =
        |issued, solved, redeemed, failed| Sums { issued, solved, redeemed, failed, refused: 0 };
    let found: Vec<_> = all.iter().map(|day| (day.date(), day.sums)).collect();
    let later = ("2024-10-05".to_owned(), sums(1, 0, 0, 0));
    assert_eq!(found, [later, ("2024-10-04".to_owned(), sums(7, 3, 1, 1))]);
    assert!(all.iter().all(|day| day.sitekey == sitekey));
    day.store(1, Ordering::Relaxed);
    assert_eq!(store.days(1).await.unwrap(), all[..1]);
    day.store(401, Ordering::Relaxed);
    store.sweep().await.unwrap();
    assert_eq!(store.days(1_000).await.unwrap(), all[..1]);
}

#[test]
fn a_file_of_a_later_release_is_refused() {
    let files = Files::new();
    let path = files.path();
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    let error = Sqlite::open(&path, Clock::system()).err().unwrap();
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn what_is_over_is_deleted_and_what_waits_for_the_origin_is_not() {
    let (path, begin) = (Files::new(), Clock::system().now());
    let file = path.path();
    let store = Sqlite::open(&file, Clock::of(move || begin)).unwrap();
    let at = store.at(begin);
    assert_eq!(store.redeem(&row(1, at), &redeem(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.nonce([1; 16], begin.0 + 1_000).await, Ok(true));
    assert_eq!(store.store_for("list", "text", 60).await, Ok(()));
    assert_eq!(store.sweep().await, Ok(0));
    assert_eq!(store.redeem(&row(1, at), &redeem(2, 1)).await, Ok(Redemption::Spent));
    assert_eq!(store.nonce([1; 16], begin.0 + 1_000).await, Ok(false));
    drop(store);
    // A row is kept for an hour, and its table for ten minutes more.
    let later = UnixMillis(begin.0 + 2 * 3_600_000);
    let store = Sqlite::open(&file, Clock::of(move || later)).unwrap();
    assert_eq!(store.sweep().await, Ok(0));
    assert_eq!(store.load("list").await, Ok(None));
    assert_eq!(store.nonce([1; 16], later.0 + 1_000).await, Ok(true));
    assert_eq!(store.backlog().await, Ok(1));
    let connection = Connection::open(&file).unwrap();
    let tables = || {
        let sql =
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 's*_[0-9]*'";
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(tables(), 2);
    store.events_taken(store.waiting_events().await.unwrap(), None).await.unwrap();
    assert_eq!((store.backlog().await, store.sweep().await), (Ok(0), Ok(0)));
    assert_eq!(tables(), 2, "kept for a day, in case the origin loses them");
    drop(store);
    let later = UnixMillis(begin.0 + 26 * 3_600_000);
    let store = Sqlite::open(&file, Clock::of(move || later)).unwrap();
    assert_eq!(store.sweep().await, Ok(0));
    assert_eq!(tables(), 0);
}

#[tokio::test]
async fn a_clock_that_goes_back_over_a_sweep_finds_what_was_spent() {
    let (files, begin) = (Files::new(), Clock::system().now());
    // The last second of a bucket.
    let keep_until = (begin.0 / 600_000 + 6) * 600_000 - bucket::GRACE_MS - 500;
    let time = Arc::new(AtomicU64::new(keep_until - 400));
    let read = Arc::clone(&time);
    let clock = Clock::of(move || UnixMillis(read.load(Ordering::Relaxed)));
    let store = Sqlite::open(&files.path(), clock).unwrap();
    let row = RowAddress { keep_until: UnixMillis(keep_until), ..row(1, store.at(begin)) };
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::First));
    store.events_taken(store.waiting_events().await.unwrap(), None).await.unwrap();
    for (swept, is_kept) in [(600, true), (59_000, true), (61_000, false)] {
        time.store(keep_until + swept, Ordering::Relaxed);
        store.sweep().await.unwrap();
        time.store(keep_until - 1, Ordering::Relaxed);
        let again = store.redeem(&row, &redeem(2, 1)).await.unwrap();
        assert_eq!(again == Redemption::Spent, is_kept, "{swept}: {again:?}");
        store.events_taken(store.waiting_events().await.unwrap(), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_call_is_told_with_the_event() {
    let files = Files::new();
    let store = files.fresh();
    let at = store.at(Clock::system().now());
    let answers = [(1, Redemption::First), (2, Redemption::Spent), (3, Redemption::Spent)];
    for (call, expected) in answers {
        assert_eq!(store.redeem(&row(1, at), &redeem(call, 1)).await, Ok(expected));
    }
    let events = store.waiting_events().await.unwrap().events;
    let found: Vec<_> =
        events.iter().map(|event| (event.id, event.rejected, event.score)).collect();
    assert_eq!((found, store.backlog().await), (vec![(row(1, at).id, 2, 90)], Ok(1)));
}

#[tokio::test]
async fn events_are_taken_in_order_and_once_and_one_that_was_refused_again_stays() {
    let files = Files::new();
    let store = files.fresh();
    let at = store.at(Clock::system().now());
    for id in 1..=3 {
        assert_eq!(store.redeem(&row(id, at), &redeem(1, 1)).await, Ok(Redemption::First));
    }
    let events = store.waiting_events().await.unwrap();
    let ids: Vec<_> = events.events.iter().map(|event| event.id).collect();
    assert_eq!(ids, [1, 2, 3].map(|id| row(id, at).id));
    // While they are on their way, the second is refused to another caller.
    assert_eq!(store.redeem(&row(2, at), &redeem(2, 1)).await, Ok(Redemption::Spent));
    store.events_taken(events, None).await.unwrap();
    let left = store.waiting_events().await.unwrap();
    let told: Vec<_> = left.events.iter().map(|event| (event.id, event.rejected)).collect();
    assert_eq!((told, store.backlog().await), (vec![(row(2, at).id, 1)], Ok(1)));
    store.events_taken(left, None).await.unwrap();
    assert!(store.waiting_events().await.unwrap().is_empty());
    // It was sent long ago, and is refused once more.
    assert_eq!(store.redeem(&row(3, at), &redeem(2, 1)).await, Ok(Redemption::Spent));
    assert_eq!(store.backlog().await, Ok(1));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_stays_and_holds_nothing_up() {
    let (files, now) = (Files::new(), Clock::system().now());
    let path = files.path();
    let mut store = Sqlite::open(&path, Clock::system()).unwrap();
    let at = store.at(now);
    for id in 1..=2 {
        assert_eq!(store.redeem(&row(id, at), &redeem(1, 1)).await, Ok(Redemption::First));
    }
    let connection = Connection::open(&path).unwrap();
    let bucket = bucket::of(row(1, at).keep_until.0);
    let set = |id: u8, facts: &[u8]| {
        let sql = format!("UPDATE spent_{bucket} SET facts = ?2 WHERE id = ?1");
        connection.execute(&sql, params![row(id.into(), at).id.0, facts]).unwrap();
    };
    let sql = format!("SELECT facts FROM spent_{bucket} LIMIT 1");
    let facts: Vec<u8> = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
    set(1, b"\xff");
    let events = store.waiting_events().await.unwrap();
    assert_eq!((events.events.len(), events.unreadable()), (1, 1));
    store.events_taken(events, None).await.unwrap();
    assert!(store.waiting_events().await.unwrap().is_empty());
    assert_eq!(store.backlog().await, Ok(1));
    // The next start tries again: in vain, and then not.
    for (bytes, waiting) in [(&b"\xfe"[..], 0), (&facts, 1)] {
        drop(store);
        set(1, bytes);
        store = Sqlite::open(&path, Clock::system()).unwrap();
        assert_eq!(store.backlog().await, Ok(1));
        assert_eq!(store.waiting_events().await.unwrap().events.len(), waiting);
    }
    // It is refused meanwhile, and counts once.
    assert_eq!(store.redeem(&row(1, at), &redeem(2, 1)).await, Ok(Redemption::Spent));
    assert_eq!(store.backlog().await, Ok(1));
    store.events_taken(store.waiting_events().await.unwrap(), None).await.unwrap();
    assert_eq!(store.backlog().await, Ok(0));
}

#[tokio::test]
async fn events_are_sent_in_batches_that_the_origin_accepts() {
    let files = Files::new();
    let store = files.fresh();
    let at = store.at(Clock::system().now());
    let calls = (0..700).map(|id| {
        let store = store.clone();
        tokio::spawn(async move { store.redeem(&row(id, at), &redeem(1, 1)).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), Ok(Redemption::First));
    }
    let mut all = BTreeSet::new();
    while let events = store.waiting_events().await.unwrap()
        && !events.is_empty()
    {
        let bytes = serde_json::to_string(&events.events).unwrap().len();
        assert!(events.events.len() <= 500 && bytes <= 96_002, "{bytes}");
        all.extend(events.events.iter().map(|event| event.id.0));
        store.events_taken(events, None).await.unwrap();
    }
    assert_eq!((all.len(), store.backlog().await), (700, Ok(0)));
}

#[tokio::test]
async fn a_batch_that_is_refused_lets_the_next_one_pass_and_comes_again_later() {
    let (files, minutes) = (Files::new(), Arc::new(AtomicU64::new(0)));
    let (begin, passed) = (Clock::system().now(), Arc::clone(&minutes));
    let clock = Clock::of(move || UnixMillis(begin.0 + passed.load(Ordering::Relaxed) * 60_000));
    let store = Sqlite::open(&files.path(), clock).unwrap();
    store.queue("first".to_owned()).await.unwrap();
    store.queue("second".to_owned()).await.unwrap();
    let next = async || store.waiting_batch().await.unwrap();
    let first = next().await.unwrap();
    assert_eq!(first.body, "first");
    store.batch_refused(&first).await.unwrap();
    let second = next().await.unwrap();
    assert_eq!(second.body, "second");
    store.batch_taken(&second).await.unwrap();
    assert_eq!(next().await, None);
    minutes.store(1, Ordering::Relaxed);
    assert_eq!(next().await.as_ref(), Some(&first));
    minutes.store(15 * 24 * 60, Ordering::Relaxed);
    assert_eq!(next().await, None, "given up");
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_until_there_is_room() {
    let files = Files::new();
    let store = files.fresh();
    let pages = |most: u32| {
        let store = store.clone();
        async move {
            let sql = format!("PRAGMA max_page_count = {most}");
            let set =
                move |database: &mut Database| database.connection.query_row(&sql, [], |_| Ok(()));
            store.writer.ask(set).await.unwrap();
        }
    };
    pages(1).await;
    assert_eq!(store.trouble(), None);
    let long = "a".repeat(100_000);
    assert_eq!(store.store("long", &long).await, Err(StoreError));
    let trouble = store.trouble().unwrap();
    assert!(trouble.contains("the store's disk is full") && trouble.contains("Make room"));
    pages(1 << 20).await;
    assert_eq!(store.trouble(), None);
    assert_eq!(store.store("long", &long).await, Ok(()));
}

#[tokio::test]
async fn a_store_that_hangs_is_told_without_waiting_for_it() {
    let (files, begin) = (Files::new(), Clock::system().now());
    let passed = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&passed);
    let clock = Clock::of(move || UnixMillis(begin.0 + read.load(Ordering::Relaxed)));
    let store = Sqlite::open(&files.path(), clock).unwrap();
    let (go, wait) = std::sync::mpsc::sync_channel::<()>(0);
    let (started, is_hanging) = tokio::sync::oneshot::channel();
    let writer = store.writer.clone();
    let hang = move |_: &mut Database| {
        let _ = started.send(());
        Ok(wait.recv().is_ok())
    };
    let hanging = tokio::spawn(async move { writer.ask(hang).await });
    is_hanging.await.unwrap();
    passed.store(20_000, Ordering::Relaxed);
    assert_eq!(store.trouble(), None);
    passed.store(21_000, Ordering::Relaxed);
    assert!(store.trouble().unwrap().contains("has not answered for 21 s"));
    go.send(()).unwrap();
    assert_eq!(hanging.await.unwrap(), Ok(true));
    store.respond().await.unwrap();
    assert_eq!(store.trouble(), None);
}
