//! `munjigi-load`: loads one call of an edge, or one path of any server, and
//! prints the successes as JSON.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::{Parser, Subcommand};
use hyper::Method;
use munjigi_protocol::{SolutionReply, routes};
use munjigi_tests::client::{CallError, Connection, challenge_request, solution_request};
use munjigi_tests::load::{Bounds, Report, run};

/// Loads one call and prints what succeeded.
#[derive(Parser)]
struct Arguments {
    /// Address of the server, such as <http://127.0.0.1:8787>.
    #[arg(long)]
    base: String,
    /// Parallel connections.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Length of the measured part.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// At most so many calls, and so many things prepared for them.
    #[arg(long, default_value_t = 20_000)]
    calls: usize,
    /// Calls that begin each second, however long they take; otherwise as many
    /// as are answered.
    #[arg(long)]
    per_second: Option<f64>,
    #[command(subcommand)]
    call: What,
}

#[derive(Subcommand)]
enum What {
    /// Asks for challenges.
    Challenge(Site),
    /// Asks for challenges, each from an address of its own.
    Visits(Site),
    /// Whole visits: frame, challenge, solution and siteverify, from addresses
    /// in `X-Forwarded-For` that come again.
    Passes(Site),
    /// Hands in solutions of challenges prepared beforehand.
    Solution(Site),
    /// Spends tokens prepared beforehand, each once.
    Siteverify(Site),
    /// Gets a path and expects a 200.
    Get {
        /// The path.
        path: String,
    },
    /// Posts lines of a file, one per call, to a path, and expects a 200 whose
    /// body contains a text.
    Post {
        /// The path.
        path: String,
        /// The file with one body per line.
        #[arg(long)]
        bodies: std::path::PathBuf,
        /// Content type of the bodies.
        #[arg(long, default_value = "application/json")]
        content_type: String,
        /// Text that a success contains.
        #[arg(long, default_value = "")]
        contains: String,
    },
}

/// A site made for load: one whose puzzles cost nothing and that no limit stops.
#[derive(clap::Args, Clone)]
struct Site {
    /// Its sitekey.
    #[arg(long)]
    sitekey: String,
    /// Its secret; needed for siteverify.
    #[arg(long, default_value = "")]
    secret: String,
    /// A host name of it.
    #[arg(long, default_value = "localhost")]
    hostname: String,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let report = measure(&arguments).await?;
    println!("{}", serde_json::to_string(&report)?);
    if report.failures > 0 || report.successes == 0 {
        std::process::exit(1);
    }
    Ok(())
}

async fn measure(arguments: &Arguments) -> Result<Report, Box<dyn std::error::Error>> {
    let bounds = Bounds {
        connections: arguments.connections,
        duration: Duration::from_secs(arguments.seconds),
        calls: arguments.calls,
        per_second: arguments.per_second,
    };
    let base = &arguments.base;
    let json = [("content-type", "application/json")];
    let report = match &arguments.call {
        What::Challenge(site) => {
            let body = serde_json::to_vec(&challenge_request(&site.sitekey, &site.hostname))?;
            let bounds = Bounds { calls: usize::MAX, ..bounds };
            post(
                base,
                "challenge",
                bounds,
                routes::CHALLENGES.path,
                json,
                "\"puzzle\"",
                move |_| body.clone(),
            )
            .await?
        }
        What::Visits(site) => {
            let body = serde_json::to_vec(&challenge_request(&site.sitekey, &site.hostname))?;
            let bounds = Bounds { calls: usize::MAX, ..bounds };
            run("visits", base, bounds, move |connection, number| {
                let body = body.clone();
                Box::pin(async move {
                    let address = address(number);
                    let headers =
                        [("content-type", "application/json"), ("cf-connecting-ip", &address)];
                    let path = routes::CHALLENGES.path;
                    let answer = connection.send(Method::POST, path, &headers, body).await?;
                    wanted(answer.status.as_u16(), &answer.body, "\"puzzle\"")
                })
            })
            .await?
        }
        What::Passes(site) => {
            let bounds = Bounds { calls: usize::MAX, ..bounds };
            let site = site.clone();
            run("passes", base, bounds, move |connection, number| {
                let site = site.clone();
                Box::pin(async move { pass(connection, &site, number).await })
            })
            .await?
        }
        What::Solution(site) => {
            let bodies = solutions(base, site, bounds).await?;
            let bounds = Bounds { calls: bodies.len(), ..bounds };
            let path = routes::SOLUTIONS.path;
            post(base, "solution", bounds, path, json, "\"passed\"", pick(bodies)).await?
        }
        What::Siteverify(site) => {
            let tokens = tokens(base, site, bounds).await?;
            let bodies: Vec<Vec<u8>> = tokens
                .iter()
                .map(|token| format!("secret={}&response={token}", site.secret).into_bytes())
                .collect();
            let bounds = Bounds { calls: bodies.len(), ..bounds };
            let form = [("content-type", "application/x-www-form-urlencoded")];
            let path = routes::SITEVERIFY.path;
            post(base, "siteverify", bounds, path, form, "\"success\":true", pick(bodies)).await?
        }
        What::Get { path } => {
            let path = path.clone();
            let bounds = Bounds { calls: usize::MAX, ..bounds };
            run("get", base, bounds, move |connection, _| {
                let path = path.clone();
                Box::pin(async move {
                    let answer = connection.send(Method::GET, &path, &[], "").await?;
                    wanted(answer.status.as_u16(), &answer.body, "")
                })
            })
            .await?
        }
        What::Post { path, bodies, content_type, contains } => {
            let lines: Vec<Vec<u8>> = std::fs::read_to_string(bodies)?
                .lines()
                .map(|line| line.as_bytes().to_vec())
                .collect();
            let bounds = Bounds { calls: lines.len().min(bounds.calls), ..bounds };
            let headers = [("content-type", content_type.as_str())];
            post(base, path, bounds, path, headers, contains, pick(lines)).await?
        }
    };
    Ok(report)
}

