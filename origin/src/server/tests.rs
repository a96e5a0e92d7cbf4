//! Starting while other services are down, and stopping without losing
//! anything.

mod pooler;

use std::net::SocketAddr;
use std::time::Duration;

use munjigi_app::jobs::PublishedLists;
use munjigi_app::settings::Retention;
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::http_client;
use munjigi_delivery::notifications::Hooks;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::reach::Reach;
use munjigi_keys::signature::{Audience, Head, Nonce};
use munjigi_process::clock::Clock;
use munjigi_protocol::headers;
use munjigi_store::{Database, Times};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::{DIRECT_CONNECTIONS, Listeners, Parts, Server, unused_metrics};
use crate::config::default_pictures;
use munjigi_rig::{self as rig, event};

const SOON: Duration = Duration::from_secs(20);

struct Running {
    address: SocketAddr,
    operators: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

/// A server whose edge is down.
async fn start(url: PgConnectOptions) -> Running {
    start_behind(None, url).await
}

/// The same, with a pooler before Postgres.
async fn start_behind(pooler: Option<PgConnectOptions>, url: PgConnectOptions) -> Running {
    let times = Times { wait: Duration::from_secs(1), ..Times::default() };
    let database = Database { url, pooler, connections: 5, times };
    let (factory_pool, pool) = (munjigi_store::pooled(&database), munjigi_store::pooled(&database));
    let direct = database.pooler.is_some().then(|| {
        munjigi_store::pool(&Database { connections: DIRECT_CONNECTIONS, ..database.clone() })
    });
    let (clock, entropy) = (Clock::of(|| rig::NOON), Entropy::from_seed(1));
    let nowhere = "http://127.0.0.1:1".parse().unwrap();
    let client = http_client::client().unwrap();
    let edge = EdgeClient::new(client, nowhere, &rig::ring(), clock.clone(), entropy.clone());
    let parts = Parts {
        console: None,
        pool,
        direct,
        replica: None,
        factory_pool,
        clock,
        entropy,
        calls: rig::calls(Audience::Origin),
        check: rig::check(),
        edge,
        gpu: None,
        pictures: default_pictures(),
        mail: None,
        redis: None,
        hooks: Hooks::new(Reach::Public).unwrap(),
        connections: 5,
    };
    let server = Server::of(
        parts,
        Retention { event_days: 90 },
        unused_metrics(),
        (PublishedLists::none().unwrap(), None),
    );
    let bind = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listeners = Listeners { public: bind().await, operators: bind().await };
    let address = listeners.public.local_addr().unwrap();
    let operators = listeners.operators.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    Running { address, operators, stop, ended: tokio::spawn(server.run(listeners, stopped)) }
}

async fn status(address: SocketAddr, path: &str) -> u16 {
    let client = http_client::client().unwrap();
    client.get(format!("http://{address}{path}")).send().await.unwrap().status().as_u16()
}

async fn until_ready(address: SocketAddr) {
    tokio::time::timeout(SOON, async {
        while status(address, "/health/ready").await != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("ready in time");
}

/// The status of one delivery; `None` if the connection was refused.
async fn deliver(
    client: &reqwest::Client,
    address: SocketAddr,
    entropy: &Entropy,
    number: u8,
) -> Option<u16> {
    let path = "/internal/events";
    let body = rig::events(&[event(number)]);
    let head = Head { method: "POST", path, query: "" };
    let (keys, nonce) = (rig::calls(Audience::Origin), Nonce(entropy.bytes()));
    let signature = keys.sign(&head, body.as_bytes(), rig::NOON, nonce);
    let request = client.post(format!("http://{address}{path}"));
    let answer = request.header(headers::SIGNATURE, signature).body(body).send().await;
    answer.ok().map(|answer| answer.status().as_u16())
}

#[sqlx::test(migrations = false)]
async fn an_origin_started_before_postgres_becomes_ready_when_it_comes(pool: PgPool) {
    let real = pool.connect_options();
    let (host, port) = (real.get_host().to_owned(), real.get_port());
    let (silent, address) = rig::silent_port();
    let options = (*real).clone().host("127.0.0.1").port(address.port());
    let running = start(options).await;
    assert_eq!(status(running.address, "/health/live").await, 200);
    assert_eq!(status(running.operators, "/health/ready").await, 503);
    let entropy = Entropy::from_seed(2);
    let client = http_client::client().unwrap();
    assert_eq!(deliver(&client, running.address, &entropy, 1).await, Some(503));

    let door = silent.listen(64).unwrap();
    tokio::spawn(async move {
        while let Ok((mut inward, _)) = door.accept().await {
            let mut outward = TcpStream::connect((host.as_str(), port)).await.unwrap();
            tokio::spawn(async move {
                drop(tokio::io::copy_bidirectional(&mut inward, &mut outward).await);
            });
        }
    });
    until_ready(running.operators).await;
    assert_eq!(deliver(&client, running.address, &entropy, 1).await, Some(204));
    running.stop.send(()).unwrap();
    tokio::time::timeout(SOON, running.ended).await.unwrap().unwrap().unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_was_acknowledged_before_a_stop_is_stored(pool: PgPool) {
    let running = start((*pool.connect_options()).clone()).await;
    until_ready(running.operators).await;
    let entropy = Entropy::from_seed(3);
    let client = http_client::client().unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut deliveries = JoinSet::new();
    for number in 0..60 {
        let (address, entropy, client) = (running.address, entropy.clone(), client.clone());
        let tell = tell.clone();
        deliveries.spawn(async move {
            let answer = deliver(&client, address, &entropy, number).await;
            let _ = tell.send(());
            answer
        });
    }
    // In the middle of it.
    for _ in 0..10 {
        told.recv().await.unwrap();
    }
    running.stop.send(()).unwrap();
    let answers = deliveries.join_all().await;
    tokio::time::timeout(SOON, running.ended).await.unwrap().unwrap().unwrap();

    let acknowledged = answers.iter().filter(|answer| **answer == Some(204)).count();
    // Accepted requests were answered; others were refused a connection.
    assert!(answers.iter().all(|answer| matches!(answer, Some(204 | 429) | None)), "{answers:?}");
    let stored: i64 =
        sqlx::query_scalar("SELECT count(*) FROM redeemed").fetch_one(&pool).await.unwrap();
    assert_eq!(usize::try_from(stored).unwrap(), acknowledged);
    assert!(acknowledged > 0);
}

/// The head of a delivery whose body never arrives.
async fn never_finish(address: SocketAddr, signature: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /internal/events HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n{}: {signature}\r\n\r\n",
        headers::SIGNATURE
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn slow_unsigned_bodies_do_not_take_a_slot(pool: PgPool) {
    let running = start((*pool.connect_options()).clone()).await;
    until_ready(running.operators).await;
    // Signed for the edge's own routes; the signer does not matter.
    let head = Head { method: "POST", path: "/internal/events", query: "" };
    let signature = rig::calls(Audience::Edge).sign(&head, b"", rig::NOON, Nonce([1; 16]));
    let mut slow = Vec::new();
    // More than the limit of concurrent requests.
    for _ in 0..300 {
        slow.push(never_finish(running.address, &signature).await);
    }
    for stream in &mut slow {
        let mut status = [0; 12];
        tokio::time::timeout(SOON, stream.read_exact(&mut status)).await.unwrap().unwrap();
        assert_eq!(&status, b"HTTP/1.1 401");
    }
    let client = http_client::client().unwrap();
    let delivered = deliver(&client, running.address, &Entropy::from_seed(4), 1).await;
    assert_eq!(delivered, Some(204));
    running.stop.send(()).unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn operator_routes_are_not_public(pool: PgPool) {
    let running = start((*pool.connect_options()).clone()).await;
    until_ready(running.operators).await;
    for (path, public, operators) in [
        ("/health/live", 200, 200),
        ("/health/ready", 404, 200),
        ("/metrics", 404, 200),
        ("/internal/events", 405, 404),
        ("/", 200, 404),
    ] {
        let answered = (status(running.address, path).await, status(running.operators, path).await);
        assert_eq!(answered, (public, operators), "{path}");
    }
    running.stop.send(()).unwrap();
    tokio::time::timeout(SOON, running.ended).await.unwrap().unwrap().unwrap();
}
