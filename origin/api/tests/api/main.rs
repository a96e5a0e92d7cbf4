//! The API as programs call it, on a real database.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up fails the test")]

mod access;
mod bad_input;
mod idempotency;
mod jobs;
mod keys;
mod lists;
mod public;
mod session;
mod sites;

use std::collections::BTreeSet;

use axum::Router;
use munjigi_api::routes::listed;
use munjigi_api::{openapi, rows};
use munjigi_app::ConsoleApp;
use munjigi_app::http::{finished, unknown_path};
use munjigi_rig::Rig;
use sqlx::PgPool;

/// The API, and what every origin answers.
fn routes(app: ConsoleApp) -> Router {
    let routes = munjigi_api::router(&app).fallback(unknown_path);
    finished(routes.with_state(app.clone()), app.app)
}

#[test]
fn the_document_is_as_it_was_last_looked_at() {
    insta::assert_snapshot!(openapi::document().to_pretty_json().unwrap());
}

#[test]
fn every_reference_in_the_document_resolves() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let named: BTreeSet<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    for name in &named {
        assert!(schemas.contains_key(*name), "{name}");
    }
    assert!(named.len() > 15, "{named:?}");
    let mut ids = BTreeSet::new();
    for row in listed(rows()) {
        assert!(ids.insert(openapi::operation_id(&row)), "{}", row.path);
        assert!(!row.summary.is_empty());
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_document_is_readable_for_tools(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let document = rig.get("/api/openapi.json").await;
    assert_eq!(document.status, 200);
    assert_eq!(document.json()["servers"][0]["url"], "https://console.example");
    let outcomes = &document.json()["paths"]["/v1/outcomes"];
    let edge = rig.app.edge.url().as_str().trim_end_matches('/');
    assert_eq!(outcomes["servers"][0]["url"], edge, "{outcomes}");
}
