//! Access and refresh tokens.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use munjigi_domain::accounts::limits;
use munjigi_domain::accounts::session::IDLE_MILLIS;
use serde_json::{Value, json};
use sqlx::PgPool;

use munjigi_rig::client::{bearing, log_in, post, post_from, refresh};
use munjigi_rig::people::PASSWORD;
use munjigi_rig::{MINUTE, Rig};

async fn me(rig: &Rig, tokens: &Value) -> u16 {
    bearing(rig, tokens).call("GET", "/me", None).await.status
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn tokens_are_exchanged_every_quarter_of_an_hour(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let first = log_in(&rig, &kim.email).await;
    assert_eq!((first["expires_in"].as_u64(), me(&rig, &first).await), (Some(900), 200));
    rig.pass(15 * MINUTE);
    assert_eq!(me(&rig, &first).await, 401);
    let second = refresh(&rig, &first).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(me(&rig, &second).await, 200);
    // After a week without use the session has expired.
    rig.pass(IDLE_MILLIS);
    let late = refresh(&rig, &second).await;
    assert_eq!((late.status, late.code()), (401, "unauthenticated".to_owned()));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_reused_refresh_token_revokes_its_session(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (first, other) = (log_in(&rig, &kim.email).await, log_in(&rig, &kim.email).await);
    let second = refresh(&rig, &first).await.json();
    let third = refresh(&rig, &second).await.json();
    assert_eq!(me(&rig, &third).await, 200);
    let reused = refresh(&rig, &first).await;
    assert_eq!((reused.status, reused.code()), (401, "refresh-token-reused".to_owned()));
    // The newest token is revoked at once as well, no matter who holds it.
    assert_eq!(me(&rig, &third).await, 401);
    assert_eq!(refresh(&rig, &third).await.code(), "unauthenticated");
    // Another session of the same user continues.
    assert_eq!(me(&rig, &other).await, 200);
    let written = "SELECT count(*) FROM audit WHERE action = 'session.refresh-token-reused'";
    assert_eq!(rig.number(written).await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn two_concurrent_refreshes_with_one_token_end_the_session(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let first = log_in(&rig, &kim.email).await;
    let (one, two) = tokio::join!(refresh(&rig, &first), refresh(&rig, &first));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_eq!(rig.number("SELECT count(*) FROM sessions").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn wrong_passwords_get_the_same_response_and_are_rate_limited(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let body = json!({ "email": kim.email, "password": "not this one" });
        let answer = post(&rig, "/session", &body).await;
        statuses.push(answer.status);
        if answer.status == 429 {
            assert!(answer.headers.contains_key(header::RETRY_AFTER));
        }
    }
    assert_eq!((statuses[0], statuses[4], statuses[5]), (401, 401, 429));
    let absent = json!({ "email": "nobody@shop.example", "password": "not this one" });
    let answer = post(&rig, "/session", &absent).await;
    assert_eq!((answer.status, answer.code()), (401, "wrong-credentials".to_owned()));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_api_holds_back_a_network_and_then_all_of_them(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let wrong = json!({ "email": kim.email, "password": "not this one" });
    let right = json!({ "email": kim.email, "password": PASSWORD });
    let tried = async |network: u8, tries: u32| {
        let mut passed = 0;
        for _ in 0..tries {
            let address = format!("10.0.{network}.1");
            let status = post_from(&address, &rig, "/session", &wrong).await.status;
            passed += u32::from(status == 401);
        }
        passed
    };
    // A network that tries all day does not lock the owner out.
    assert_eq!(tried(0, 200).await, limits::API_LOG_IN_BY_ACCOUNT_AND_PREFIX.burst);
    assert_eq!(post(&rig, "/session", &right).await.status, 201);
    // Many networks together share the account's limit.
    let mut passed = 0;
    for network in 1..20 {
        passed += tried(network, 5).await;
    }
    let used = limits::API_LOG_IN_BY_ACCOUNT_AND_PREFIX.burst + 1;
    assert_eq!(passed, limits::API_LOG_IN_BY_ACCOUNT.burst - used);
    // One network cannot try account after account.
    let mut accounts = 0;
    for number in 0..50 {
        let body = json!({ "email": format!("{number}@shop.example"), "password": "a password" });
        let status = post_from("198.51.100.1", &rig, "/session", &body).await.status;
        accounts += u32::from(status == 401);
    }
    assert_eq!(accounts, limits::API_LOG_IN_BY_PREFIX.burst);
}

/// The network that a session is recorded with.
async fn begun_from(rig: &Rig, email: &str, peer: [u8; 4], lines: &[&str]) -> String {
    let body = serde_json::json!({ "email": email, "password": PASSWORD }).to_string();
    let mut request = Request::post("/api/v1/session").header("content-type", "application/json");
    for line in lines {
        request = request.header("x-real-ip", *line);
    }
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 40_000))));
    assert_eq!(rig.send(request).await.status, 201);
    let newest = "SELECT prefix FROM sessions ORDER BY created_at DESC LIMIT 1";
    rig.pass(MINUTE);
    sqlx::query_scalar(newest).fetch_one(&rig.pool).await.unwrap()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_one_chooses_the_network_that_they_are_seen_in(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let proxy = [127, 0, 0, 1];
    for (peer, lines, prefix) in [
        (proxy, ["203.0.113.7"].as_slice(), "203.0.113.0/24"),
        (proxy, &["198.51.100.9, 203.0.113.7"], "203.0.113.0/24"),
        (proxy, &["198.51.100.9", "203.0.113.7"], "203.0.113.0/24"),
        (proxy, &["203.0.113.7:4711"], "203.0.113.0/24"),
        (proxy, &["[2001:db8:1::7]:4711"], "2001:db8:1::/48"),
        (proxy, &["203.0.113.7", "127.0.0.1"], "203.0.113.0/24"),
        // Not one of our proxies, but it names another address.
        ([192, 0, 2, 1], &["203.0.113.7"], "192.0.2.0/24"),
    ] {
        assert_eq!(begun_from(&rig, &kim.email, peer, lines).await, prefix, "{peer:?} {lines:?}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_api_never_hashes_a_password_that_is_too_long(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (long, longest) = ("a".repeat(257), "a".repeat(256));
    for email in [kim.email.as_str(), "nobody@shop.example"] {
        let answer = post(&rig, "/session", &json!({ "email": email, "password": long })).await;
        assert_eq!((answer.status, answer.code()), (401, "wrong-credentials".to_owned()));
    }
    let hashed = || rig.app.console.passwords.hashed();
    assert_eq!(hashed(), 0);
    post(&rig, "/session", &json!({ "email": kim.email, "password": longest })).await;
    assert_eq!(hashed(), 1);
}
