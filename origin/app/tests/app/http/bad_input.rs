//! Input that is refused, and its code. Nothing here may reach a table.

use axum::body::Body;
use axum::extract::Request;
use munjigi_keys::UnixMillis;
use munjigi_keys::signature::Audience;
use munjigi_protocol::CountKind;
use serde_json::{Value, json};
use sqlx::PgPool;

use munjigi_rig::{self as rig, Answer, MINUTE, NOON, Rig, count, event};

const EVENTS: &str = "/internal/events";
const COUNTS: &str = "/internal/counts";

fn code(answer: &Answer) -> (u16, String) {
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(problem["status"], answer.status);
    (answer.status, problem["code"].as_str().unwrap().to_owned())
}

/// An event with one field replaced.
fn with(field: &str, value: Value) -> String {
    let mut event = serde_json::to_value(event(1)).unwrap();
    event[field] = value;
    json!({ "shard": "64/7", "events": [event] }).to_string()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn malformed_bodies_are_refused_and_named(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let long = "a".repeat(254);
    let bodies = [
        String::new(),
        "null".to_owned(),
        "{".to_owned(),
        "[]".to_owned(),
        json!({ "shard": "64/7" }).to_string(),
        json!({ "shard": "64/7", "events": 7 }).to_string(),
        json!({ "shard": "64/7", "events": [{}] }).to_string(),
        rig::events(&[event(1)]) + "x",
        with("id", json!("short")),
        with("id", json!("_____________________x")),
        with("redeemed_at", json!(-1)),
        with("redeemed_at", json!("now")),
        with("redeemed_at", json!(1.5)),
        with("score", json!(101)),
        with("score", json!(256)),
        with("algorithm", json!("md5")),
        with("country", json!("KOR")),
        with("country", json!("\0\0")),
        with("sitekey", json!("")),
        with("sitekey", json!(long)),
        with("hostname", json!(long)),
        with("hostname", json!("a\0b")),
        with("action", json!("a".repeat(33))),
        with("rejected", json!(4_294_967_296_u64)),
        with("interactive", json!("yes")),
    ];
    for body in &bodies {
        let answer = rig.post(EVENTS, body).await;
        assert_eq!(code(&answer), (400, "malformed-request".to_owned()), "{body}");
    }
    assert_eq!(rig.number("SELECT count(*) FROM redeemed").await, 0);
    let answer = rig.post(EVENTS, &with("score", json!(101))).await;
    assert_contract!("malformed_event", answer, rig);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn malformed_counts_are_refused(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut ragged = count(CountKind::Solved, 1);
    ragged.solve_ms = vec![1; 11];
    let mut misplaced = count(CountKind::Issued, 1);
    misplaced.solve_ms = vec![1; 12];
    let mut nameless = count(CountKind::Issued, 1);
    nameless.sitekey = String::new();
    let mut kindless = serde_json::to_value(count(CountKind::Issued, 1)).unwrap();
    kindless["kind"] = json!("guessed");
    let bodies = [
        "{".to_owned(),
        rig::counts(1, &[ragged]),
        rig::counts(1, &[misplaced]),
        rig::counts(1, &[nameless]),
        json!({ "batch": "AAAAAAAAAAAAAAAAAAAAAA", "counts": [kindless] }).to_string(),
        json!({ "batch": "AAAA", "counts": [] }).to_string(),
    ];
    for body in &bodies {
        let answer = rig.post(COUNTS, body).await;
        assert_eq!(code(&answer), (400, "malformed-request".to_owned()), "{body}");
    }
    assert_eq!(rig.number("SELECT count(*) FROM minute_counts").await, 0);
    assert_eq!(rig.number("SELECT count(*) FROM count_batches").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_body_above_its_cap_is_refused_before_it_is_parsed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let body = " ".repeat(256 * 1024 + 1);
    let answer = rig.post(EVENTS, &body).await;
    assert_contract!("payload_too_large", answer, rig);
    // One byte less is read, and then turns out not to be JSON.
    assert_eq!(code(&rig.post(EVENTS, &body[1..]).await).0, 400);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn bytes_that_are_not_utf_8_are_refused(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let answer = rig.send(Request::post(EVENTS).body(Body::from(vec![0xff, 0xfe])).unwrap()).await;
    assert_eq!(code(&answer), (401, "unsigned".to_owned()));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_call_that_the_edge_did_not_sign_so_is_refused(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let body = rig::events(&[event(1)]);
    let now = rig.now();
    let good = rig.sign(Audience::Origin, EVENTS, &body, now);
    let other_key = good.replace("k=k1", "k=k2");
    let cases = [
        (None, "unsigned"),
        (Some(String::new()), "signature-invalid"),
        (Some("x".repeat(5_000)), "signature-invalid"),
        (Some(other_key), "signature-invalid"),
        (Some(rig.sign(Audience::Edge, EVENTS, &body, now)), "signature-invalid"),
        (Some(rig.sign(Audience::Origin, COUNTS, &body, now)), "signature-invalid"),
        (Some(rig.sign(Audience::Origin, EVENTS, "{}", now)), "signature-invalid"),
        (Some(good.to_uppercase()), "signature-invalid"),
        (Some(rig.sign(Audience::Origin, EVENTS, &body, minutes(-6))), "clock-skew"),
        (Some(rig.sign(Audience::Origin, EVENTS, &body, minutes(6))), "clock-skew"),
    ];
    for (signature, expected) in cases {
        let answer = rig.post_signed(EVENTS, &body, signature.as_deref()).await;
        assert_eq!(code(&answer), (401, expected.to_owned()), "{signature:?}");
    }
    // The query is signed too.
    let answer = rig.post_signed(&format!("{EVENTS}?a=1"), &body, Some(&good)).await;
    assert_eq!(code(&answer), (401, "signature-invalid".to_owned()));
    assert_eq!(rig.number("SELECT count(*) FROM redeemed").await, 0);
    assert_eq!(rig.number("SELECT count(*) FROM signature_nonces").await, 0);
    // A signature is valid for five minutes.
    let signature = rig.sign(Audience::Origin, EVENTS, &body, minutes(-5));
    assert_eq!(rig.post_signed(EVENTS, &body, Some(&signature)).await.status, 204);
}

fn minutes(minutes: i64) -> UnixMillis {
    UnixMillis(NOON.0.saturating_add_signed(minutes * MINUTE.cast_signed()))
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn another_method_has_its_code(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    assert_contract!("method_not_allowed", rig.get(EVENTS).await, rig);
}
