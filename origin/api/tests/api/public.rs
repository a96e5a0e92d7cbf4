//! Responses that need no caller.

use std::time::Duration;

use munjigi_rig::contract::contract;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use munjigi_rig::Rig;

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_service_says_what_it_is(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let answer = rig.get("/api/v1/info").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=60");
    let info: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(info["name"], "munjigi");
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info["protocol_version"], 1);
    assert_eq!(info["edge_url"], rig.edge.url.as_str().trim_end_matches('/'));
    assert_eq!(info["sign_up"], "open");
    let pages = info["documentation"].as_array().unwrap();
    assert_eq!(pages.len(), munjigi_app::documents::all().len());
    assert_eq!(pages[0]["url"], "https://console.example/docs/integration");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_status_names_the_parts_and_since_when(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    insta::assert_snapshot!("status", contract(&rig.get("/api/v1/status").await, &rig.edge.url));
}

#[tokio::test]
async fn the_status_is_told_while_parts_are_away_without_saying_where_they_are() {
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(50))
        .connect_lazy("postgres://nobody@127.0.0.1:1/none")
        .unwrap();
    let rig = Rig::drawing_by(pool, Some("http://127.0.0.1:1"), crate::routes).await;
    let answer = rig.get("/api/v1/status").await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=1");
    assert_eq!(answer.body.matches("\"status\":\"starting\"").count(), 3, "{}", answer.body);
    rig.pass(30_000);
    let answer = rig.get("/api/v1/status").await;
    assert!(!answer.body.contains("127.0.0.1") && !answer.body.contains("http"), "{}", answer.body);
    insta::assert_snapshot!("status_parts_away", contract(&answer, &rig.edge.url));
}
