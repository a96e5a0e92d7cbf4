//! The Worker on routes of an operator's own host: it checks requests and passes
//! them on to the application behind it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use munjigi_protocol::{ClearanceReply, Level, Problem, Protection, SiteConfig, SiteState};
use munjigi_protocol::{WELL_KNOWN, headers};
use munjigi_tests::application::Application;
use munjigi_tests::stage;
use munjigi_tools::stack::{Site, Stack, Variant};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0";

/// A worker on the host's route.
struct Edge {
    client: Client,
    url: String,
}

impl Edge {
    fn new(url: String) -> Result<Self> {
        Ok(Self { client: Client::builder().redirect(Policy::none()).build()?, url })
    }

    fn ask(&self, method: Method, host: &str, path: &str) -> RequestBuilder {
        let asked = self.client.request(method, format!("{}{path}", self.url));
        asked.header(HOST, host).header(USER_AGENT, AGENT)
    }

    /// Asks for a page as a browser does.
    async fn page(&self, host: &str, path: &str, cookie: &str) -> Result<Response> {
        let asked = self.ask(Method::GET, host, path).header(ACCEPT, "text/html");
        Ok(asked.header(COOKIE, cookie).send().await?)
    }

    /// Earns a clearance at the page to which a refusal leads.
    async fn earn(&self, site: &Site, refused: &Response) -> Result<String> {
        let place = refused.headers().get(LOCATION).context("no place")?.to_str()?;
        let to = place.strip_prefix(&format!("{WELL_KNOWN}/clearance?to=")).context("no page")?;
        let shown = self.page("shop.example", place, "").await?;
        ensure!(shown.status() == 200, "{shown:?}");
        let round = cookies(&shown).pop().context("no cookie")?;
        let token = stage::token(&format!("{}{WELL_KNOWN}", self.url), site).await?;
        let body = json!({ "to": to, "token": token }).to_string();
        let redeem = self.ask(Method::POST, "shop.example", &format!("{WELL_KNOWN}/clearance"));
        let redeem = redeem.header(CONTENT_TYPE, "application/json").header(COOKIE, round);
        let given = redeem.body(body).send().await?;
        ensure!(given.status() == 200, "{given:?}");
        let clearance = cookies(&given).into_iter().next().context("no clearance")?;
        ensure!(given.json::<ClearanceReply>().await?.path == "/account/x?a=1");
        Ok(clearance)
    }

