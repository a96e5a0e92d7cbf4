//! Whole routes on the platform in memory: an attempt from the site's
//! publication to the second use of its token, and what is refused.

mod clearance;
mod lists;
mod outcomes;

use std::sync::Arc;

use munjigi_captcha::contract::{Fault, MemoryMeter, ROOT_A, answering, block_on, site_config};
use munjigi_captcha::{KeyCheck, Secret};
use munjigi_keys::UnixMillis;
use munjigi_keys::signature::{Audience, CallKeys, Head, Nonce};
use munjigi_pow::Puzzle;
use munjigi_protocol::{
    ChallengeReply, Signals, SiteConfig, SiteverifyReply, SolutionReply, Step, Work,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

use super::*;
use crate::answer::Body;
use crate::background;
use crate::contract::{Memory, MemoryRequest};
use crate::counts::Urgency;
use crate::inbound::described::{self, Described};
use crate::platform::BackgroundTask;
use crate::ports::Limit;

const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);
const CHECK: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

struct Edge {
    platform: Memory,
    sitekey: String,
    secret: Secret,
}

fn platform() -> Memory {
    let variables = [
        ("MUNJIGI_ROOT_KEYS", ROOT_A),
        ("MUNJIGI_INTERNAL_KEYS", ROOT_A),
        ("MUNJIGI_KEY_CHECK", CHECK),
        ("MUNJIGI_ORIGIN_URL", "https://origin.example"),
    ];
    Memory::new(&variables, NOW)
}

impl Edge {
    /// An edge with one site, which requires next to no work.
    fn new() -> Self {
        let check = KeyCheck::parse(CHECK).unwrap();
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let sitekey = check.mint_sitekey(&mut rng).to_string();
        let edge = Self { platform: platform(), sitekey, secret: check.mint_secret(&mut rng) };
        let site = edge.site();
        let body = serde_json::to_string(&site).unwrap();
        let path = format!("/internal/sites/{}", edge.sitekey);
        let put = signed("PUT", &path, body.clone(), 1);
        assert_eq!(edge.ask("PUT", &path, &put).status, 200);
        // The signature was valid once.
        assert_eq!(read::<Value>(&edge.ask("PUT", &path, &put))["code"], "replayed");
        edge
    }

    fn site(&self) -> SiteConfig {
        let secrets = vec![self.secret.hash().as_str().to_owned()];
        let work = Work { floor: 8, ceiling: 800 };
        SiteConfig { work, count: 4, ..site_config(&self.sitekey, secrets) }
    }

    fn ask(&self, method: &str, path: &str, request: &MemoryRequest) -> Response<Vec<u8>> {
        ask(&self.platform, method, path, request)
    }

    fn post(&self, path: &str, body: &Value) -> Response<Vec<u8>> {
        let body = body.to_string().into_bytes();
        self.ask("POST", path, &MemoryRequest { headers: Vec::new(), body })
    }

    fn challenge(&self) -> ChallengeReply {
        self.challenge_for("login")
    }

    fn challenge_for(&self, action: &str) -> ChallengeReply {
        let request = json!({
            "sitekey": self.sitekey, "hostname": "shop.example", "action": action, "cdata": "",
            "locale": "en", "widget": "0.1.0", "algorithms": ["hashwx"],
        });
        read(&self.post("/v1/challenges", &request))
    }

    /// A token of a new attempt.
    fn token(&self) -> String {
        self.token_for("login")
    }

    fn token_for(&self, action: &str) -> String {
        let challenge = self.challenge_for(action);
        let Step::Puzzle(step) = &challenge.step else { panic!("no puzzle") };
        let puzzle = Puzzle {
            algorithm: munjigi_pow::Algorithm::HashWx,
            id: step.id.0,
            first: step.first,
            count: step.count,
            work: step.work,
        };
        let signals = Signals { solve_ms: Some(1), ..answering(step.id, Signals::default()) };
        let nonces = puzzle.solve();
        let solution =
            json!({ "challenge": challenge.challenge, "nonces": nonces, "signals": signals });
        let SolutionReply::Passed { token, .. } = read(&self.post("/v1/solutions", &solution))
        else {
            panic!("not passed")
        };
        token
    }

