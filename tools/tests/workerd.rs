//! Runs the generated workerd configuration with the real workerd and a toy
//! worker: stores outlive a kill, queues deliver, alarms come back.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use munjigi_tools::http::client;
use munjigi_tools::process::Service;
use munjigi_tools::project::Project;
use munjigi_tools::wait;
use munjigi_tools::workerd::{WorkerOptions, Workerd};

const WRANGLER: &str = r#"
name = "toy"
main = "build/index.js"
compatibility_date = "2026-11-01"
[vars]
GREETING = "hello"
[assets]
directory = "dist"
binding = "ASSETS"
html_handling = "none"
run_worker_first = ["/worker/*"]
[[kv_namespaces]]
binding = "SITES"
[[r2_buckets]]
binding = "PICTURES"
bucket_name = "toy-pictures"
[[durable_objects.bindings]]
name = "REDEMPTIONS"
class_name = "Redemptions"
[[queues.producers]]
binding = "COUNTS"
queue = "counts"
[[queues.consumers]]
queue = "counts"
max_batch_timeout = 0
[[ratelimits]]
name = "LIMIT"
simple = { limit = 2, period = 60 }
"#;

const WORKER: &str = r#"
import { DurableObject } from "cloudflare:workers";
export class Redemptions extends DurableObject {
  async fetch(request) {
    if (request.method === "POST") await this.ctx.storage.setAlarm(Date.now() + 1500);
    const rows = (await this.ctx.storage.get("alarms")) ?? 0;
    return new Response(String(rows));
  }
  async alarm() { await this.ctx.storage.put("alarms", 1); }
}
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/worker/greeting": return new Response(env.GREETING);
      case "/worker/asset": return env.ASSETS.fetch(new Request("http://assets/v1/api.js"));
      case "/worker/queue": await env.COUNTS.send({ n: 7 }); return new Response("sent");
      case "/worker/limit": return Response.json(await env.LIMIT.limit({ key: "k" }));
      case "/worker/outside": return fetch("http://anywhere.example/from-toy");
      case "/worker/object": return env.REDEMPTIONS.getByName("x").fetch(request);
      case "/worker/bucket": {
        const bytes = new Uint8Array(3_000_000).map((_, at) => at % 251);
        await env.PICTURES.put("packs/a", bytes, { httpMetadata: { contentType: "image/jpeg" } });
        return new Response((await env.PICTURES.head("packs/a")).httpMetadata.contentType);
      }
      case "/worker/picture": {
        const range = { offset: 1_048_570, length: 12 };
        const object = await env.PICTURES.get("packs/a", { range });
        return Response.json([...new Uint8Array(await object.arrayBuffer())]);
      }
      case "/worker/no-picture": return Response.json(await env.PICTURES.get("packs/b"));
      default: return new Response("the worker's own 404", { status: 404 });
    }
  },
  async queue(batch, env) {
    for (const message of batch.messages) await env.SITES.put("delivered", String(message.body.n));
  },
  async scheduled(event, env) { await env.SITES.put("cron", event.cron); },
};
"#;

fn toy(root: &Path) -> Project {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("wrangler.toml", WRANGLER);
    write("build/index.js", WORKER);
    write("dist/v1/api.js", "// the loader\n");
    write("dist/_headers", "/v1/api.js\n  X-Toy: yes\n");
    let modules = Project::here().at("node_modules");
    std::os::unix::fs::symlink(modules, root.join("node_modules")).unwrap();
    Project::rooted_at(root.to_path_buf())
}

fn named(name: &str, greeting: Option<&str>) -> WorkerOptions {
    let vars: BTreeMap<_, _> =
        greeting.map(|text| ("GREETING".to_owned(), text.to_owned())).into_iter().collect();
    WorkerOptions { name: name.to_owned(), vars, ..WorkerOptions::default() }
}

async fn text(url: String) -> String {
    client().get(url).send().await.unwrap().text().await.unwrap()
}

/// A server with one fixed answer; returns its address.
fn outside() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\noutside";
        stream.write_all(answer.as_bytes()).unwrap();
    });
    address
}

#[tokio::test]
async fn a_worker_keeps_its_stores_and_its_alarms_when_it_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let project = toy(&dir.path().join("project"));
    let log = dir.path().join("log");
    let workers = [named("edge", None), named("edge-2", Some("the second"))];
    let run = dir.path().join("run");
    let mut edge = Workerd::start(&project, run, &workers, outside(), log).await.unwrap();
    let (url, admin) = (edge.url(0), edge.admin_url());

    // Variables, assets with their headers, and which part answers 404.
    assert_eq!(text(format!("{url}/worker/greeting")).await, "hello");
    assert_eq!(text(format!("{}/worker/greeting", edge.url(1))).await, "the second");
    assert_eq!(text(format!("{url}/worker/asset")).await, "// the loader\n");
    assert_eq!(text(format!("{url}/nowhere")).await, "the worker's own 404");
    let loader = client().get(format!("{url}/v1/api.js")).send().await.unwrap();
    assert_eq!(loader.headers()["x-toy"], "yes");
    assert!(loader.headers()["content-type"].to_str().unwrap().contains("javascript"));

    // Limits, and the single outside address.
    let mut allowed = 0;
    while text(format!("{url}/worker/limit")).await == "{\"success\":true}" {
        allowed += 1;
        // Two per minute, and a minute may begin between two calls.
        assert!(allowed <= 4, "no call is refused");
    }
    assert!(allowed >= 2, "refused after {allowed}");
    assert_eq!(text(format!("{url}/worker/outside")).await, "outside");

    // A bucket is written, read in parts, and gone for a while.
    assert_eq!(text(format!("{url}/worker/bucket")).await, "image/jpeg");
    let part: Vec<u64> = (1_048_570..1_048_582).map(|at| at % 251).collect();
    assert_eq!(text(format!("{url}/worker/picture")).await, format!("{part:?}").replace(' ', ""));
    assert_eq!(text(format!("{url}/worker/no-picture")).await, "null");
    let away = format!("{admin}/bucket-away/PICTURES");
    client().put(&away).send().await.unwrap().error_for_status().unwrap();
    let failed = client().get(format!("{url}/worker/picture")).send().await.unwrap();
    assert_eq!(failed.status(), 500);
    client().delete(&away).send().await.unwrap().error_for_status().unwrap();
    let listing = text(format!("{admin}/bucket/PICTURES/")).await;
    assert_eq!(listing, r#"[{"key":"packs/a","size":3000000}]"#);

    // Queue and cron reach their handlers.
    assert_eq!(text(format!("{url}/worker/queue")).await, "sent");
    let within = Duration::from_secs(20);
    let kv = |key: &str| text(format!("{admin}/kv/SITES/{key}"));
    wait::until("the delivery", within, async || Ok((kv("delivered").await == "7").then_some(())))
        .await
        .unwrap();
    assert_eq!(text(format!("{admin}/cron/edge?cron=1+2+*+*+*")).await, "ok");
    assert_eq!(kv("cron").await, "1 2 * * *");

    // An alarm set before a kill fires after it; nothing stored is lost.
    let http = client();
    http.post(format!("{}/worker/object", edge.url(1))).send().await.unwrap();
    edge.kill();
    edge.start_again().await.unwrap();
    assert_eq!(kv("delivered").await, "7");
    assert!(text(format!("{url}/worker/picture")).await.starts_with('['));
    wait::until("the alarm", within, async || {
        Ok((text(format!("{url}/worker/object")).await == "1").then_some(()))
    })
    .await
    .unwrap();
}
