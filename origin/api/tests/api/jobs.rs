//! Images that models look at: as callers of the API see them, with the
//! factory's loop and a gpu-backend that answers as told.

use axum::body::Body;
use axum::http::{Request, header};
use munjigi_delivery::http_client;
use munjigi_domain::accounts::Permission::{ReadSites, RunJobs};
use munjigi_pictures::Pictures;
use munjigi_pictures::gpu::Gpu;
use munjigi_process::stop;
use serde_json::json;
use sqlx::PgPool;

use munjigi_rig::client::Client;
use munjigi_rig::people::Someone;
use munjigi_rig::pictures::FakeGpu;
use munjigi_rig::{self as rig, Answer, Rig};

/// A red pixel, and a text that is none.
const PNG: &[u8] = include_bytes!("jobs/red.png");
const NO_IMAGE: &[u8] = b"\x89PNG\r\n\x1a\nbut no image";

async fn rig(pool: PgPool, hourly: u32) -> Rig {
    let mut rig = Rig::new(pool, crate::routes).await;
    let gpu = FakeGpu::start(rig.app.clock.clone()).await;
    let (clock, entropy) = (rig.app.clock.clone(), rig.app.entropy.clone());
    let client = http_client::client().unwrap();
    let app = rig.app_mut();
    app.factory.gpu = Gpu::new(client, &[gpu.url], &rig::ring(), clock, entropy);
    let config = Pictures { jobs_hourly: hourly, ..(*app.factory.config).clone() };
    app.factory.config = config.into();
    rig
}

async fn send(client: &Client<'_>, path: &str, body: &[u8]) -> Answer {
    send_keyed(client, path, body, None).await
}

async fn send_keyed(client: &Client<'_>, path: &str, body: &[u8], key: Option<&str>) -> Answer {
    let mut request = Request::post(format!("/api/v1{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", client.bearer))
        .header("x-real-ip", "203.0.113.7");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request.body(Body::from(body.to_vec()));
    client.rig.send(request.unwrap()).await
}

fn jobs_of(someone: &Someone) -> String {
    format!("/organisations/{}/jobs", someone.organisation)
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_job_waits_is_done_and_is_read_by_its_organisation_alone(pool: PgPool) {
    let rig = rig(pool.clone(), 100).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let client = rig.key_client(&kim, &[RunJobs]).await;
    let jobs = jobs_of(&kim);
    let first = send(&client, &format!("{jobs}?model=tile"), PNG).await;
    assert_eq!(first.status, 202, "{}", first.body);
    let path = first.headers["location"].to_str().unwrap().strip_prefix("/api/v1").unwrap();
    let path = path.to_owned();
    let low = send(&client, &format!("{jobs}?model=tile&priority=low"), NO_IMAGE).await.json();
    let high = send(&client, &format!("{jobs}?model=tile@1&priority=high"), PNG).await.json();
    assert_eq!((&low["status"], &low["place"]), (&json!("waiting"), &json!(2)));
    assert_eq!((&high["place"], &high["priority"]), (&json!(1), &json!("high")));
    let other = rig.key_client(&lee, &[RunJobs]).await;
    for (client, path) in [
        (&other, path.clone()),
        (&other, path.replace(kim.organisation.as_str(), lee.organisation.as_str())),
    ] {
        assert_eq!(client.call("GET", &path, None).await.code(), "not-found");
        assert_eq!(client.call("DELETE", &path, None).await.code(), "not-found");
    }

    let (stopper, stop) = stop::pair();
    let factory = rig.app.factory.clone();
    let loop_pool = pool.clone();
    let running = tokio::spawn(async move { factory.jobs_until(&loop_pool, stop).await });
    let events = client.call("GET", &format!("{path}/events"), None).await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    assert!(events.body.contains("event: job") && events.body.contains("\"done\""));
    let done = client.call("GET", &path, None).await.json();
    assert_eq!(done["status"], "done");
    assert_eq!(done["result"]["prediction"]["classes"][0][0], "red thing");
    assert!(done["finished_at"].as_str() < done["expires_at"].as_str());
    let low = format!("{jobs}/{}", low["id"].as_str().unwrap());
    let failed = loop {
        let job = client.call("GET", &low, None).await.json();
        if job["status"] != "waiting" && job["status"] != "running" {
            break job;
        }
    };
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("failed"), &json!("image-malformed"))
    );
    stopper.ask();
    running.await.unwrap();

    let list = client.call("GET", &format!("{jobs}?limit=2"), None).await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let cursor = list["next_cursor"].as_str().unwrap();
    let rest = client.call("GET", &format!("{jobs}?limit=2&cursor={cursor}"), None).await.json();
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &json!(null)));
    assert_eq!(client.call("DELETE", &path, None).await.status, 204);
    assert_eq!(client.call("GET", &path, None).await.code(), "not-found");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_is_no_job_is_refused_by_name(pool: PgPool) {
    let rig = rig(pool.clone(), 2).await;
    let kim = rig.someone("Kim").await;
    let client = rig.key_client(&kim, &[RunJobs]).await;
    let jobs = jobs_of(&kim);
    let large = [PNG, &vec![0; 10 << 20][..]].concat();
    for (query, body, status, code) in [
        ("?model=tile", &b"GIF89a"[..], 415, "unsupported-media-type"),
        ("?model=tile", b"", 415, "unsupported-media-type"),
        ("?model=tile", &large, 413, "payload-too-large"),
        ("", PNG, 400, "malformed-request"),
        ("?model=tile&prio=high", PNG, 400, "malformed-request"),
        ("?model=tile&priority=urgent", PNG, 422, "invalid"),
        ("?model=", PNG, 422, "invalid"),
        ("?model=a%26caller=factory", PNG, 422, "invalid"),
    ] {
        let refused = send(&client, &format!("{jobs}{query}"), body).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{query}");
    }
    assert_eq!(client.call("GET", &format!("{jobs}/nothing"), None).await.code(), "not-found");
    let reader = rig.key_client(&kim, &[ReadSites]).await;
    let refused = send(&reader, &format!("{jobs}?model=tile"), PNG).await;
    assert_eq!(refused.code(), "forbidden");

    // What was refused does not count; two an hour do, one of them sent twice.
    assert_eq!(send(&client, &format!("{jobs}?model=tile"), PNG).await.status, 202);
    let path = format!("{jobs}?model=tile");
    let keyed = async |path: &str| send_keyed(&client, path, PNG, Some("mine")).await;
    let (first, again) = (keyed(&path).await, keyed(&path).await);
    assert_eq!((first.status, first.body == again.body), (202, true));
    assert_eq!(keyed(&format!("{path}&priority=low")).await.code(), "idempotency-key-reused");
    let third = send(&client, &format!("{jobs}?model=tile"), PNG).await;
    assert_eq!((third.status, third.code().as_str()), (429, "quota-exceeded"));
    assert!(third.headers.contains_key("retry-after"));
    let without = Rig::new(pool, crate::routes).await;
    let client = Client { rig: &without, bearer: client.bearer };
    let off = send(&client, &format!("{jobs}?model=tile"), PNG).await;
    assert_eq!((off.status, off.code().as_str()), (403, "forbidden"));
}
