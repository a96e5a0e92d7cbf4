//! Access and refresh tokens.

use axum::body::Body;
use axum::http::{Request, header};
use munjigi_domain::accounts::limits;
use munjigi_domain::accounts::session::IDLE_MILLIS;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::Client;
use crate::rig::people::PASSWORD;
use crate::rig::{Answer, MINUTE, Rig, Tab};
use crate::tests::console::factor::switch_on;

async fn post(rig: &Rig, path: &str, body: &Value) -> Answer {
    post_from("203.0.113.7", rig, path, body).await
}

async fn post_from(address: &str, rig: &Rig, path: &str, body: &Value) -> Answer {
    let request = Request::post(format!("/api/v1{path}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-real-ip", address);
    rig.send(request.body(Body::from(body.to_string())).unwrap()).await
}

pub async fn log_in(rig: &Rig, email: &str) -> Value {
    let answer = post(rig, "/session", &json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

pub async fn refresh(rig: &Rig, tokens: &Value) -> Answer {
    post(rig, "/session/refresh", &json!({ "refresh_token": tokens["refresh_token"] })).await
}

/// A client that has these tokens.
pub fn bearing<'a>(rig: &'a Rig, tokens: &Value) -> Client<'a> {
    Client { rig, bearer: tokens["access_token"].as_str().unwrap().to_owned() }
}

async fn me(rig: &Rig, tokens: &Value) -> u16 {
    bearing(rig, tokens).call("GET", "/me", None).await.status
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn tokens_are_exchanged_every_quarter_of_an_hour(pool: PgPool) {
    let rig = Rig::new(pool).await;
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
    let rig = Rig::new(pool).await;
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
    let rig = Rig::new(pool).await;
    let kim = rig.someone("Kim").await;
    let first = log_in(&rig, &kim.email).await;
    let (one, two) = tokio::join!(refresh(&rig, &first), refresh(&rig, &first));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_eq!(rig.number("SELECT count(*) FROM sessions").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_refresh_token_is_no_cookie_and_a_cookie_no_refresh_token(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let kim = rig.someone("Kim").await;
    let tokens = log_in(&rig, &kim.email).await;
    let mut tab = Tab::new(&rig);
    let refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    tab.cookies.insert("__Host-munjigi-session".to_owned(), refresh_token);
    tab.open("/console/account").await;
    assert!(tab.path.starts_with("/log-in"), "{}", tab.path);
    let tab = rig.tab_of(&kim.account).await;
    let cookie = tab.cookies["__Host-munjigi-session"].clone();
    let answer = post(&rig, "/session/refresh", &json!({ "refresh_token": cookie })).await;
    assert_eq!(answer.status, 401);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn logging_out_and_ending_it_in_the_console_end_a_session(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let kim = rig.someone("Kim").await;
    let (one, two) = (log_in(&rig, &kim.email).await, log_in(&rig, &kim.email).await);
    let bearer = one["access_token"].as_str().unwrap().to_owned();
    let out = Client { rig: &rig, bearer }.call("DELETE", "/session", None).await;
    assert_eq!((out.status, me(&rig, &one).await, me(&rig, &two).await), (204, 401, 200));
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account").await;
    assert!(tab.page.contains("203.0.113.0/24"), "listed with the others");
    let id: String = sqlx::query_scalar("SELECT id FROM sessions WHERE kind = 'api'")
        .fetch_one(&rig.pool)
        .await
        .unwrap();
    tab.send("/console/account/sessions", &[("end", &id)]).await;
    assert_eq!((me(&rig, &two).await, refresh(&rig, &two).await.status), (401, 401));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn wrong_passwords_get_the_same_response_and_are_rate_limited(pool: PgPool) {
    let rig = Rig::new(pool).await;
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
async fn tries_at_the_api_keep_no_one_out_of_the_console(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let kim = rig.someone("Kim").await;
    let mut owner = rig.tab_of(&kim.account).await;
    let (_, codes) = switch_on(&rig, &mut owner).await;
    let wrong = json!({ "email": kim.email, "password": "not this one" });
    let wrong_code = json!({ "email": kim.email, "password": PASSWORD, "code": "000000" });
    // From many networks, until the API accepts no more, even with the right
    // password.
    for body in [&wrong_code, &wrong] {
        let mut last = 0;
        for network in 0..50 {
            last = post_from(&format!("10.0.{network}.1"), &rig, "/session", body).await.status;
        }
        assert_eq!(last, 429);
    }
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", &kim.email), ("password", PASSWORD)]).await;
    assert_eq!((tab.status, tab.path.as_str()), (200, "/log-in/code"));
    tab.send("/log-in/code", &[("code", &codes[0])]).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.status, tab.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_api_holds_back_a_network_and_then_all_of_them(pool: PgPool) {
    let rig = Rig::new(pool).await;
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
