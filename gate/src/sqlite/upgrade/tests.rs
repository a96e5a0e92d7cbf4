use std::path::Path;

use munjigi_captcha::contract::{At, redeem, row, token_facts};
use munjigi_captcha::ports::{RedemptionStore as _, RowAddress};
use munjigi_captcha::redemption::{AnswerHash, NotAllowed, Redemption};
use munjigi_format::contract::format;
use munjigi_process::clock::Clock;
use munjigi_serving::ports::ControlStore as _;
use tempfile::TempDir;

use super::*;
use crate::sqlite::{Sqlite, schema};

/// Milliseconds of expiry that share a table.
const TABLE_MS: u64 = 600_000;

#[test]
fn an_event_is_these_bytes() {
    let id = [7; 16];
    let event = Event { id, redeemed_at: 1_763_623_801_000, rejected: 300, facts: token_facts() };
    let parts = [
        ("01", "version"),
        ("07070707070707070707070707070707", "id"),
        ("a8a1ae81aa33", "redeemed_at 1763623801000 ms"),
        ("ac02", "rejected 300"),
    ];
    let facts = munjigi_captcha::contract::TOKEN_FACTS_BYTES;
    format(&event, &[&parts[..], &facts].concat());
}

/// A file as the first schema's release left it.
struct Before(Connection);

impl Before {
    fn create(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF").unwrap();
        connection.execute_batch(schema::FIRST).unwrap();
        connection.execute_batch("PRAGMA user_version = 1").unwrap();
        Self(connection)
    }

    fn table(&self, bucket: u64) {
        self.0
            .execute_batch(&format!(
                "CREATE TABLE IF NOT EXISTS attempts_{bucket} (
                    id BLOB PRIMARY KEY,
                    stepped INTEGER NOT NULL,
                    owed INTEGER NOT NULL,
                    answer BLOB,
                    call BLOB,
                    token BLOB,
                    rejected INTEGER NOT NULL,
                    event BLOB
                ) STRICT, WITHOUT ROWID"
            ))
            .unwrap();
    }

    fn event(address: &RowAddress, now: UnixMillis, rejected: u32) -> Vec<u8> {
        let facts = redeem(1, 1).facts;
        Event { id: address.id.0, redeemed_at: now.0, rejected, facts }.to_bytes().unwrap()
    }

    /// An attempt that was spent by call 1 with token 1.
    fn spend(&self, address: &RowAddress, now: UnixMillis, rejected: u32) {
        let bucket = bucket::of(address.keep_until.0);
        let redeem = redeem(1, 1);
        let sql = format!("INSERT INTO attempts_{bucket} VALUES (?1, 0, 0, NULL, ?2, ?3, ?4, ?5)");
        let event = Self::event(address, now, 0);
        let values = params![address.id.0, redeem.call.0, redeem.token.0, rejected, event];
        self.0.prepare_cached(&sql).unwrap().execute(values).unwrap();
    }

    fn post(&self, address: &RowAddress, now: UnixMillis, rejected: u32) {
        let sql = "INSERT INTO outbox (id, event, at) VALUES (?1, ?2, ?3)";
        let event = Self::event(address, now, rejected);
        let values = params![address.id.0, event, now.0.cast_signed()];
        self.0.prepare_cached(sql).unwrap().execute(values).unwrap();
    }
}

/// A gate of that release has one shard.
fn at(now: UnixMillis) -> At {
    At { now, store: 1 }
}

