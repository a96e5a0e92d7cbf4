//! What callers get wrong, and what they are told.

use axum::body::Body;
use axum::http::{Request, header};
use munjigi_domain::accounts::Permission::{ChangeSites, ReadSites};
use serde_json::json;
use sqlx::PgPool;

use munjigi_rig::Rig;

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_mistake_has_its_code_and_changes_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    let base = format!("/api/v1/organisations/{}/sites", kim.organisation);
    let bearer = format!("Bearer {}", client.bearer);
    let json = "application/json";
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(300_000));
    let cases: Vec<(&str, &str, &str, &str, String, u16, &str)> = vec![
        ("POST", &base, &bearer, "text/plain", "{}".to_owned(), 415, "unsupported-media-type"),
        ("POST", &base, &bearer, json, "{".to_owned(), 400, "malformed-request"),
        ("POST", &base, &bearer, json, "[]".to_owned(), 400, "malformed-request"),
        ("POST", &base, &bearer, json, "null".to_owned(), 400, "malformed-request"),
        (
            "POST",
            &base,
            &bearer,
            json,
            r#"{"name":"a","hots":[]}"#.to_owned(),
            400,
            "malformed-request",
        ),
        ("POST", &base, &bearer, json, r#"{"name":1}"#.to_owned(), 400, "malformed-request"),
        ("POST", &base, &bearer, json, large, 413, "payload-too-large"),
        (
            "POST",
            &base,
            &bearer,
            json,
            r#"{"name":"a\u0000b","hosts":["a.example"]}"#.to_owned(),
            422,
            "invalid",
        ),
        ("GET", &base, "", "", String::new(), 401, "unauthenticated"),
        ("GET", &base, "Basic a2ltOmtpbQ==", "", String::new(), 401, "unauthenticated"),
        ("GET", &base, "Bearer mjk_short", "", String::new(), 401, "unauthenticated"),
        ("GET", &base, "Bearer a.b.c", "", String::new(), 401, "unauthenticated"),
        ("DELETE", &base, &bearer, "", String::new(), 405, "method-not-allowed"),
        ("GET", "/api/v1/nothing", &bearer, "", String::new(), 404, "not-found"),
        (
            "GET",
            "/api/v1/organisations/'; DROP TABLE sites; --/sites",
            &bearer,
            "",
            String::new(),
            404,
            "not-found",
        ),
        (
            "GET",
            "/api/v1/organisations/0123456789abcdef/sites",
            &bearer,
            "",
            String::new(),
            404,
            "not-found",
        ),
    ];
    for (method, path, bearer, kind, body, status, code) in cases {
        let path = path.replace(' ', "%20");
        let mut request = Request::builder().method(method).uri(path.as_str());
        for (name, value) in [(header::AUTHORIZATION, bearer), (header::CONTENT_TYPE, kind)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let answer = rig.send(request.body(Body::from(body.clone())).unwrap()).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{method} {path} {shown}: {}",
            answer.body
        );
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(
            answer.json()["request_id"],
            answer.headers["munjigi-request-id"].to_str().unwrap()
        );
    }
    for query in ["limit=0", "limit=201", "limit=-1", "limit=x", "cursor=%00", "cursor=%3D"] {
        let path = format!("/organisations/{}/sites?{query}", kim.organisation);
        assert_eq!(client.call("GET", &path, None).await.code(), "malformed-request", "{query}");
    }
    for tag in ["1", "\"x\"", "W/\"1\"", "\"-1\""] {
        let path = format!("/organisations/{}/sites/mj_x", kim.organisation);
        let body = json!({ "count": 1 });
        let answer = client.call_with("PATCH", &path, Some(&body), &[("if-match", tag)]).await;
        assert_eq!(answer.code(), "malformed-request", "{tag}");
    }
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 0);
    assert_eq!(rig.number("SELECT count(*) FROM audit WHERE action <> 'key.create'").await, 0);
}
