use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use munjigi_captcha::contract::{price_store, redeem, redemption_store, row};
use munjigi_serving::contract::{ledgers, values};
use tempfile::TempDir;

use super::*;

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
}

#[tokio::test]
async fn the_contract_of_redemptions_holds() {
    let files = Files::new();
    redemption_store(async || files.fresh(), Clock::system().now()).await;
}

#[tokio::test]
async fn the_contract_of_prices_holds() {
    let files = Files::new();
    price_store(async || files.fresh()).await;
}

#[tokio::test]
async fn the_contract_of_ledgers_holds() {
    let files = Files::new();
    ledgers(async || files.fresh(), Clock::system().now()).await;
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
    assert_eq!(store.redeem(&row(1, now), &redeem(1, 1)).await, Ok(Redemption::First));
    drop(store);
    let store = Sqlite::open(&path, Clock::system()).unwrap();
    assert_eq!(store.redeem(&row(1, now), &redeem(2, 1)).await, Ok(Redemption::Spent));
    assert_eq!(store.backlog().await, Ok(1));
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
    assert_eq!(store.redeem(&row(1, begin), &redeem(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.nonce([1; 16], begin.0 + 1_000).await, Ok(true));
    assert_eq!(store.store_for("list", "text", 60).await, Ok(()));
    assert_eq!(store.sweep().await, Ok(()));
    assert_eq!(store.redeem(&row(1, begin), &redeem(2, 1)).await, Ok(Redemption::Spent));
    assert_eq!(store.nonce([1; 16], begin.0 + 1_000).await, Ok(false));
    drop(store);
    // A row is kept for an hour, and its table for ten minutes more.
    let later = UnixMillis(begin.0 + 2 * 3_600_000);
    let store = Sqlite::open(&file, Clock::of(move || later)).unwrap();
    assert_eq!(store.sweep().await, Ok(()));
    assert_eq!(store.load("list").await, Ok(None));
    assert_eq!(store.nonce([1; 16], later.0 + 1_000).await, Ok(true));
    assert_eq!(store.backlog().await, Ok(1));
    let connection = Connection::open(&file).unwrap();
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'attempts%'";
    assert_eq!(connection.query_row(sql, [], |row| row.get::<_, i64>(0)), Ok(0));
}

#[tokio::test]
async fn a_refused_call_is_told_with_the_event() {
    let files = Files::new();
    let (path, now) = (files.path(), Clock::system().now());
    let store = Sqlite::open(&path, Clock::system()).unwrap();
    let answers = [(1, Redemption::First), (2, Redemption::Spent), (3, Redemption::Spent)];
    for (call, expected) in answers {
        assert_eq!(store.redeem(&row(1, now), &redeem(call, 1)).await, Ok(expected));
    }
    let connection = Connection::open(&path).unwrap();
    let sql = "SELECT event FROM outbox";
    let bytes: Vec<u8> = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    let event: munjigi_protocol::RedeemedEvent = postcard::from_bytes(&bytes).unwrap();
    assert_eq!((event.id, event.rejected, event.score), (row(1, now).id, 2, 90));
}