#[tokio::test]
async fn a_file_of_the_first_schema_loses_nothing() {
    let (folder, now) = (TempDir::new().unwrap(), Clock::system().now());
    let path = folder.path().join("gate.db");
    let before = Before::create(&path);
    let address = |id| row(id, at(now));
    let bucket = bucket::of(address(1).keep_until.0);
    before.table(bucket);
    // 1 was told; 2 waits, and 3, which was refused twice and waits before it.
    for (id, rejected) in [(1, 0), (2, 0), (3, 2)] {
        before.spend(&address(id), now, rejected);
    }
    before.post(&address(3), now, 2);
    before.post(&address(2), now, 0);
    // The table of 4 is gone, and its event still waits.
    let long_ago = UnixMillis(now.0 - 30 * TABLE_MS);
    before.post(&row(4, at(long_ago)), long_ago, 1);
    // 5 owes more work, and 6 was asked for a picture.
    let sql = format!("INSERT INTO attempts_{bucket} VALUES (?1, ?2, ?3, ?4, NULL, NULL, 0, NULL)");
    let answer: Option<[u8; 16]> = None;
    before.0.execute(&sql, params![address(5).id.0, 0, 1_000, answer]).unwrap();
    before.0.execute(&sql, params![address(6).id.0, 1, 0, Some([9_u8; 16])]).unwrap();
    drop(before);
    let store = Sqlite::open(&path, Clock::system()).unwrap();
    assert_eq!(store.backlog().await, Ok(3));
    let events = store.waiting_events().await.unwrap();
    let told: Vec<_> = events.events.iter().map(|event| (event.id, event.rejected)).collect();
    let (second, third) = (address(2).id, address(3).id);
    assert_eq!(told, [(third, 2), (second, 0), (row(4, at(long_ago)).id, 1)]);
    store.events_taken(events, None).await.unwrap();
    assert_eq!(store.backlog().await, Ok(0));
    // Visitors in the middle begin again: the file is of a generation that is new.
    let again = store.redeem(&address(1), &redeem(1, 1)).await;
    assert_eq!(again, Ok(Redemption::NotAllowed(NotAllowed::Late)));
    let address = |id| RowAddress { store: store.generation(), ..address(id) };
    for id in 1..=3 {
        assert_eq!(store.redeem(&address(id), &redeem(1, 1)).await, Ok(Redemption::Repeat));
        assert_eq!(store.redeem(&address(id), &redeem(2, 1)).await, Ok(Redemption::Spent));
    }
    let told = store.waiting_events().await.unwrap().events;
    let told: Vec<_> = told.iter().map(|event| event.rejected).collect();
    assert_eq!(told, [1, 1, 3]);
    for id in 5..=6 {
        let answer = store.redeem(&address(id), &redeem(1, 1)).await.unwrap();
        let asked = [NotAllowed::Unpaid, NotAllowed::Stepped].map(Redemption::NotAllowed);
        assert!(asked.contains(&answer), "{id}: {answer:?}");
    }
    let tried = store.answer(&address(6), &AnswerHash([9; 16])).await.unwrap();
    let other = store.answer(&address(6), &AnswerHash([8; 16])).await.unwrap();
    assert_ne!(tried, other);
    drop(store);
    let connection = Connection::open(&path).unwrap();
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!((number("PRAGMA auto_vacuum"), number("PRAGMA user_version")), (2, 4));
    assert_eq!(number("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'attempts%'"), 0);
}

#[tokio::test]
async fn many_rows_of_many_tables_all_wait_in_their_order() {
    let rows = std::env::var("MUNJIGI_UPGRADE_ROWS").map_or(20_000, |rows| rows.parse().unwrap());
    let (folder, now) = (TempDir::new().unwrap(), Clock::system().now());
    let path = folder.path().join("gate.db");
    let before = Before::create(&path);
    before.0.execute_batch("BEGIN").unwrap();
    let address = |number: u32| {
        let late = u64::from(number % 7) * TABLE_MS;
        row(number.wrapping_mul(0x9e37_79b1), at(UnixMillis(now.0 + late)))
    };
    for late in 0..7 {
        before.table(bucket::of(address(late).keep_until.0));
    }
    for number in 0..rows {
        before.spend(&address(number), now, 0);
        before.post(&address(number), now, 0);
    }
    before.0.execute_batch("COMMIT").unwrap();
    drop(before);
    let began = munjigi_process::clock::Stopwatch::start();
    let store = Sqlite::open(&path, Clock::system()).unwrap();
    println!("{rows} rows: {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(store.backlog().await, Ok(rows));
    let told = store.waiting_events().await.unwrap().events;
    let told: Vec<_> = told.iter().map(|event| event.id).collect();
    let expected: Vec<_> = (0..rows).map(|number| address(number).id).take(told.len()).collect();
    assert!(!told.is_empty() && told == expected);
}
