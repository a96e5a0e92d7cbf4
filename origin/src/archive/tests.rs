//! Days are put away and dropped, and their files have every row; and what may go wrong.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use flate2::read::MultiGzDecoder;
use munjigi_backup::{Recipient, SealError, unseal};
use munjigi_bucket::server::serve;
use munjigi_bucket::{BucketSettings, Credentials};
use munjigi_protocol::CountKind;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use time::Date;
use time::macros::date;
use tokio::net::TcpListener;

use super::list::list;
use super::{Archive, Shelf};
use crate::backup::BackupError;
use crate::storage;
use munjigi_app::jobs::{ArchiveError, Jobs};
use munjigi_rig::{self as rig, DAY, HOUR, MINUTE, Rig, count, event};

/// Of everything that the rig writes.
const TODAY: Date = date!(2026 - 11 - 20);

fn settings(endpoint: Option<&str>) -> BucketSettings {
    BucketSettings {
        region: "us-east-1".to_owned(),
        endpoint: endpoint.map(|endpoint| endpoint.parse().unwrap()),
        credentials: None,
    }
}

fn shelf(place: &str, endpoint: Option<&str>) -> Shelf {
    Shelf::open(&storage::parse(place.into()).unwrap(), &settings(endpoint)).unwrap()
}

fn folder(path: &Path) -> Shelf {
    shelf(path.to_str().unwrap(), None)
}

fn archiving(rig: &Rig, shelf: Shelf, recipients: Vec<Recipient>) -> Jobs {
    Jobs { archive: Some(Arc::new(Archive { shelf, recipients })), ..rig.jobs() }
}

/// Writes a new key of age to a file; its public half.
fn key(path: &Path) -> Recipient {
    let identity = Identity::generate();
    std::fs::write(path, identity.to_string().expose_secret()).unwrap();
    identity.to_public()
}

/// The lines of a file with a day, as anyone reads it who has the key.
fn lines(file: &Path, identity: Option<&Path>) -> Vec<String> {
    let open = tempfile::NamedTempFile::new().unwrap();
    if let Some(identity) = identity {
        unseal(file, identity, (open.path(), open.as_file())).unwrap();
    } else {
        std::fs::copy(file, open.path()).unwrap();
    }
    let packed = std::fs::File::open(open.path()).unwrap();
    BufReader::new(MultiGzDecoder::new(packed)).lines().map(Result::unwrap).collect()
}

/// Three events and a count, of a day that is past retention now.
async fn old(pool: PgPool) -> Rig {
    let rig = Rig::new(pool, crate::http::router).await;
    rig.jobs().keep_house().await.unwrap();
    rig.post("/internal/events", &rig::events(&[event(1), event(2), event(3)])).await;
    rig.post("/internal/counts", &rig::counts(1, &[count(CountKind::Issued, 7)])).await;
    rig.pass(91 * DAY);
    rig
}

async fn kept(rig: &Rig) -> i64 {
    rig.number("SELECT count(*) FROM redeemed").await
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_day_past_retention_is_put_away_and_dropped(pool: PgPool) {
    let rig = old(pool).await;
    let root = tempfile::tempdir().unwrap();
    let jobs = archiving(&rig, folder(root.path()), Vec::new());
    jobs.keep_house().await.unwrap();
    assert_eq!(kept(&rig).await, 0);
    assert_eq!(rig.number("SELECT count(*) FROM rollup_hours").await, 0);
    let shelf = folder(root.path());
    let put = list(&shelf).await.unwrap();
    let names: Vec<_> = put.iter().map(|put| (put.table.as_str(), put.day)).collect();
    // Days without rows leave nothing behind.
    assert_eq!(names, [("minute_counts", TODAY), ("redeemed", TODAY)]);

    let events = lines(&root.path().join("redeemed/2026-11-20.csv.gz"), None);
    assert_eq!(events.len(), 1 + 3);
    assert!(events[0].starts_with("redeemed_at,id,solved_at,sitekey,"), "{events:?}");
    let second = events.iter().find(|line| line.contains(&"02".repeat(16))).unwrap();
    assert!(second.contains("2026-11-20 11:59:30+00") && second.contains("shop.example"));
    let counts = lines(&root.path().join("minute_counts/2026-11-20.csv.gz"), None);
    assert!(counts.len() == 1 + 1 && counts[1].contains("issued"), "{counts:?}");
}

/// What was on its way when retention ended has an hour to arrive.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_day_that_has_just_ended_is_not_put_away_yet(pool: PgPool) {
    let rig = old(pool).await;
    let root = tempfile::tempdir().unwrap();
    let jobs = archiving(&rig, folder(root.path()), Vec::new());
    // Noon of the day after, less thirteen hours, is eleven in the evening.
    let back = 11 * HOUR + 30 * MINUTE;
    for (passed, rows) in [(0, 3), (2 * HOUR, 0)] {
        let now = munjigi_keys::UnixMillis(rig.now().0 - back + passed);
        let archive = jobs.archive.as_ref().unwrap();
        archive.put_away(&rig.pool, now, 90).await.unwrap();
        assert_eq!(kept(&rig).await, rows);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn in_a_bucket_days_are_encrypted_and_need_their_key(pool: PgPool) {
    let rig = old(pool).await;
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    let recipient = key(&at("key.txt"));
    key(&at("other.txt"));
    std::fs::create_dir_all(at("served/shop-records")).unwrap();
    let server = serve(&at("served"), None).await.unwrap();
    let open = || shelf("s3://shop-records/munjigi", Some(&server));
    archiving(&rig, open(), vec![recipient]).keep_house().await.unwrap();
    assert_eq!(kept(&rig).await, 0);
    let file = at("served/shop-records/munjigi/redeemed/2026-11-20.csv.gz.age");
    assert!(std::fs::read(&file).unwrap().starts_with(b"age-encryption.org/v1\n"));
    assert_eq!(lines(&file, Some(&at("key.txt"))).len(), 1 + 3);
    let open = tempfile::NamedTempFile::new().unwrap();
    let refused = unseal(&file, &at("other.txt"), (open.path(), open.as_file())).unwrap_err();
    assert!(matches!(refused, SealError::WrongKey { .. }), "{refused}");
}

/// A place that is away keeps the days in the database, and holds up nothing.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_cannot_be_put_away_stays(pool: PgPool) {
    let rig = old(pool).await;
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("shop-records")).unwrap();
    let server = serve(root.path(), Some(("key", "secret"))).await.unwrap();
    let open = |secret: &str| {
        let place = storage::parse("s3://shop-records".into()).unwrap();
        let (id, secret) = ("key".to_owned(), secret.to_owned());
        let credentials = Some(Credentials { id, secret, token: None });
        let settings = BucketSettings { credentials, ..settings(Some(&server)) };
        Shelf::open(&place, &settings).unwrap()
    };
    let jobs = archiving(&rig, open("guess"), Vec::new());
    jobs.keep_house().await.unwrap();
    assert_eq!(kept(&rig).await, 3);
    assert_eq!(rig.number("SELECT count(*) FROM signature_nonces").await, 0, "the rest was done");
    let archive = jobs.archive.as_ref().unwrap();
    let refused = archive.put_away(&rig.pool, rig.now(), 90).await.unwrap_err();
    assert!(matches!(refused, ArchiveError::Storage { code: "backup-bucket", .. }), "{refused:?}");
    archiving(&rig, open("secret"), Vec::new()).keep_house().await.unwrap();
    assert_eq!(kept(&rig).await, 0);
    let absent = root.path().join("absent");
    let missing = Shelf::open(&storage::Storage::Path(absent), &settings(None)).unwrap_err();
    assert!(matches!(missing, BackupError::File(_)), "{missing}");
}

