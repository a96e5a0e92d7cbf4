//! Published lists, fetched from a server of files on this machine.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use munjigi_captcha::Address;
use munjigi_delivery::lists::Fetcher;
use munjigi_domain::lists::{Format, Published, Source};
use munjigi_domain::reach::Reach;
use munjigi_protocol::Code;
use munjigi_store::lists::{PublishedRecord, published};
use sqlx::PgPool;
use tokio::net::TcpListener;

use munjigi_app::jobs::PublishedLists;
use munjigi_rig::{DAY, HOUR, Rig};

/// Answers with one file after the other, and then with the last. A file's
/// `ETag` is its length.
#[derive(Clone, Default)]
struct Files(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    /// Status and text.
    next: VecDeque<(u16, String)>,
    sent: u32,
}

impl Files {
    fn will(&self, files: &[(u16, &str)]) {
        let files = files.iter().map(|(status, text)| (*status, (*text).to_owned()));
        self.0.lock().unwrap().next = files.collect();
    }

    /// How often a whole file was sent.
    fn sent(&self) -> u32 {
        self.0.lock().unwrap().sent
    }
}

async fn answer(State(files): State<Files>, headers: HeaderMap) -> Response {
    let mut files = files.0.lock().unwrap();
    let (status, text) = files.next.front().cloned().unwrap();
    if files.next.len() > 1 {
        files.next.pop_front();
    }
    let etag = format!("\"{}\"", text.len());
    if status == 200 && headers.get("if-none-match").is_some_and(|value| *value == *etag) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    files.sent += 1;
    (StatusCode::from_u16(status).unwrap(), [("etag", etag), ("location", "/x".to_owned())], text)
        .into_response()
}

/// The files, and a rig's jobs that fetch them as `tor-exits`.
async fn serving(rig: &Rig) -> (Files, munjigi_app::jobs::Jobs) {
    let files = Files::default();
    let router = Router::new().fallback(answer).with_state(files.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/list", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    let source = Source { list: Published::TorExits, format: Format::Lines, url };
    let lists = PublishedLists {
        fetcher: Fetcher::new(Reach::Anywhere).unwrap(),
        sources: vec![source],
        period: Duration::from_hours(6),
    };
    (files, munjigi_app::jobs::Jobs { lists, ..rig.jobs() })
}

async fn known(rig: &Rig) -> PublishedRecord {
    published(&rig.pool).await.unwrap().pop().unwrap()
}

fn is_at_the_edge(rig: &Rig, address: &str) -> bool {
    let address = Address::parse(address).unwrap();
    rig.edge.list("tor-exits").is_some_and(|list| list.contains(address, 0))
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_list_is_fetched_when_it_is_due_and_published_when_it_changes(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (files, jobs) = serving(&rig).await;
    files.will(&[(200, "192.0.2.1\n192.0.2.2")]);
    jobs.fetch_lists().await.unwrap();
    rig.publish_due().await;
    assert!(is_at_the_edge(&rig, "192.0.2.1") && !is_at_the_edge(&rig, "192.0.2.3"));
    let first = known(&rig).await;
    assert_eq!((first.entries, first.error.as_deref()), (2, None));
    // Not due.
    jobs.fetch_lists().await.unwrap();
    assert_eq!(files.sent(), 1);
    // Due, and the same.
    rig.pass(6 * HOUR);
    jobs.fetch_lists().await.unwrap();
    assert_eq!(files.sent(), 1);
    let second = known(&rig).await;
    assert!(second.fetched_at > first.fetched_at && second.changed_at == first.changed_at);
    rig.publish_due().await;
    assert_eq!(rig.edge.calls(), ["PUT tor-exits"]);
    rig.pass(6 * HOUR);
    files.will(&[(200, "192.0.2.3\n192.0.2.1\n")]);
    jobs.fetch_lists().await.unwrap();
    rig.publish_due().await;
    assert!(is_at_the_edge(&rig, "192.0.2.3") && !is_at_the_edge(&rig, "192.0.2.2"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_fetch_that_fails_keeps_the_last_good_list_until_it_is_stale(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (files, jobs) = serving(&rig).await;
    files.will(&[(200, "192.0.2.1\n192.0.2.2\n192.0.2.3")]);
    jobs.fetch_lists().await.unwrap();
    for (status, text, why) in [
        (500, "down", "the server answered 500"),
        (302, "elsewhere", "the server answered 302"),
        (200, "", "the file is empty"),
        (
            200,
            "<html>",
            "the file cannot be read: line 1: neither a network such as 192.0.2.0/24 nor a system such as AS64500",
        ),
        (200, "192.0.2.9", "the file has 1 entries, less than half of the 3 before"),
    ] {
        rig.pass(6 * HOUR);
        files.will(&[(status, text)]);
        jobs.fetch_lists().await.unwrap();
        let known = known(&rig).await;
        assert_eq!(known.error.as_deref(), Some(why));
        assert_eq!(known.entries, 3);
        // A retry comes soon.
        let sent = files.sent();
        rig.pass(HOUR / 4);
        jobs.fetch_lists().await.unwrap();
        assert_eq!(files.sent(), sent + 1);
    }
    rig.publish_due().await;
    assert!(is_at_the_edge(&rig, "192.0.2.1"));
    assert!(!known(&rig).await.is_stale(rig.now()));
    rig.pass(2 * DAY);
    assert!(known(&rig).await.is_stale(rig.now()));
    files.will(&[(200, "192.0.2.4\n192.0.2.5")]);
    jobs.fetch_lists().await.unwrap();
    assert!(!known(&rig).await.is_stale(rig.now()));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_list_that_is_fetched_no_more_leaves_the_edge(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (files, jobs) = serving(&rig).await;
    files.will(&[(200, "192.0.2.1")]);
    jobs.fetch_lists().await.unwrap();
    rig.publish_due().await;
    assert!(is_at_the_edge(&rig, "192.0.2.1"));
    rig.jobs().fetch_lists().await.unwrap();
    rig.publish_due().await;
    assert_eq!(rig.edge.list("tor-exits"), None);
    assert_eq!(published(&rig.pool).await.unwrap(), []);
    // Nothing of it stays in the outbox.
    assert_eq!(rig.number("SELECT count(*) FROM deliveries WHERE topic = 'lists'").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_edge_with_a_newer_list_is_overtaken(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (files, jobs) = serving(&rig).await;
    files.will(&[(200, "192.0.2.1")]);
    jobs.fetch_lists().await.unwrap();
    rig.edge.fail([Code::StaleVersion]);
    rig.publish_due().await;
    assert_eq!(rig.edge.list("tor-exits"), None);
    rig.pass(HOUR);
    rig.publish_due().await;
    assert!(is_at_the_edge(&rig, "192.0.2.1"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn addresses_on_this_machine_are_not_called_in_production(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (files, jobs) = serving(&rig).await;
    files.will(&[(200, "192.0.2.1")]);
    let mut lists = jobs.lists.clone();
    lists.fetcher = Fetcher::new(Reach::Public).unwrap();
    lists.sources[0].url = lists.sources[0].url.replace("127.0.0.1", "localhost");
    munjigi_app::jobs::Jobs { lists, ..jobs }.fetch_lists().await.unwrap();
    assert_eq!(known(&rig).await.error.as_deref(), Some("the address is not public"));
    assert_eq!(files.sent(), 0);
}
