//! Proofs, fetched from a real server on this machine.

use std::future::ready;
use std::net::IpAddr;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;

const TOKEN: &str = "hRk3Wl0n7mJ2uY5cQ8dVZA";
const PATIENCE: Duration = Duration::from_millis(500);

fn host(text: &str) -> Hostname {
    Hostname::parse(text).unwrap()
}

/// The port of a server with this file.
async fn serve(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> u16 {
    let router = Router::new().route(PROOF_PATH, get(move || ready(answer())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(axum::serve(listener, router).into_future());
    port
}

async fn proven_by(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> Result<(), ProofError> {
    let port = serve(answer).await;
    let resolver = this_machine();
    prove_by(resolver, PATIENCE, &host("localhost"), Some(port), TOKEN).await
}

#[test]
fn the_proof_lies_where_only_the_host_can_put_it() {
    for (name, port, url) in [
        ("shop.example", None, "https://shop.example/.well-known/munjigi-import.txt"),
        ("shop.example", Some(81), "https://shop.example/.well-known/munjigi-import.txt"),
        ("localhost", None, "http://localhost/.well-known/munjigi-import.txt"),
        ("127.0.0.1", Some(81), "http://127.0.0.1:81/.well-known/munjigi-import.txt"),
    ] {
        assert_eq!(proof_url(&host(name), port), url);
    }
}

#[tokio::test]
async fn one_line_of_a_text_is_the_token() {
    for text in [TOKEN.to_owned(), format!("another\r\n{TOKEN}\r\n"), format!("{TOKEN} \n")] {
        assert_eq!(proven_by(move || text.clone().into_response()).await, Ok(()));
    }
    let port = serve(|| TOKEN.into_response()).await;
    for name in ["127.0.0.1", "shop.localhost"] {
        assert_eq!(prove(&host(name), Some(port), TOKEN).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn anything_else_proves_nothing() {
    for text in
        [String::new(), TOKEN.to_lowercase(), format!("token: {TOKEN}"), format!("{TOKEN}A")]
    {
        let proven = proven_by(move || text.clone().into_response()).await;
        assert_eq!(proven, Err(ProofError::Wrong));
    }
    let html = || ([(header::CONTENT_TYPE, "text/html")], TOKEN).into_response();
    assert_eq!(proven_by(html).await, Err(ProofError::NotText));
    let missing = || (StatusCode::NOT_FOUND, TOKEN).into_response();
    assert_eq!(proven_by(missing).await, Err(ProofError::Status(404)));
    let elsewhere = || Redirect::permanent("http://localhost/").into_response();
    assert_eq!(proven_by(elsewhere).await, Err(ProofError::Status(308)));
    let long = || format!("{TOKEN}\n{}", "x".repeat(MOST_BYTES)).into_response();
    assert_eq!(proven_by(long).await, Err(ProofError::TooLong));
}

#[tokio::test]
async fn webhooks_never_reach_private_networks() {
    let port = serve(|| TOKEN.into_response()).await;
    let inside: Lookup = Arc::new(|_| {
        let addresses = ["8.8.8.8", "10.0.0.1"].map(|text: &str| text.parse::<IpAddr>().unwrap());
        Box::pin(async move { Ok(addresses.map(|address| SocketAddr::new(address, 0)).to_vec()) })
    });
    for name in
        ["shop.example", "10.0.0.1", "169.254.169.254", "[fd00::1]", "postgres", "a.internal"]
    {
        let lookup = Arc::clone(&inside);
        let proven = prove_by(lookup, PATIENCE, &host(name), Some(port), TOKEN).await;
        assert_eq!(proven, Err(ProofError::Private), "{name}");
    }
}

#[tokio::test]
async fn a_host_that_is_down_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = Some(listener.local_addr().unwrap().port());
    let silent = prove_by(this_machine(), PATIENCE, &host("localhost"), port, TOKEN).await;
    assert_eq!(silent, Err(ProofError::Timeout));
    drop(listener);
    let away = prove_by(this_machine(), PATIENCE, &host("localhost"), port, TOKEN).await;
    assert!(matches!(away, Err(ProofError::Unreachable(_))), "{away:?}");
}
