//! Requests that are sent twice.

use axum::body::Body;
use axum::http::Request;
use munjigi_domain::accounts::Permission::{ChangeSites, ReadSites};
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::PgPool;
use tower::ServiceExt;

use munjigi_api::access::router;
use munjigi_api::routes::{Access, Deprecation, Method, Route};
use munjigi_rig::{DAY, Rig};

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_same_request_is_made_once_and_answered_alike(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    let base = format!("/organisations/{}/sites", kim.organisation);
    let body = json!({ "name": "Shop", "hosts": ["shop.example"] });
    let key = [("idempotency-key", "the first")];
    let first = client.call_with("POST", &base, Some(&body), &key).await;
    let second = client.call_with("POST", &base, Some(&body), &key).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.body, second.body, "the secret as well");
    assert_eq!(second.headers["idempotency-replayed"], "true");
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 1);
    // The stored response can be read only with the console's keys.
    let kept: Vec<u8> =
        sqlx::query_scalar("SELECT reply FROM api_replies").fetch_one(&rig.pool).await.unwrap();
    assert!(!kept.windows(4).any(|part| part == b"mjs_"));
    let other = json!({ "name": "Another", "hosts": ["shop.example"] });
    let reused = client.call_with("POST", &base, Some(&other), &key).await;
    assert_eq!((reused.status, reused.code()), (422, "idempotency-key-reused".to_owned()));
    // Another caller's idempotency key with the same text is a different key.
    let colleague = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    assert_eq!(colleague.call_with("POST", &base, Some(&other), &key).await.status, 201);
    rig.pass(DAY);
    assert_eq!(client.call_with("POST", &base, Some(&other), &key).await.status, 201);
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 3);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_refusal_is_not_stored_and_an_interrupted_request_is_not_repeated(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    let base = format!("/organisations/{}/sites", kim.organisation);
    let key = [("idempotency-key", "k")];
    let wrong = json!({ "name": "", "hosts": [] });
    assert_eq!(client.call_with("POST", &base, Some(&wrong), &key).await.status, 422);
    let right = json!({ "name": "Shop", "hosts": ["shop.example"] });
    assert_eq!(client.call_with("POST", &base, Some(&right), &key).await.status, 201);
    // The process ended after the change but before the response was stored.
    sqlx::query("UPDATE api_replies SET status = NULL, reply = NULL")
        .execute(&rig.pool)
        .await
        .unwrap();
    let unsettled = client.call_with("POST", &base, Some(&right), &key).await;
    assert_eq!((unsettled.status, unsettled.code()), (409, "idempotency-unsettled".to_owned()));
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 1);
    for key in ["", &"k".repeat(256), "\u{e9}"] {
        let key = [("idempotency-key", key)];
        let answer = client.call_with("POST", &base, Some(&right), &key).await;
        assert_eq!(answer.code(), "malformed-request", "{key:?}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn concurrent_requests_with_one_key_run_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    let base = format!("/organisations/{}/sites", kim.organisation);
    let body = json!({ "name": "Shop", "hosts": ["shop.example"] });
    let key = [("idempotency-key", "k")];
    let calls = (0..10).map(|_| client.call_with("POST", &base, Some(&body), &key));
    let answers = futures_util::future::join_all(calls).await;
    for answer in &answers {
        assert!(matches!(answer.status, 201 | 409), "{}", answer.body);
    }
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_deprecated_route_says_so_in_every_response(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let deprecation = Deprecation {
        since: UnixMillis(1_795_176_000_000),
        sunset: UnixMillis(1_811_073_600_000),
        successor: "/api/v2/me",
    };
    let old = Route::new(Method::Get, "/old", Access::Caller, "Old", async || "old")
        .deprecated(deprecation);
    let router = router(&rig.app, vec![old]).with_state(rig.app.clone());
    let request = Request::get("/api/v1/old").body(Body::empty()).unwrap();
    let answer = router.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 401, "refusals too");
    assert_eq!(answer.headers()["deprecation"], "@1795176000");
    assert_eq!(answer.headers()["sunset"], "Sun, 23 May 2027 12:00:00 GMT");
    assert_eq!(answer.headers()["link"], "</api/v2/me>; rel=\"successor-version\"");
}
