//! The origin's routes at the edge: a signed call is carried out once, and
//! strangers can neither make the edge buffer their data nor take capacity from
//! other callers.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hyper::{Method, StatusCode};
use munjigi_protocol::{Code, PictureType, Problem, headers, routes};
use munjigi_tests::client::{Answer, Connection};
use munjigi_tests::{packs, signed, stage};
use munjigi_tools::stack::Stack;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

fn code(answer: &Answer) -> Result<Code> {
    Ok(serde_json::from_slice::<Problem>(&answer.body)?.code)
}

async fn put(stack: &Stack, path: &str, signature: &str, body: &[u8]) -> Result<Answer> {
    let mut connection = Connection::open(&stack.edge.url()).await?;
    let headers = [(headers::SIGNATURE, signature)];
    Ok(connection.send(Method::PUT, path, &headers, body.to_vec()).await?)
}

/// The images of a pack that no one deals from.
const IMAGES: &str = "/internal/packs/00000000000000ff/images";

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_call_sent_twice_to_the_edge_is_carried_out_once() -> Result<()> {
    sent_twice(&stage::stack(&[]).await?).await
}

/// One after the other, and many at once.
pub async fn sent_twice(stack: &Stack) -> Result<()> {
    let body = vec![7; 100_000];
    let signature = signed::signature(stack, &Method::PUT, IMAGES, &body)?;
    assert_eq!(put(stack, IMAGES, &signature, &body).await?.status, StatusCode::NO_CONTENT);
    let again = put(stack, IMAGES, &signature, &body).await?;
    assert_eq!((again.status, code(&again)?), (StatusCode::UNAUTHORIZED, Code::Replayed));

    // Many at once, on connections that were opened before the first is sent.
    let signature = signed::signature(stack, &Method::PUT, IMAGES, &body)?;
    let mut connections = Vec::new();
    for _ in 0..32 {
        connections.push(Connection::open(&stack.edge.url()).await?);
    }
    let mut calls = JoinSet::new();
    for mut connection in connections {
        let (signature, body) = (signature.clone(), body.clone());
        calls.spawn(async move {
            let headers = [(headers::SIGNATURE, signature.as_str())];
            connection.send(Method::PUT, IMAGES, &headers, body).await
        });
    }
    let mut carried_out = 0;
    while let Some(answer) = calls.join_next().await {
        let answer = answer??;
        if answer.status == StatusCode::NO_CONTENT {
            carried_out += 1;
        } else {
            assert_eq!(code(&answer)?, Code::Replayed);
        }
    }
    assert_eq!(carried_out, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_was_not_signed_is_not_taken() -> Result<()> {
    not_signed(&stage::stack(&[]).await?).await
}

/// Images instead of others, and a pack that says that they are there.
pub async fn not_signed(stack: &Stack) -> Result<()> {
    let (pack, images) = packs::pack(PictureType::Grid, 0xfe);
    let id = pack.id.to_string();
    let path = routes::PUT_PACK_IMAGES.path.replace("{id}", &id);
    let signature = signed::signature(stack, &Method::PUT, &path, b"signed")?;
    let answer = put(stack, &path, &signature, &images).await?;
    assert_eq!((answer.status, code(&answer)?), (StatusCode::UNAUTHORIZED, Code::SignatureInvalid));
    let (path, pack) = (routes::PUT_PACK.path.replace("{id}", &id), postcard::to_allocvec(&pack)?);
    let signature = signed::signature(stack, &Method::PUT, &path, &pack)?;
    let answer = put(stack, &path, &signature, &pack).await?;
    let problem: Problem = serde_json::from_slice(&answer.body)?;
    assert!(problem.detail.contains("not the length of the uploaded images"), "{problem:?}");
    Ok(())
}

/// Sends the head of an upload of 8 MiB with an invented signature, on a
/// connection of its own; its body is never sent.
async fn begin_upload(edge: &str, signature: &str) -> Result<TcpStream> {
    let authority = edge.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).await?;
    let head = format!(
        "PUT {IMAGES} HTTP/1.1\r\nhost: {authority}\r\ncontent-length: {}\r\n\
         {}: {signature}\r\n\r\n",
        8 << 20,
        headers::SIGNATURE
    );
    stream.write_all(head.as_bytes()).await?;
    Ok(stream)
}

/// The status line of the answer.
async fn status_line(stream: &mut TcpStream) -> Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let read = tokio::time::timeout(Duration::from_secs(30), stream.read_u8()).await;
        line.push(read.context("no answer while the body was not sent")??);
    }
    Ok(String::from_utf8(line)?.trim_end().to_owned())
}

/// A well-formed signature by a key that the edge does not have.
fn invented() -> String {
    let part = |bytes: usize| "A".repeat(bytes);
    format!("k=k1, a=edge, t=1795000000, n={}, d={}, s={}", part(22), part(43), part(43))
}

#[expect(clippy::disallowed_methods, reason = "printed, and nothing decides by it")]
async fn median_challenge(stack: &Stack) -> Result<Duration> {
    let (edge, site) = (stack.edge.direct_url(), &stack.bench_site);
    let mut connection = Connection::open(&edge).await?;
    let mut times = Vec::new();
    for _ in 0..400 {
        let start = Instant::now();
        connection.challenge(&site.sitekey, &site.hostname, &[]).await?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_signature_is_refused_before_the_body_is_sent() -> Result<()> {
    invented_signatures(&stage::stack(&[]).await?).await
}

/// Answered at once, however many; visitors are served meanwhile.
pub async fn invented_signatures(stack: &Stack) -> Result<()> {
    let edge = stack.edge.url();
    for signature in [invented(), "nonsense".to_owned()] {
        let mut upload = begin_upload(&edge, &signature).await?;
        let answered = status_line(&mut upload).await?;
        assert!(answered.starts_with("HTTP/1.1 401"), "{answered}");
    }

    // Many such uploads, kept open, do not keep visitors from getting a
    // challenge; the slowdown is printed.
    let before = median_challenge(stack).await?;
    let mut uploads = Vec::new();
    for _ in 0..64 {
        uploads.push(begin_upload(&edge, &invented()).await?);
    }
    let during = median_challenge(stack).await?;
    for upload in &mut uploads {
        let answered = status_line(upload).await?;
        ensure!(answered.starts_with("HTTP/1.1 401"), "{answered}");
    }
    let ratio = during.as_secs_f64() / before.as_secs_f64();
    println!("a challenge, median: {before:?}; beside 64 uploads: {during:?}; ratio {ratio:.2}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_on_internal_routes_are_soon_turned_away() -> Result<()> {
    strangers(&stage::stack(&[]).await?).await
}

/// They get 429, and the origin in the same network does not.
pub async fn strangers(stack: &Stack) -> Result<()> {
    let mut connection = Connection::open(&stack.edge.url()).await?;
    let state = routes::STATE.path;
    let turned_away = async {
        for _ in 0..2_000 {
            let answer = connection.send(Method::GET, state, &[], "").await?;
            match code(&answer)? {
                Code::Unsigned => {}
                Code::RateLimited => return Ok(answer),
                other => anyhow::bail!("{other:?}"),
            }
        }
        anyhow::bail!("no call was turned away")
    };
    let answer = turned_away.await?;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers.contains_key("retry-after"));
    // The origin, in the same network, is still served.
    let signature = signed::signature(stack, &Method::GET, state, b"")?;
    let headers = [(headers::SIGNATURE, signature.as_str())];
    let answer = connection.send(Method::GET, state, &headers, "").await?;
    assert_eq!(answer.status, StatusCode::OK);
    Ok(())
}
