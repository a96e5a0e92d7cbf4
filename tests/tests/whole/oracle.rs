//! The gate beside the Worker: the same requests get the same answers, but for
//! ids, times and what is drawn. Requests are the table of bad input, valid
//! ones of every route and dialect, and both with something changed at random,
//! from a seed.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Method, StatusCode};
use munjigi_protocol::headers;
use munjigi_tests::bad_input::{Table, fill};
use munjigi_tests::client::{Answer, Connection, challenge_request, solution_request};
use munjigi_tests::{signed, stage};
use munjigi_tools::gate::Gate;
use munjigi_tools::ports;
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::stack::{Site, Stack};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

/// Requests in all, unless the variable says another number. The first few
/// hundred are as they stand in the table; the rest have something changed.
const REQUESTS: usize = 2_000;
const VARIABLE: &str = "MUNJIGI_ORACLE_REQUESTS";
const SEED: u64 = 20_261_124;

/// Headers of the connection, of the platform and of the moment.
const APART: [&str; 8] = [
    "date",
    "etag",
    "vary",
    "connection",
    "content-length",
    "transfer-encoding",
    "content-encoding",
    headers::REQUEST_ID,
];

/// The check of `/health` that the gate alone has: the Worker is told of
/// networks by its platform.
const OWN_CHECK: &str = "networks";