/// Addresses of those who come again: fewer than any table of a gate has room
/// for, so that what grows is a leak.
const ADDRESSES: usize = 2_000;

/// One of 16 million addresses; neighbours in time are in different networks.
fn address(number: usize) -> String {
    let [.., third, second, first] = number.to_be_bytes();
    format!("10.{first}.{second}.{third}")
}

fn pick(bodies: Vec<Vec<u8>>) -> impl Fn(usize) -> Vec<u8> + Clone + Send + 'static {
    let bodies = Arc::new(bodies);
    move |number| bodies.get(number).cloned().unwrap_or_default()
}

async fn post(
    base: &str,
    name: &str,
    bounds: Bounds,
    path: &str,
    headers: [(&str, &str); 1],
    contains: &str,
    body: impl Fn(usize) -> Vec<u8> + Clone + Send + 'static,
) -> Result<Report, CallError> {
    let [(header, value)] = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (path, contains) = (path.to_owned(), contains.to_owned());
    run(name, base, bounds, move |connection, number| {
        let (body, path, contains) = (body(number), path.clone(), contains.clone());
        let (header, value) = (header.clone(), value.clone());
        Box::pin(async move {
            let headers = [(header.as_str(), value.as_str())];
            let answer = connection.send(Method::POST, &path, &headers, body).await?;
            wanted(answer.status.as_u16(), &answer.body, &contains)
        })
    })
    .await
}

fn wanted(status: u16, body: &[u8], contains: &str) -> Result<(), CallError> {
    let text = String::from_utf8_lossy(body);
    if status == 200 && text.contains(contains) {
        Ok(())
    } else {
        Err(CallError::Body(format!("{status} {text}")))
    }
}

/// Bounds for what is prepared: as fast as can be, until it is complete.
const fn prepared(bounds: Bounds) -> Bounds {
    Bounds { duration: Duration::from_mins(10), per_second: None, ..bounds }
}

/// A visitor's way from the widget to the verified form.
async fn pass(connection: &mut Connection, site: &Site, number: usize) -> Result<(), CallError> {
    let address = address(number % ADDRESSES);
    let client = [("x-forwarded-for", address.as_str())];
    let referer = format!("http://{}/", site.hostname);
    let frame = [client[0], ("referer", referer.as_str())];
    let path = format!("/v1/frame/{}", site.sitekey);
    let answer = connection.send(Method::GET, &path, &frame, "").await?;
    wanted(answer.status.as_u16(), &answer.body, "<html")?;
    let token = connection.token(&site.sitekey, &site.hostname, &client).await?;
    let reply = connection.siteverify(&site.secret, &token, &client).await?;
    if reply.success { Ok(()) } else { Err(CallError::Body(format!("{reply:?}"))) }
}

/// Prepares solutions of distinct challenges.
async fn solutions(
    base: &str,
    site: &Site,
    bounds: Bounds,
) -> Result<Vec<Vec<u8>>, Box<dyn std::error::Error>> {
    let made = Arc::new(Mutex::new(Vec::new()));
    let (site, keep) = (site.clone(), Arc::clone(&made));
    let unbounded = prepared(bounds);
    let report = run("prepare solutions", base, unbounded, move |connection, _| {
        let (site, keep) = (site.clone(), Arc::clone(&keep));
        Box::pin(async move {
            let challenge = connection.challenge(&site.sitekey, &site.hostname, &[]).await?;
            let body = serde_json::to_vec(&solution_request(&challenge)?)
                .map_err(|why| CallError::Body(why.to_string()))?;
            keep.lock().map_err(|why| CallError::Body(why.to_string()))?.push(body);
            Ok(())
        })
    })
    .await?;
    complete(&report)?;
    let made = made.lock().map_err(|why| why.to_string())?;
    Ok(made.clone())
}

/// Prepares distinct tokens.
async fn tokens(
    base: &str,
    site: &Site,
    bounds: Bounds,
) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let made = Arc::new(Mutex::new(Vec::new()));
    let bodies = pick(solutions(base, site, bounds).await?);
    let keep = Arc::clone(&made);
    let unbounded = prepared(bounds);
    let report = run("prepare tokens", base, unbounded, move |connection, number| {
        let (body, keep) = (bodies(number), Arc::clone(&keep));
        Box::pin(async move {
            let json = [("content-type", "application/json")];
            let answer = connection.send(Method::POST, routes::SOLUTIONS.path, &json, body).await?;
            match answer.json::<SolutionReply>()? {
                SolutionReply::Passed { token, .. } => {
                    keep.lock().map_err(|why| CallError::Body(why.to_string()))?.push(token);
                    Ok(())
                }
                SolutionReply::Next(_) => Err(CallError::Body("more work was asked".to_owned())),
            }
        })
    })
    .await?;
    complete(&report)?;
    let made = made.lock().map_err(|why| why.to_string())?;
    Ok(made.clone())
}

fn complete(report: &Report) -> Result<(), String> {
    match &report.first_failure {
        None => Ok(()),
        Some(why) => Err(format!("{}: {} failed, first: {why}", report.call, report.failures)),
    }
}
