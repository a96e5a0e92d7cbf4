//! What a gate is measured against: a server with hyper's bare connections, as
//! the gate has them, that answers every request with the same bytes. They are
//! a whole answer of HTTP/1.1, read from standard input; the address is
//! printed.

use std::convert::Infallible;
use std::io::Read as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no empty line")?;
    let mut response = Response::builder();
    for line in head.lines().skip(1) {
        let (name, value) = line.split_once(": ").ok_or("no header")?;
        response = response.header(name, value);
    }
    let (head, ()) = response.body(())?.into_parts();
    let body = Bytes::from(body.to_owned());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{{\"base\": \"http://{}\"}}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (head, body) = (head.clone(), body.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = Response::from_parts(head.clone(), Body::from(body.clone()));
            async move {
                // What is posted is read, as the gate reads it.
                drop(request.into_body().collect().await);
                Ok::<_, Infallible>(answer)
            }
        });
        let mut server = Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10));
        tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
    }
}