/// One request, for both.
#[derive(Debug, Clone)]
struct Sent {
    name: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn new(request: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let (method, path) = request.split_once(' ').unwrap_or(("GET", request));
        let headers = match content_type {
            "" => Vec::new(),
            kind => vec![("content-type".to_owned(), kind.to_owned())],
        };
        Self {
            name: request.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: body.into(),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// On a connection of its own: the Worker's server closes one after a body
    /// that no one read.
    async fn to(&self, edge: &str) -> Result<Answer> {
        let mut connection = Connection::open(edge).await?;
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let method = Method::from_bytes(self.method.as_bytes())?;
        let answer = connection.send(method, &self.path, &headers, self.body.clone()).await;
        answer.with_context(|| format!("{}: {} {}", self.name, self.method, self.path))
    }
}

/// What the two know of: the same sites under the same keys.
struct Pair {
    stack: Stack,
    gate: Gate,
    _folder: tempfile::TempDir,
}

impl Pair {
    async fn start() -> Result<Self> {
        let stack = stage::stack(&[]).await?;
        let folder = tempfile::tempdir()?;
        let mut variables = stack.edge_variables()?;
        // Nothing answers there; but without an origin it would have no routes for one.
        variables.insert("MUNJIGI_ORIGIN_URL".to_owned(), "http://127.0.0.1:9".to_owned());
        let (path, log) = (folder.path().join("gate"), folder.path().join("gate.log"));
        let gate = Gate::start(&Project::here(), path, ports::free(), variables, log).await?;
        let pair = Self { stack, gate, _folder: folder };
        let stack = &pair.stack;
        for site in [&stack.site, &stack.bench_site].into_iter().chain(stack.dialects.values()) {
            pair.copy(site).await?;
        }
        Ok(pair)
    }

    /// Publishes a site of the Worker to the gate, as its origin would.
    async fn copy(&self, site: &Site) -> Result<()> {
        let admin = self.stack.edge.admin_url().context("plain workerd has one")?;
        let stored = reqwest::get(format!("{admin}/kv/SITES/site:{}", site.sitekey)).await?;
        let config = stored.error_for_status()?.text().await?;
        let path = format!("/internal/sites/{}", site.sitekey);
        let signature = signed::signature(&self.stack, &Method::PUT, &path, config.as_bytes())?;
        let put = reqwest::Client::new().put(format!("{}{path}", self.gate.url()));
        let put = put.header(headers::SIGNATURE, signature).body(config);
        put.send().await?.error_for_status()?;
        Ok(())
    }

    /// Requests whose templates are filled for one of the two.
    async fn requests(&self, edge: &str) -> Result<Vec<Sent>> {
        let stack = &self.stack;
        let site = &stack.bench_site;
        let challenge = stage::challenge(edge, &stack.site, "192.0.2.7").await?;
        let cheap = stage::challenge(edge, site, "192.0.2.7").await?;
        let solution = solution_request(&cheap)?;
        let values = BTreeMap::from([
            ("sitekey", stack.site.sitekey.clone()),
            ("secret", site.secret.clone()),
            ("challenge", challenge.challenge),
            ("nonces", serde_json::to_string(&solution.nonces.clone().context("nonces")?)?),
            ("token", stage::token(edge, site).await?),
        ]);
        let table: Table = toml::from_str(include_str!("../../contract/bad-input.toml"))?;
        let mut all = Vec::new();
        for case in &table.case {
            let request = fill(&case.request, &values)?;
            let mut sent = Sent::new(&request, &case.content_type, case.bytes(&values)?);
            sent.name.clone_from(&case.id);
            if sent.body.is_empty() {
                sent.headers.clear();
            }
            for (name, value) in &case.headers {
                sent = sent.with(name, value);
            }
            all.push(sent);
        }
        let json = "application/json";
        let form = "application/x-www-form-urlencoded";
        all.push(Sent::new("POST /v1/solutions", json, serde_json::to_vec(&solution)?));
        for site in [&stack.site, site].into_iter().chain(stack.dialects.values()) {
            let body = challenge_request(&site.sitekey, &site.hostname);
            all.push(Sent::new("POST /v1/challenges", json, serde_json::to_vec(&body)?));
            let frame = format!("GET /v1/frame/{}", site.sitekey);
            all.push(Sent::new(&frame, "", "").with("referer", "http://localhost/"));
            all.push(Sent::new(&frame, "", "").with("referer", "https://elsewhere.example/"));
            let outcome = format!("secret={}&id=x&outcome=fraudulent", site.secret);
            all.push(Sent::new("POST /v1/outcomes", form, outcome));
            let body = format!("secret={}&response=mj1.a.b", site.secret);
            for path in ["", "/turnstile/v0", "/hcaptcha", "/recaptcha/api"] {
                all.push(Sent::new(&format!("POST {path}/siteverify"), form, body.clone()));
            }
            all.push(Sent::new(&format!("GET /recaptcha/api/siteverify?{body}"), "", ""));
        }
        for sitekey in ["mj_test_passes", "mj_test_fails", "mj_test_interactive"] {
            let body = challenge_request(sitekey, "anything.example");
            all.push(Sent::new("POST /v1/challenges", json, serde_json::to_vec(&body)?));
        }
        for path in [
            "/v1/api.js",
            "/1/api.js",
            "/turnstile/v0/api.js",
            "/recaptcha/api.js",
            "/recaptcha/enterprise.js",
            "/v1/munjigi.d.ts",
            "/errors/blocked",
            "/errors/no-such-code",
            "/health",
            "/",
            "/favicon.ico",
            "/_frame.html",
            "/_headers",
            "/_errors/blocked.en.html",
            "/v1/pictures/abc",
            "/internal/state",
            "/internal/sites/x",
            "/v1/frame/",
            "/v1/frame/a/b",
        ] {
            for method in ["GET", "HEAD", "POST", "OPTIONS", "DELETE"] {
                all.push(Sent::new(&format!("{method} {path}"), "", ""));
            }
            all.push(Sent::new(&format!("GET {path}"), "", "").with("accept-language", "ko"));
        }
        Ok(all)
    }
}

/// How many bytes at the start and at the end of two bodies are the same;
/// between them is what each edge drew.
struct SharedEnds {
    start: usize,
    end: usize,
}

impl SharedEnds {
    fn of(one: &[u8], other: &[u8]) -> Self {
        let same = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| {
            pairs.take_while(|(one, other)| one == other).count()
        };
        let start = same(&mut one.iter().zip(other));
        if start == one.len() && start == other.len() {
            return Self { start, end: 0 };
        }
        let most = one.len().min(other.len()) - start;
        let end = same(&mut one.iter().rev().zip(other.iter().rev())).min(most);
        // A percent sign before what was drawn would read two letters of it.
        Self { start: start.saturating_sub(2), end }
    }

    /// The same place in either body.
    fn place(&self, body: &[u8], random: &mut StdRng) -> Option<usize> {
        let all = self.start + self.end;
        let at = (all > 0).then(|| random.random_range(0..all))?;
        Some(if at < self.start { at } else { body.len() - (all - at) })
    }
}

/// The same change for both: `random` is a fork of one seed.
fn change(sent: &mut Sent, shared: &SharedEnds, random: &mut StdRng) {
    let kinds = ["none", "byte", "cut", "type", "method", "path", "header", "double"];
    let kind = kinds.choose(random).copied().unwrap_or("none");
    sent.name = format!("{} ({kind})", sent.name);
    match kind {
        "byte" if let Some(at) = shared.place(&sent.body, random) => {
            let bytes = b"\0\x7f\xff\"{}[]:,&=%+ a0\n";
            sent.body[at] = bytes.choose(random).copied().unwrap_or_default();
        }
        "cut" if let Some(at) = shared.place(&sent.body, random) => sent.body.truncate(at),
        "type" => {
            let types =
                ["text/plain", "application/json; charset=utf-8", "multipart/form-data", ""];
            sent.headers.retain(|(name, _)| name != "content-type");
            let kind = types.choose(random).copied().unwrap_or_default();
            sent.headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        "method" => {
            let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
            methods.choose(random).copied().unwrap_or("GET").clone_into(&mut sent.method);
        }
        "path" => {
            let ends = ["/", "?a=b", "?", "/..", "/../siteverify", "%2f", "x", "//", "/./", "%00"];
            sent.path.push_str(ends.choose(random).copied().unwrap_or_default());
        }
        "header" => {
            let more = [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://elsewhere.example"),
                ("accept-language", "ko, en;q=0.5"),
                ("user-agent", ""),
                ("munjigi-signature", "k=1"),
                ("referer", "nonsense"),
            ];
            let (name, value) = more.choose(random).copied().unwrap_or_default();
            sent.headers.push((name.to_owned(), value.to_owned()));
        }
        "double" => sent.body.extend(sent.body.clone()),
        _ => {}
    }
    // Methods whose bodies neither of the two reads.
    if ["GET", "HEAD", "OPTIONS"].contains(&sent.method.as_str()) {
        sent.body.clear();
    }
}

/// A path as Cloudflare hands it to a Worker, and the gate to its routes. Plain
/// workerd leaves the dots in it.
fn resolved(edge: &str, path: &str) -> Result<String> {
    if !path.contains("/.") {
        return Ok(path.to_owned());
    }
    let url = reqwest::Url::parse(&format!("{edge}{path}"))?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{}{query}", url.path()))
}

/// An answer without what differs from one answer to the next.
fn settled(answer: &Answer, edge: &str) -> String {
    let mut lines = vec![answer.status.to_string()];
    // HTTP asks for `Allow` beside a 405; the platform's static files leave it out.
    let is_of_a_file = answer.status == 405 && !answer.headers.contains_key("content-type");
    let is_apart = |name: &str| {
        (is_of_a_file && name == "allow")
            || APART.iter().any(|apart| apart.eq_ignore_ascii_case(name))
    };
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !is_apart(name.as_str()))
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort();
    lines.append(&mut headers);
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let body = match serde_json::from_str::<Value>(&body) {
        Ok(mut value) => {
            settle(&mut value);
            value.to_string()
        }
        Err(_) => body,
    };
    lines.push(body);
    lines.join("\n").replace(edge.trim_start_matches("http://"), "HOST")
}

/// Replaces ids, times, seals and seeds by their kinds, and leaves out in which
/// column a mistake was and what the gate alone checks.
fn settle(value: &mut Value) {
    match value {
        Value::Array(values) => {
            values.retain(|value| value["name"] != OWN_CHECK);
            values.iter_mut().for_each(settle);
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let drawn = ["request_id", "challenge", "token", "seed", "challenge_ts", "id"];
                if drawn.contains(&name.as_str()) || name.ends_with("_at") {
                    let kind = match value {
                        Value::String(text) if !text.is_empty() => "text",
                        Value::Number(_) => "number",
                        _ => continue,
                    };
                    *value = Value::from(kind);
                } else if let ("detail", Some(text)) = (name.as_str(), value.as_str()) {
                    // What was drawn before a mistake is longer or shorter.
                    let without = text.split_once(" column ").map(|(before, _)| before.to_owned());
                    *value = without.map_or_else(|| value.clone(), Value::from);
                } else {
                    settle(value);
                }
            }
        }
        _ => {}
    }
}

/// A client of its own for each request, so that no limit counts.
fn address(number: usize) -> String {
    format!("198.{}.{}.{}", 18 + number / 65_536 % 2, number / 256 % 256, number % 256)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_answers_thousands_of_requests_as_the_worker_does() -> Result<()> {
    let requests = std::env::var(VARIABLE).map_or(Ok(REQUESTS), |text| text.parse())?;
    let mut pair = Pair::start().await?;
    let edges = [pair.stack.edge.url(), pair.gate.url()];
    let of_worker = pair.requests(&edges[0]).await?;
    let of_gate = pair.requests(&edges[1]).await?;
    ensure!(of_worker.len() == of_gate.len(), "two lists of different lengths");
    let mut random = StdRng::seed_from_u64(SEED);
    let mut different: BTreeMap<String, String> = BTreeMap::new();
    for number in 0..requests {
        let at = number % of_worker.len();
        let mut both = [of_worker[at].clone(), of_gate[at].clone()];
        if number >= of_worker.len() {
            let seed = random.random();
            let shared = SharedEnds::of(&both[0].body, &both[1].body);
            for sent in &mut both {
                change(sent, &shared, &mut StdRng::seed_from_u64(seed));
            }
        }
        let [mut to_worker, to_gate] =
            both.map(|sent| sent.with("cf-connecting-ip", &address(number)));
        to_worker.path = resolved(&edges[0], &to_worker.path)?;
        let one = settled(&to_worker.to(&edges[0]).await?, &edges[0]);
        let other = settled(&to_gate.to(&edges[1]).await?, &edges[1]);
        if one != other {
            let told =
                format!("{} {}\n{one}\n  but the gate:\n{other}", to_gate.method, to_gate.path);
            different.entry(to_gate.name).or_insert(told);
        }
    }
    println!("{requests} requests, {} kinds answered differently", different.len());
    let told: Vec<String> =
        different.iter().take(20).map(|(name, told)| format!("{name}: {told}")).collect();
    assert!(different.is_empty(), "{}", told.join("\n\n"));
    pair.gate.stop().await
}

/// What is planted in an answer.
type Plant = fn(&mut Answer);

fn answer() -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("date", HeaderValue::from_static("today"));
    let body = r#"{"request_id":"a","challenge":"b","puzzle":{"count":16},"list":["x"]}"#;
    Answer { status: StatusCode::OK, headers, body: Bytes::from_static(body.as_bytes()) }
}

fn of_body(answer: &mut Answer, from: &str, to: &str) {
    let text = String::from_utf8_lossy(&answer.body).replace(from, to);
    answer.body = text.into();
}

#[test]
fn a_planted_difference_of_each_class_is_found() {
    let edge = "http://127.0.0.1:1";
    let usual = settled(&answer(), edge);
    let planted: [(&str, Plant); 9] = [
        ("status", |answer| answer.status = StatusCode::CREATED),
        ("header's value", |answer| {
            answer.headers.insert("cache-control", HeaderValue::from_static("public"));
        }),
        ("header too few", |answer| drop(answer.headers.remove("cache-control"))),
        ("header too many", |answer| {
            answer.headers.insert("server", HeaderValue::from_static("hyper"));
        }),
        ("header twice", |answer| {
            answer.headers.append("cache-control", HeaderValue::from_static("no-store"));
        }),
        ("number", |answer| of_body(answer, "16", "17")),
        ("field", |answer| of_body(answer, "count", "counts")),
        ("drawn field that is missing", |answer| of_body(answer, r#""challenge":"b","#, "")),
        ("text", |answer| answer.body = Bytes::from_static(b"no JSON")),
    ];
    for (what, plant) in planted {
        let mut other = answer();
        plant(&mut other);
        assert_ne!(settled(&other, edge), usual, "{what}");
    }
    let apart: [Plant; 2] = [
        |answer| drop(answer.headers.insert("date", HeaderValue::from_static("tomorrow"))),
        |answer| of_body(answer, r#""a""#, r#""another""#),
    ];
    for plant in apart {
        let mut other = answer();
        plant(&mut other);
        assert_eq!(settled(&other, edge), usual);
    }
}
