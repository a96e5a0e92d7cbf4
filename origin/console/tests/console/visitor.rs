//! Our own widget in the public forms: passed, without scripts, refused, and
//! while the edge is unreachable. It locks no one out.

use axum::routing::post;
use axum::{Json, Router};
use munjigi_domain::accounts::limits;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;

use munjigi_rig::people::PASSWORD;
use munjigi_rig::{Rig, Tab};

/// URL of an edge that gives this response for every token.
async fn edge(says: Value) -> String {
    let router = Router::new().route("/siteverify", post(async move || Json(says)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    format!("http://{address}/")
}

fn good(hostname: &str, action: &str) -> Value {
    json!({ "success": true, "hostname": hostname, "action": action, "error-codes": [] })
}

fn bad(code: &str) -> Value {
    json!({ "success": false, "error-codes": [code] })
}

/// Tries until the limit is reached; returns the number of tries.
async fn tries(tab: &mut Tab<'_>, email: &str, token: &str) -> u32 {
    for tried in 0.. {
        tab.open("/log-in").await;
        let fields =
            [("email", email), ("password", "wrong password"), ("munjigi-response", token)];
        tab.send("/log-in", &fields).await;
        if tab.status == 429 {
            return tried;
        }
        assert_eq!(tab.status, 422, "{}", tab.page);
        assert!(tab.page.contains("Incorrect email address or password."), "{}", tab.page);
    }
    unreachable!("there is a limit")
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn without_javascript_log_in_works_with_a_lower_limit(pool: PgPool) {
    let edge = edge(good("console.example", "log-in")).await;
    let rig = Rig::guarded(pool, Some(&edge), crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    assert!(tab.page.contains("data-action=\"log-in\""), "{}", tab.page);
    let without = tries(&mut tab, &kim.email, "").await;
    assert_eq!(without, limits::LOG_IN_UNSHOWN_BY_ACCOUNT_AND_PREFIX.burst);
    // Programs without the widget have used up their limit; users who pass it
    // have their own.
    let with = tries(&mut tab, &kim.email, "token").await;
    assert_eq!(with, limits::LOG_IN_BY_ACCOUNT_AND_PREFIX.burst);
    rig.pass(limits::LOG_IN_UNSHOWN_BY_ACCOUNT_AND_PREFIX.interval_millis);
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", &kim.email), ("password", PASSWORD)]).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.path, tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_token_of_another_page_form_or_time_is_refused_before_any_password(pool: PgPool) {
    for says in [
        good("shop.example", "log-in"),
        good("console.example", "sign-up"),
        bad("timeout-or-duplicate"),
        bad("invalid-input-response"),
    ] {
        let edge = edge(says.clone()).await;
        let rig = Rig::guarded(pool.clone(), Some(&edge), crate::routes).await;
        let mut tab = Tab::new(&rig);
        for (path, fields) in [
            ("/log-in", vec![("email", "kim@shop.example"), ("password", PASSWORD)]),
            (
                "/sign-up",
                vec![("name", "Kim"), ("email", "kim@shop.example"), ("password", PASSWORD)],
            ),
            ("/recover", vec![("email", "kim@shop.example")]),
        ] {
            // Only the form with that action would accept it.
            if says["action"] == "sign-up" && path == "/sign-up" {
                continue;
            }
            tab.open(path).await;
            let fields = [fields, vec![("munjigi-response", "token")]].concat();
            tab.send(path, &fields).await;
            assert_eq!(tab.status, 422, "{path} {says}");
            assert!(
                tab.page.contains("Please submit the form again."),
                "{path} {says} {}",
                tab.page
            );
            assert!(tab.page.contains("kim@shop.example"), "what was typed is kept: {path}");
        }
        assert_eq!(rig.app.console.passwords.hashed(), 0, "{says}");
        assert_eq!(rig.number("SELECT count(*) FROM mails").await, 0);
    }
}

async fn users_can_log_in_and_are_informed(pool: PgPool, edge: &str) {
    let rig = Rig::guarded(pool, Some(edge), crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = Tab::new(&rig);
    let tried = tries(&mut tab, &kim.email, "token").await;
    assert_eq!(tried, limits::LOG_IN_UNSHOWN_BY_ACCOUNT_AND_PREFIX.burst);
    rig.pass(limits::LOG_IN_UNSHOWN_BY_ACCOUNT_AND_PREFIX.interval_millis);
    tab.open("/log-in").await;
    let fields =
        [("email", kim.email.as_str()), ("password", PASSWORD), ("munjigi-response", "token")];
    tab.send("/log-in", &fields).await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.page);
    let mut other = Tab::new(&rig);
    other.open("/log-in").await;
    assert!(other.page.contains("Bot protection is unavailable."), "{}", other.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn while_the_edge_is_down_log_in_works_and_says_so(pool: PgPool) {
    users_can_log_in_and_are_informed(pool, "http://127.0.0.1:9/").await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn while_the_edge_cannot_decide_users_can_log_in_and_are_informed(pool: PgPool) {
    users_can_log_in_and_are_informed(pool, &edge(bad("internal-error")).await).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_wrong_secret_locks_no_one_out(pool: PgPool) {
    users_can_log_in_and_are_informed(pool, &edge(bad("invalid-input-secret")).await).await;
}
