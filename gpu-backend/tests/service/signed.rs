//! Which calls are answered at all.

use axum::body::Body;
use axum::http::Request;
use munjigi_keys::signature::Audience;
use munjigi_protocol::headers;
use serde_json::json;

use crate::rig::{NOW, Rig};

const TARGET: &str = "/v1/render?caller=test";

fn body() -> Vec<u8> {
    json!({"pictures": [{"type": "grid", "seed": "00".repeat(32)}]}).to_string().into_bytes()
}

async fn sent(rig: &Rig, target: &str, signature: Option<&str>, body: &[u8]) -> String {
    let request = Request::post(target);
    let request = match signature {
        Some(signature) => request.header(headers::SIGNATURE, signature),
        None => request,
    };
    let answer = rig.send(request.body(Body::from(body.to_owned())).unwrap()).await;
    assert_eq!(answer.status, 401);
    answer.code()
}

#[tokio::test]
async fn only_calls_that_are_signed_for_us_are_accepted() {
    let rig = Rig::new();
    let (body, other) = (body(), b"{}".to_vec());
    let right = |audience, at| rig.signature(TARGET, &body, audience, at);
    assert_eq!(sent(&rig, TARGET, None, &body).await, "unsigned");
    for audience in [Audience::Edge, Audience::Origin] {
        let signature = right(audience, NOW);
        assert_eq!(sent(&rig, TARGET, Some(&signature), &body).await, "signature-invalid");
    }
    let signature = right(Audience::Gpu, NOW);
    assert_eq!(sent(&rig, TARGET, Some(&signature), &other).await, "signature-invalid");
    let elsewhere = "/v1/render?caller=factory";
    assert_eq!(sent(&rig, elsewhere, Some(&signature), &body).await, "signature-invalid");
    for junk in ["", "k=t1", "한글", "k=t1, a=gpu, t=0, n=, s="] {
        assert_eq!(sent(&rig, TARGET, Some(junk), &body).await, "signature-invalid", "{junk}");
    }
    for at in [NOW - 301, NOW + 301] {
        let signature = right(Audience::Gpu, at);
        assert_eq!(sent(&rig, TARGET, Some(&signature), &body).await, "clock-skew");
    }
}

#[tokio::test]
async fn a_signature_is_accepted_once() {
    let rig = Rig::new();
    let bad = json!({"pictures": []}).to_string().into_bytes();
    let signature = rig.signature(TARGET, &bad, Audience::Gpu, NOW);
    let request = || {
        let request = Request::post(TARGET).header(headers::SIGNATURE, &signature);
        request.body(Body::from(bad.clone())).unwrap()
    };
    assert_eq!(rig.send(request()).await.code(), "malformed-request");
    assert_eq!(rig.send(request()).await.code(), "replayed");
}

#[tokio::test]
async fn a_malformed_call_is_told_what_is_wrong() {
    let rig = Rig::new();
    assert_eq!(rig.fetch("/").await.code(), "not-found");
    assert_eq!(rig.fetch("/v1/render").await.code(), "method-not-allowed");
    let good = json!({"pictures": [{"type": "grid", "seed": "00".repeat(32)}]});
    for target in [
        "/v1/render",
        "/v1/render?caller=",
        "/v1/render?caller=Test",
        "/v1/render?caller=test&priority=highest",
        "/v1/render?caller=test&deadline_ms=0",
        "/v1/render?caller=test&deadline_ms=120001",
        "/v1/render?caller=test&colour=red",
    ] {
        assert_eq!(rig.post(target, &good).await.code(), "malformed-request", "{target}");
    }
    for body in [
        json!({}),
        json!({"pictures": []}),
        json!({"pictures": [{"type": "grid", "seed": "00"}]}),
        json!({"pictures": [{"type": "grid", "seed": "GG".repeat(32)}]}),
        json!({"pictures": [{"type": "poem", "seed": "00".repeat(32)}]}),
        json!({"pictures": vec![json!({"type": "grid", "seed": "00".repeat(32)}); 17]}),
    ] {
        assert_eq!(rig.post(TARGET, &body).await.code(), "malformed-request", "{body}");
    }
    let long = vec![b' '; 64 * 1024 + 1];
    let answer = rig.send(rig.signed(TARGET, "application/json", &long)).await;
    assert_eq!(answer.code(), "payload-too-large");
}

#[tokio::test]
async fn a_callers_valid_request_id_is_kept() {
    let rig = Rig::new();
    let id = async |given: &str| {
        let request = Request::get("/version").header(headers::REQUEST_ID, given);
        let answer = rig.send(request.body(Body::empty()).unwrap()).await;
        answer.headers[headers::REQUEST_ID].to_str().unwrap().to_owned()
    };
    assert_eq!(id("fill-17_a").await, "fill-17_a");
    for strange in ["", "a b", "{}", &"x".repeat(65)] {
        assert_eq!(id(strange).await.len(), 22, "{strange}");
    }
}
