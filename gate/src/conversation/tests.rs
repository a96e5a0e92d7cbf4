//! Clients that would keep a connection for ever.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use hyper::service::service_fn;
use munjigi_process::stop;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;

use super::*;
use crate::paced::Paced;

/// More than the system and TLS buffer for a client.
static ANSWER: [u8; 1_000_000] = [0; 1_000_000];
/// Longer than any connection without a use may last.
const FOREVER: Duration = Duration::from_mins(5);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A conversation whose requests are answered after this time, and its client.
fn conversation(
    pace: Pace,
    version: HttpVersion,
    takes: Duration,
) -> (DuplexStream, JoinHandle<Result<(), hyper::Error>>) {
    let (theirs, ours) = duplex(16_384);
    let conversing = tokio::spawn(async move {
        let (_stopper, stop) = stop::pair();
        let traffic = Arc::new(Traffic::default());
        let stream = Paced::new(ours, pace.taken_within, traffic.written());
        let service = service_fn({
            let traffic = Arc::clone(&traffic);
            move |_: Request<Incoming>| {
                let in_progress = traffic.begin();
                async move {
                    tokio::time::sleep(takes).await;
                    drop(in_progress);
                    Ok(Response::new(Body::from(Bytes::from_static(&ANSWER))))
                }
            }
        });
        let builders = Builders::new(pace);
        converse(&builders, version, Box::new(stream), service, &traffic, stop).await
    });
    (theirs, conversing)
}

/// Takes frames of HTTP/2, answers pings, and drops the rest.
async fn answer_pings(mut stream: DuplexStream) {
    let mut head = [0; 9];
    while stream.read_exact(&mut head).await.is_ok() {
        let [a, b, c, kind, flags, ..] = head;
        let mut body = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        if (kind, flags) == (6, 0) {
            let pong = [&[0, 0, 8, 6, 1, 0, 0, 0, 0], body.as_slice()].concat();
            if stream.write_all(&pong).await.is_err() {
                return;
            }
        }
    }
}

/// The preface, and settings by which streams begin with this window.
fn beginning(window: u32) -> Vec<u8> {
    let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4];
    [PREFACE, &settings, &window.to_be_bytes()].concat()
}

/// `GET /`, on this stream.
fn request(stream: u32) -> Vec<u8> {
    [&[0, 0, 3, 1, 5][..], &stream.to_be_bytes(), &[0x82, 0x84, 0x87]].concat()
}

/// Waits for the end of a conversation, which may take this long by its clock.
async fn ends(conversing: JoinHandle<Result<(), hyper::Error>>, within: Duration) {
    let ended = tokio::time::timeout(within, conversing).await;
    ended.expect("it has no end").unwrap().ok();
}

#[tokio::test(start_paused = true)]
async fn http_2_of_a_client_that_sends_nothing_ends() {
    let (client, conversing) = conversation(VISITORS, HttpVersion::Two, Duration::ZERO);
    ends(conversing, FOREVER).await;
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn http_2_of_a_client_that_sends_half_a_preface_ends() {
    let (mut client, conversing) = conversation(VISITORS, HttpVersion::Two, Duration::ZERO);
    client.write_all(&PREFACE[..9]).await.unwrap();
    ends(conversing, FOREVER).await;
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn http_2_of_a_client_that_answers_pings_and_takes_no_answer_ends() {
    for (pace, window) in [(VISITORS, 0), (VISITORS, 1), (PROXIES, 0)] {
        let (mut client, conversing) = conversation(pace, HttpVersion::Two, Duration::ZERO);
        client.write_all(&[beginning(window), request(1)].concat()).await.unwrap();
        let answering = tokio::spawn(answer_pings(client));
        ends(conversing, pace.idle + FOREVER).await;
        answering.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn http_2_of_a_client_that_fills_all_streams_and_takes_no_answer_ends() {
    let (mut client, conversing) = conversation(VISITORS, HttpVersion::Two, Duration::ZERO);
    client.write_all(&beginning(0)).await.unwrap();
    for number in 0..STREAMS {
        client.write_all(&request(2 * number + 1)).await.unwrap();
    }
    let answering = tokio::spawn(answer_pings(client));
    ends(conversing, FOREVER).await;
    answering.abort();
}

#[tokio::test(start_paused = true)]
async fn http_1_of_a_client_that_reads_nothing_ends() {
    for pace in [VISITORS, PROXIES] {
        let (mut client, conversing) = conversation(pace, HttpVersion::One, Duration::ZERO);
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        ends(conversing, FOREVER).await;
        drop(client);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_long_is_answered() {
    let takes = Duration::from_mins(2);
    let (mut client, conversing) = conversation(VISITORS, HttpVersion::Two, takes);
    let window = 1 << 30;
    let wider = [&[0, 0, 4, 8, 0, 0, 0, 0, 0][..], &0x1000_0000_u32.to_be_bytes()].concat();
    client.write_all(&[beginning(window), wider, request(1)].concat()).await.unwrap();
    let reading = tokio::spawn(async move {
        let (mut bytes, mut head) = (0, [0; 9]);
        while client.read_exact(&mut head).await.is_ok() {
            let [a, b, c, kind, flags, ..] = head;
            let mut body = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            client.read_exact(&mut body).await.unwrap();
            bytes += if kind == 0 { body.len() } else { 0 };
            if (kind, flags) == (6, 0) {
                let pong = [&[0, 0, 8, 6, 1, 0, 0, 0, 0], body.as_slice()].concat();
                client.write_all(&pong).await.unwrap();
            }
            // A slow phone.
            tokio::time::sleep(Duration::from_millis(body.len() as u64 / 2)).await;
        }
        bytes
    });
    ends(conversing, takes + Duration::from_mins(20)).await;
    assert_eq!(reading.await.unwrap(), ANSWER.len());
}
