//! `munjigi-native`: attempts without a browser, by a program that solves with
//! our crate. An honest one says what it is and reports no signals; a forger
//! uses what a person's browser sent; a fleet comes from many networks with one
//! browser's name. It reaches this machine's own loopback and nothing else.

use std::net::{SocketAddr, SocketAddrV4};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use hyper::Method;
use munjigi_protocol::{
    ChallengeReply, ChallengeRequest, Signals, SolutionReply, SolutionRequest, routes,
};
use munjigi_tests::client::{Connection, challenge_request, solution_request};
use serde::Deserialize;

/// Makes one attempt, or those of a fleet, and prints the tokens.
#[derive(Parser)]
struct Arguments {
    /// Address of the edge, such as 127.0.0.1:8787.
    #[arg(long)]
    edge: SocketAddrV4,
    /// The site's key.
    #[arg(long)]
    sitekey: String,
    /// A host name of the site.
    #[arg(long, default_value = "localhost")]
    hostname: String,
    /// Uses what a person's browser sent, which it reads from standard input.
    #[arg(long)]
    forge: Option<Forgery>,
    /// Makes this many attempts, each from a network of its own, all with the
    /// name of a browser that people do not use.
    #[arg(long, conflicts_with = "forge")]
    fleet: Option<u16>,
}

/// What a forger makes of what a person's browser sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Forgery {
    /// Repeats it word for word.
    Repeat,
    /// Makes up what the checks found, for its own challenge.
    Recompute,
    /// Leaves out what the checks found.
    Omit,
}

impl Forgery {
    /// The signals to send, where an honest widget's would be `own`.
    fn of(self, recorded: Signals, own: Signals) -> Signals {
        match self {
            Self::Repeat => recorded,
            Self::Recompute => Signals { agreement: own.agreement, ..recorded },
            Self::Omit => Signals { agreement: None, ..recorded },
        }
    }
}

/// What one attempt in a browser sent.
#[derive(Deserialize)]
struct Recording {
    challenge: Sent<ChallengeRequest>,
    solutions: Vec<Sent<SolutionRequest>>,
}

/// One request, its headers in the browser's order.
#[derive(Deserialize)]
struct Sent<T> {
    headers: Vec<(String, String)>,
    body: T,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.edge.ip().is_loopback(), "{} is not this machine", arguments.edge);
    if let Some(size) = arguments.fleet {
        for number in 0..size {
            println!("{}", of_a_fleet(&arguments, number).await?);
        }
    } else {
        println!("{}", alone(&arguments).await?);
    }
    Ok(())
}

/// One attempt of a program that is honest or forges.
async fn alone(arguments: &Arguments) -> Result<String> {
    let recording: Option<Recording> = if arguments.forge.is_some() {
        Some(serde_json::from_reader(std::io::stdin()).context("read the recording")?)
    } else {
        None
    };
    let honest = headers(concat!("munjigi-native/", env!("CARGO_PKG_VERSION")));
    let (headers, request) = match &recording {
        Some(Recording { challenge, .. }) => (&challenge.headers, challenge.body.clone()),
        None => (&honest, challenge_request(&arguments.sitekey, &arguments.hostname)),
    };
    let mut challenge: ChallengeReply =
        post(arguments.edge, routes::CHALLENGES.path, headers, &request).await?;
    for step in 0.. {
        // More puzzles than the person had are answered like the last of theirs.
        let sent = recording
            .as_ref()
            .and_then(|recording| recording.solutions.get(step).or(recording.solutions.last()));
        let solution = solve(challenge, arguments.forge.zip(sent)).await?;
        let headers = sent.map_or(&honest, |sent| &sent.headers);
        let reply = post(arguments.edge, routes::SOLUTIONS.path, headers, &solution).await?;
        challenge = match reply {
            SolutionReply::Passed { token, .. } => return Ok(token),
            SolutionReply::Next(next) => next,
        };
    }
    unreachable!("there is always another step")
}

/// One attempt of a fleet, which says what a widget says.
async fn of_a_fleet(arguments: &Arguments, number: u16) -> Result<String> {
    let [high, low] = number.to_be_bytes();
    let mut headers = headers("Mozilla/5.0 (X11; Linux x86_64) HappyBrowser/9.1");
    headers.push(("accept-language".to_owned(), "en".to_owned()));
    headers.push(("cf-connecting-ip".to_owned(), format!("20.{high}.{low}.7")));
    let request = challenge_request(&arguments.sitekey, &arguments.hostname);
    let mut challenge = post(arguments.edge, routes::CHALLENGES.path, &headers, &request).await?;
    loop {
        let solution = solution_request(&challenge)?;
        let reply = post(arguments.edge, routes::SOLUTIONS.path, &headers, &solution).await?;
        challenge = match reply {
            SolutionReply::Passed { token, .. } => return Ok(token),
            SolutionReply::Next(next) => next,
        };
    }
}

fn headers(agent: &str) -> Vec<(String, String)> {
    vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("user-agent".to_owned(), agent.to_owned()),
    ]
}

/// Solves a puzzle, and takes no less time than the signals claim.
async fn solve(
    challenge: ChallengeReply,
    forged: Option<(Forgery, &Sent<SolutionRequest>)>,
) -> Result<SolutionRequest> {
    let claimed = forged.and_then(|(_, sent)| sent.body.signals.solve_ms);
    let claimed = Duration::from_millis(claimed.unwrap_or(0).into());
    let solving = tokio::task::spawn_blocking(move || solution_request(&challenge));
    let (solved, ()) = tokio::join!(solving, tokio::time::sleep(claimed));
    let solved = solved??;
    let signals = forged.map(|(forgery, sent)| forgery.of(sent.body.signals, solved.signals));
    Ok(SolutionRequest { signals: signals.unwrap_or_default(), ..solved })
}

/// Each request has a connection of its own: a server closes one that waits for
/// a puzzle.
async fn post<T: serde::de::DeserializeOwned>(
    edge: SocketAddrV4,
    path: &str,
    headers: &[(String, String)],
    body: &impl serde::Serialize,
) -> Result<T> {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let body = serde_json::to_vec(body)?;
    let mut connection = Connection::open(&SocketAddr::V4(edge).to_string()).await?;
    Ok(connection.send(Method::POST, path, &headers, body).await?.json()?)
}