    fn verify(&self, token: &str) -> SiteverifyReply {
        let secret = self.secret.reveal().to_string();
        read(&self.post("/siteverify", &json!({ "secret": secret, "response": token })))
    }
}

fn ask(platform: &Memory, method: &str, path: &str, request: &MemoryRequest) -> Response<Vec<u8>> {
    let length = request.body.len().to_string();
    let headers = described::HEADERS.map(|name| {
        let sent = request.headers.iter().find(|(other, _)| *other == name);
        sent.map_or(
            match name {
                "content-type" => "application/json",
                "content-length" => &length,
                "sec-fetch-site" => "same-origin",
                "user-agent" => "Mozilla/5.0",
                _ => "",
            },
            |(_, value)| value,
        )
    });
    // No visitor asks whether a request may continue.
    let own = if path.starts_with("/v1/clearance/check") { "own" } else { "" };
    let description = format!(
        "{method}\nhttps://edge.example{path}\n192.0.2.1\nKR\n64500\nHTTP/2\nTLSv1.3\n\n{}\n{own}\n",
        headers.join("\n")
    );
    block_on(serve(platform, &Inbound::new(Described::new(description, request.clone()))))
}

/// A request with the origin's signature.
fn signed(method: &str, path: &str, body: impl Into<Vec<u8>>, nonce: u8) -> MemoryRequest {
    let body = body.into();
    let keys = CallKeys::parse(ROOT_A).unwrap();
    let head = Head { method, path, query: "" };
    let keys = keys.of(Audience::Edge).unwrap();
    let signature = keys.sign(&head, &body, NOW, Nonce([nonce; 16]));
    MemoryRequest { headers: vec![("munjigi-signature", signature)], body }
}