/// A bucket that begins every upload and takes no part of it.
async fn takes_no_part() -> String {
    async fn answer(request: Request) -> Response {
        const BEGUN: &str = "<InitiateMultipartUploadResult><Bucket>shop-records</Bucket>\
            <Key>k</Key><UploadId>1</UploadId></InitiateMultipartUploadResult>";
        match *request.method() {
            Method::POST => BEGUN.into_response(),
            Method::DELETE => StatusCode::NO_CONTENT.into_response(),
            _ => StatusCode::FORBIDDEN.into_response(),
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    url
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_bucket_that_fails_in_the_middle_of_a_day_spoils_no_connection(pool: PgPool) {
    let rig = old(pool).await;
    let more = "INSERT INTO redeemed SELECT (jsonb_populate_record(r, jsonb_build_object(
            'id', '\\x' || md5(r.id::text || n),
            'hostname', (SELECT string_agg(md5(n::text || m || random()::text), '')
                FROM generate_series(1, 7) m)))).*
        FROM redeemed r, generate_series(1, 1000) n";
    sqlx::query(more).execute(&rig.pool).await.unwrap();
    let options = (*rig.pool.connect_options()).clone();
    let one = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let shelf = shelf("s3://shop-records", Some(&takes_no_part().await));
    let archive = Archive { shelf, recipients: Vec::new() };
    for number in 0..3 {
        let refused = archive.put_away(&one, rig.now(), 90).await.unwrap_err();
        assert_eq!(refused.code(), "backup-bucket", "{refused}");
        for answer in 0..3 {
            let asked = sqlx::query_scalar("SELECT $1::int").bind(number * 10 + answer);
            let answered: i32 = asked.fetch_one(&one).await.unwrap();
            assert_eq!(answered, number * 10 + answer);
        }
    }
    assert_eq!(kept(&rig).await, 3 + 3_000);
    let root = tempfile::tempdir().unwrap();
    let archive = Archive { shelf: folder(root.path()), recipients: Vec::new() };
    archive.put_away(&one, rig.now(), 90).await.unwrap();
    assert_eq!(kept(&rig).await, 0);
    assert_eq!(lines(&root.path().join("redeemed/2026-11-20.csv.gz"), None).len(), 1 + 3_003);
}

/// One drops what another might still send, empty.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn several_origins_put_away_at_once_and_nothing_is_lost(pool: PgPool) {
    let rig = old(pool).await;
    let root = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let mut houses = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let jobs = archiving(&rig, folder(root.path()), Vec::new());
            houses.spawn(async move { jobs.keep_house().await });
        }
        for kept in houses.join_all().await {
            kept.unwrap();
        }
    }
    assert_eq!(kept(&rig).await, 0);
    assert_eq!(lines(&root.path().join("redeemed/2026-11-20.csv.gz"), None).len(), 1 + 3);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_is_not_ours_is_not_listed(pool: PgPool) {
    let rig = old(pool).await;
    let root = tempfile::tempdir().unwrap();
    archiving(&rig, folder(root.path()), Vec::new()).keep_house().await.unwrap();
    std::fs::write(root.path().join("redeemed/notes.txt"), "x").unwrap();
    std::fs::write(root.path().join("redeemed/2026-13-40.csv.gz"), "x").unwrap();
    assert_eq!(list(&folder(root.path())).await.unwrap().len(), 2);
}