    /// Sends bytes and reads until `end` comes, or the connection ends.
    async fn raw(&self, request: &str, end: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::new();
        let reading = async {
            while !String::from_utf8_lossy(&read).contains(end) {
                if stream.read_buf(&mut read).await? == 0 {
                    break;
                }
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(Duration::from_mins(1), reading).await??;
        Ok(String::from_utf8_lossy(&read).into_owned())
    }
}

fn cookies(response: &Response) -> Vec<String> {
    let all = response.headers().get_all(SET_COOKIE).iter();
    let pair = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
    all.filter_map(|value| value.to_str().ok()).map(pair).collect()
}

#[derive(Debug, serde::Deserialize)]
struct Seen {
    method: String,
    url: String,
    headers: Vec<String>,
}

impl Seen {
    /// The values of a header.
    fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.headers.chunks_exact(2);
        let named = lines.filter(|line| line[0].eq_ignore_ascii_case(name));
        named.map(|line| line[1].as_str()).collect()
    }
}

/// Writes the configuration of a site as the edge finds it when it starts.
async fn store(
    stack: &Stack,
    site: &Site,
    change: impl FnOnce(SiteConfig) -> String,
) -> Result<()> {
    let admin = stack.edge.admin_url().context("plain workerd has one")?;
    let place = format!("{admin}/kv/SITES/site:{}", site.sitekey);
    let config = reqwest::get(&place).await?.error_for_status()?.json().await?;
    let put = reqwest::Client::new().put(place).body(change(config));
    put.send().await?.error_for_status()?;
    Ok(())
}

fn json_of(config: &SiteConfig) -> String {
    serde_json::to_string(config).expect("it was read from JSON")
}

/// A stack whose second worker is on the application's routes, and whose third
/// has a variable that is wrong.
async fn stack(application: &Application) -> Result<Stack> {
    let mut stack = stage::stack(&[]).await?;
    let rule = |path: &str, host: Option<&str>| Protection {
        path: path.to_owned(),
        host: host.map(str::to_owned),
        methods: Vec::new(),
        level: Some(Level::Worked),
        dry_run: false,
        no_exemptions: false,
        above_per_second: None,
    };
    let rules = vec![rule("/account/*", None), rule("/hosted/*", Some("shop.example"))];
    let protected = |config| SiteConfig { protect: rules.clone(), ..config };
    store(&stack, &stack.bench_site, |config| json_of(&protected(config))).await?;
    let paused = |config| SiteConfig { state: SiteState::Paused, ..protected(config) };
    store(&stack, &stack.site, |config| json_of(&paused(config))).await?;
    store(&stack, &stack.pictures_site, |_| "{".to_owned()).await?;
    let hosts = json!({
        "shop.example": stack.bench_site.sitekey,
        "paused.example": { "sitekey": stack.site.sitekey },
        "closed.example": { "sitekey": stack.pictures_site.sitekey, "fail": "closed" },
        "Open.example": { "sitekey": stack.pictures_site.sitekey, "fail": "open" },
        "unknown.example": { "sitekey": format!("{}x", stack.site.sitekey), "fail": "open" },
    });
    let behind = |hosts: &str| Variant {
        application: Some(application.authority.clone()),
        ..stage::variant(&[("MUNJIGI_PROTECT", hosts)])
    };
    let wrong = r#"{"shop.example": "mj_x", "https://shop.example": "mj_x"}"#;
    let variants = [Variant::default(), behind(&hosts.to_string()), behind(wrong)];
    stack.restart_edge_with(&variants).await?;
    Ok(stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_protects_routes_of_its_operators_own() -> Result<()> {
    let application = Application::start()?;
    let stack = stack(&application).await?;
    let [_, url, wrong] = <[String; 3]>::try_from(stack.edge.urls()).ok().context("workers")?;
    let edge = Edge::new(url)?;
    open_paths_pass(&edge).await?;
    let clearance = protected_paths_need_clearance(&edge, &stack.bench_site).await?;
    bodies_and_sockets_pass(&edge, &clearance).await?;
    what_the_application_says_is_passed_on(&edge).await?;
    a_path_is_checked_as_it_is_passed_on(&edge, &clearance).await?;
    what_cannot_be_checked_is_closed_unless_told_otherwise(&edge).await?;
    a_wrong_variable_opens_nothing(&Edge::new(wrong)?).await
}

async fn open_paths_pass(edge: &Edge) -> Result<()> {
    let forged = edge.ask(Method::GET, "SHOP.example:8443", "/nowhere?a=%2e#part");
    let forged = forged.header(headers::LEVEL, "allowed").header("munjigi_score", "1.00");
    let seen: Seen = forged.header("Munjigi-Else", "1").send().await?.json().await?;
    ensure!((seen.method.as_str(), seen.url.as_str()) == ("GET", "/nowhere?a=%2e"), "{seen:?}");
    for name in [headers::LEVEL, headers::SCORE, headers::REASONS, headers::ID] {
        ensure!(seen.all(name) == ["none"], "{name} {seen:?}");
    }
    ensure!(seen.all("munjigi_score").is_empty() && seen.all("munjigi-else").is_empty());
    ensure!(seen.all("host") == ["shop.example:8443"], "{seen:?}");
    // A path of ours is the application's here, and a host of no one's is not.
    let seen: Seen = edge.page("shop.example", "/health", "").await?.json().await?;
    ensure!(seen.url == "/health");
    ensure!(edge.page("other.example", "/nowhere", "").await?.status() == 404);
    ensure!(edge.page("other.example", "/health", "").await?.status() == 200);
    Ok(())
}

async fn protected_paths_need_clearance(edge: &Edge, site: &Site) -> Result<String> {
    let refused = edge.page("shop.example", "/account/x?a=1", "").await?;
    ensure!(refused.status() == 303, "{refused:?}");
    let clearance = edge.earn(site, &refused).await?;
    let passed = edge.page("shop.example", "/account/x?a=1", &clearance).await?;
    ensure!(passed.status() == 200, "{passed:?}");
    let seen: Seen = passed.json().await?;
    ensure!(seen.all(headers::LEVEL) == ["worked"] && seen.all(headers::ID) != ["none"]);
    ensure!(seen.url == "/account/x?a=1", "{seen:?}");

    let part = edge.ask(Method::POST, "shop.example", "/account/x").body("a=b").send().await?;
    ensure!(part.status() == 403, "{part:?}");
    ensure!(part.json::<Problem>().await?.code.as_str() == "clearance-required");
    // Proxies say the host with this header; here, visitors would.
    let elsewhere = edge.ask(Method::GET, "shop.example", "/hosted/x");
    let elsewhere = elsewhere.header("x-forwarded-host", "other.example");
    let elsewhere = elsewhere.header("x-forwarded-uri", "/").header("x-forwarded-method", "GET");
    ensure!(elsewhere.send().await?.status() == 403);
    Ok(clearance)
}

async fn bodies_and_sockets_pass(edge: &Edge, clearance: &str) -> Result<()> {
    let body: Vec<u8> = (0..5_000_000_u32).map(|n| (n / 7 % 251) as u8).collect();
    let sent = edge.ask(Method::POST, "shop.example", "/account/upload");
    let sent = sent.header(COOKIE, clearance).body(body.clone()).send().await?;
    ensure!(sent.status() == 200 && sent.bytes().await? == body, "the body has changed");

    let chunked = format!(
        "POST /account/upload HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: {AGENT}\r\n\
         Cookie: {clearance}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
    );
    let passed = edge.raw(&chunked, "body").await?;
    ensure!(passed.starts_with("HTTP/1.1 200 ") && passed.contains("body"), "{passed:?}");

    let socket = |cookie: &str| {
        format!(
            "GET /account/socket HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: {AGENT}\r\n\
             Cookie: {cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
    };
    let refused = edge.raw(&socket(""), "}").await?;
    ensure!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    let passed = edge.raw(&socket(clearance), "\u{2}hi").await?;
    ensure!(passed.starts_with("HTTP/1.1 101 ") && passed.contains("\u{2}hi"), "{passed:?}");
    Ok(())
}

async fn what_the_application_says_is_passed_on(edge: &Edge) -> Result<()> {
    let moved = edge.page("shop.example", "/moved", "").await?;
    ensure!(moved.status() == 302 && moved.headers()[LOCATION] == "/elsewhere", "{moved:?}");
    for (path, status) in [("/missing", 404), ("/broken", 500)] {
        let answer = edge.page("shop.example", path, "").await?;
        ensure!(answer.status() == status, "{answer:?}");
        ensure!(answer.json::<Seen>().await?.url == path);
    }
    let set = edge.page("shop.example", "/", "").await?;
    let all: Vec<_> = set.headers().get_all(SET_COOKIE).iter().collect();
    ensure!(all == ["a=1; Path=/", "b=2; Path=/; HttpOnly"], "{set:?}");
    let head = edge.ask(Method::HEAD, "shop.example", "/").send().await?;
    ensure!(head.status() == 200, "{head:?}");
    Ok(())
}

async fn a_path_is_checked_as_it_is_passed_on(edge: &Edge, clearance: &str) -> Result<()> {
    let asked = |path: &str, cookie: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: {AGENT}\r\n\
             Cookie: {cookie}\r\nConnection: close\r\n\r\n"
        )
    };
    let spellings = [
        "/account/y#/../../x",
        "/x/../account/y",
        "/x\\..\\account/y",
        "/%61ccount/y",
        "/x/%2e%2E/account/y",
        "//account/y",
    ];
    for path in spellings {
        let refused = edge.raw(&asked(path, ""), "}").await?;
        ensure!(refused.starts_with("HTTP/1.1 403 "), "{path}: {refused}");
        let passed = edge.raw(&asked(path, clearance), "}").await?;
        ensure!(passed.starts_with("HTTP/1.1 200 "), "{path}: {passed}");
        ensure!(passed.contains(r#""munjigi-level","worked""#), "{path}: {passed}");
    }
    Ok(())
}

async fn what_cannot_be_checked_is_closed_unless_told_otherwise(edge: &Edge) -> Result<()> {
    let paused = edge.page("paused.example", "/account/x", "").await?;
    ensure!(paused.json::<Seen>().await?.all(headers::LEVEL) == ["none"]);
    for path in ["/", "/account/x"] {
        let closed = edge.page("closed.example", path, "").await?;
        ensure!(closed.status() == 503, "{closed:?}");
        ensure!(closed.json::<Problem>().await?.code.as_str() == "unavailable");
        let open = edge.page("open.example", path, "").await?;
        ensure!(open.json::<Seen>().await?.all(headers::LEVEL) == ["none"]);
        let unknown = edge.page("unknown.example", path, "").await?;
        ensure!(unknown.json::<Problem>().await?.code.as_str() == "unknown-sitekey");
    }
    Ok(())
}

async fn a_wrong_variable_opens_nothing(edge: &Edge) -> Result<()> {
    for host in ["shop.example", "other.example"] {
        for path in ["/", "/account/x"] {
            let closed = edge.page(host, path, "").await?;
            ensure!(closed.status() == 403, "{closed:?}");
            let code = closed.json::<Problem>().await?.code;
            ensure!(code.as_str() == "clearance-misconfigured", "{code:?}");
        }
        // Other sites go on.
        ensure!(edge.page(host, "/health", "").await?.status() == 200);
    }
    Ok(())
}