fn read<T: serde::de::DeserializeOwned>(response: &Response<Vec<u8>>) -> T {
    let Body::Text(text) = &response.body else { panic!("no text: {response:?}") };
    serde_json::from_slice(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn get(platform: &Memory, path: &str) -> Response<Vec<u8>> {
    ask(platform, "GET", path, &MemoryRequest::default())
}

#[test]
fn an_attempt_passes_and_its_token_is_valid_once() {
    let edge = Edge::new();
    let token = edge.token();
    assert!(edge.verify(&token).success);
    assert!(!edge.verify(&token).success);
    // The site's first event is reported at once; after that, counts are
    // collected.
    let sent = [Urgency::Now, Urgency::Soon].map(BackgroundTask::SendCounts);
    assert_eq!(edge.platform.background(), sent);
    block_on(edge.platform.do_chores());
    let batches = edge.platform.batches();
    assert_eq!(batches.iter().map(|batch| batch.prices.len()).sum::<usize>(), 1);
    assert_eq!(batches.len(), 2);
}

/// Challenges of one address, in turn through edges that share a meter, a tenth
/// of a second apart; returns the work that each edge asks for at the end.
fn asked_after(number: usize, edges: &[Edge]) -> Vec<u64> {
    for edge in edges.iter().cycle().take(number) {
        edge.challenge();
        block_on(edge.platform.do_chores());
        for edge in edges {
            block_on(edge.platform.sleep(100));
        }
    }
    let work = |edge: &Edge| {
        let Step::Puzzle(step) = edge.challenge().step else { panic!("no puzzle") };
        step.work
    };
    edges.iter().map(work).collect()
}

/// Edges that share a meter.
fn edges(number: usize) -> Vec<Edge> {
    let meter = Arc::new(MemoryMeter::new(300, NOW));
    let mut edges: Vec<Edge> = (0..number).map(|_| Edge::new()).collect();
    for edge in &mut edges {
        edge.platform.share(&meter);
    }
    edges
}

#[test]
fn an_address_costs_the_same_through_one_edge_and_through_eight() {
    let [alone] = asked_after(400, &edges(1))[..] else { panic!("one edge") };
    assert!(alone >= 20 * 8, "{alone}");
    for together in asked_after(400, &edges(8)) {
        assert!(together * 2 >= alone && together <= alone * 2, "{together}, {alone}");
    }
}

#[test]
fn without_the_meter_each_edge_knows_what_it_saw() {
    let edges = edges(8);
    edges[0].platform.shared_meter().set_fault(Fault::Unreachable);
    for apart in asked_after(400, &edges) {
        assert!((2 * 8..5 * 8).contains(&apart), "{apart}");
    }
    // It is asked again, every half minute.
    let platform = &edges[0].platform;
    let asked = platform.lines().iter().filter(|line| line.contains("meter-away")).count();
    let passed = platform.now().since(NOW) / 30_000;
    assert!(asked >= 1 && asked as u64 <= 1 + passed, "{asked} in {passed} half minutes");
}

#[test]
fn a_rate_limit_refuses_with_a_time_to_retry() {
    let edge = Edge::new();
    edge.platform.refuse(Some(Limit::Challenge));
    let request = json!({
        "sitekey": edge.sitekey, "hostname": "shop.example", "action": "", "cdata": "",
        "locale": "en", "widget": "0.1.0", "algorithms": ["hashwx"],
    });
    let refused = edge.post("/v1/challenges", &request);
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains(&("Retry-After", "60".into())));
    assert_eq!(read::<Value>(&refused)["code"], "rate-limited");
}

#[test]
fn a_deleted_site_is_unknown_at_once_and_its_tokens_are_denied() {
    let edge = Edge::new();
    let path = format!("/internal/sites/{}", edge.sitekey);
    let delete = signed("DELETE", &path, String::new(), 2);
    assert_eq!(edge.ask("DELETE", &path, &delete).status, 200);
    let request = json!({
        "sitekey": edge.sitekey, "hostname": "shop.example", "action": "", "cdata": "",
        "locale": "en", "widget": "0.1.0", "algorithms": ["hashwx"],
    });
    assert_eq!(read::<Value>(&edge.post("/v1/challenges", &request))["code"], "unknown-sitekey");
}

#[test]
fn problems_name_their_page_and_their_request() {
    let platform = platform();
    let response = get(&platform, "/nowhere");
    let problem: Value = read(&response);
    assert_eq!((response.status, response.content_type), (404, "application/problem+json"));
    assert_eq!(problem["type"], "https://edge.example/errors/not-found");
    assert_eq!(problem["request_id"], Value::from(response.request_id));
    assert_eq!(get(&platform, "/v1/challenges").status, 405);
}

#[test]
fn the_platform_says_what_runs_and_whether_it_works() {
    let platform = platform();
    assert_eq!(read::<Value>(&get(&platform, "/version"))["name"], "munjigi-memory");
    assert_eq!(read::<Value>(&get(&platform, "/health"))["status"], "ok");
}

#[test]
fn an_edge_without_a_configuration_serves_nothing_and_logs_it() {
    let platform = Memory::new(&[], NOW);
    assert_eq!(get(&platform, "/version").status, 503);
    let lines = platform.lines();
    assert!(lines.len() == 1 && lines[0].contains("\"status\":503"), "{lines:?}");
}

/// A native server runs a request on any free thread.
#[test]
fn a_request_can_move_between_threads_where_its_stores_can() {
    fn moves<T: Send>(future: T) -> T {
        future
    }
    let platform = platform();
    let description = "GET\nhttps://a.example/version".to_owned();
    let inbound = Inbound::new(Described::new(description, MemoryRequest::default()));
    assert_eq!(block_on(moves(serve(&platform, &inbound))).status, 200);
    block_on(moves(background::run(&platform, BackgroundTask::SendCounts(Urgency::Now))));
    block_on(moves(background::run(&platform, BackgroundTask::AskMeter)));
}
