//! `munjigi-spread`: attacks that share something with people, over the wire, on
//! sites made a minute before; prints what both paid as JSON.
//!
//! Puzzles of these sites cost next to nothing, so that a few cores can solve
//! them: what is told is a multiple of the floor.

use std::net::Ipv6Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use munjigi_protocol::{ChallengeReply, SolutionReply, Step};
use munjigi_tests::client::Connection;
use munjigi_tests::stage;
use munjigi_tools::stack::{Site, Stack};
use serde::Serialize;
use tokio::time::Instant;

/// Tries attacks and prints what they and people paid.
#[derive(Parser)]
struct Arguments {
    /// Length of each attack.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Isolates that serve the site.
    #[arg(long, default_value_t = 4)]
    isolates: usize,
    /// Only the attack with this name.
    #[arg(long)]
    only: Option<String>,
}

/// An attack beside four people a second.
#[derive(Clone, Copy)]
struct Attack {
    name: &'static str,
    per_second: u64,
    from: From,
    software: Software,
    solves: bool,
    /// For each attempt, so many challenges with other software from elsewhere
    /// that no one solves.
    decoys: u64,
}

#[derive(Clone, Copy)]
enum From {
    /// A network of its own for each attempt.
    Networks,
    /// The addresses of one /24.
    Network,
    /// A fresh /64 in one of 64 /48s of one IPv6 /32.
    Allocation,
}

#[derive(Clone, Copy)]
enum Software {
    /// One that no one else uses.
    Rare,
    /// Another one each time.
    Random,
    /// A browser of people, by its number.
    Browser(usize),
}

/// Shares of people's browsers in thousandths; the last one stands for forty
/// rare ones.
const BROWSERS: [u64; 12] = [240, 180, 130, 100, 80, 60, 50, 40, 30, 20, 20, 50];

/// The browser that three in a hundred people use.
const THREE_IN_A_HUNDRED: usize = 8;

const RARE: Attack = Attack {
    name: "rare software",
    per_second: 16,
    from: From::Networks,
    software: Software::Rare,
    solves: true,
    decoys: 0,
};

const ATTACKS: [Attack; 8] = [
    Attack {
        name: "a price-out, unsolved",
        per_second: 40,
        software: Software::Browser(THREE_IN_A_HUNDRED),
        solves: false,
        ..RARE
    },
    Attack { name: "a price-out, solved", software: Software::Browser(THREE_IN_A_HUNDRED), ..RARE },
    RARE,
    Attack { name: "rare software beside decoys", decoys: 3, ..RARE },
    Attack { name: "random software", software: Software::Random, ..RARE },
    Attack { name: "random software beside decoys", software: Software::Random, decoys: 3, ..RARE },
    Attack { name: "an IPv6 allocation", from: From::Allocation, ..RARE },
    Attack { name: "one network", from: From::Network, ..RARE },
];

/// What came of an attack, in tenths of the floor.
#[derive(Serialize)]
struct Outcome {
    name: &'static str,
    visits: usize,
    refused: usize,
    /// What the attempts of the last quarter paid: the median and the least.
    attacker: Option<[u64; 2]>,
    people: usize,
    /// What people paid: the median and the 95th percentile.
    paid: [u64; 2],
    /// What those with the browser of three in a hundred were asked at the end,
    /// at most.
    aimed_at: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let none: &[(&str, &str)] = &[];
    let stack = stage::stack(&vec![none; arguments.isolates.max(1)]).await?;
    let mut outcomes = Vec::new();
    for attack in ATTACKS {
        if arguments.only.as_deref().is_none_or(|name| name == attack.name) {
            eprintln!("{}", attack.name);
            outcomes.push(run(&stack, attack, arguments.seconds).await?);
        }
    }
    println!("{}", serde_json::to_string(&outcomes)?);
    Ok(())
}

/// When a visit ended, and what it paid in hashes; `None` if it was refused.
type Paid = (Instant, Option<u64>);

/// Visits of one kind.
#[derive(Clone)]
struct Visits {
    site: Arc<Site>,
    edges: Arc<Vec<String>>,
    paid: Arc<Mutex<Vec<Paid>>>,
}

impl Visits {
    /// Visits through the isolates in turn, without waiting for any.
    fn visit(&self, number: usize, address: String, agent: String, solves: bool) {
        let visits = self.clone();
        tokio::spawn(async move {
            let paid = visits.pay(number, &address, &agent, solves).await.ok();
            if let Ok(mut all) = visits.paid.lock() {
                all.push((Instant::now(), paid));
            }
        });
    }

    async fn pay(&self, number: usize, address: &str, agent: &str, solves: bool) -> Result<u64> {
        let edge = self.edges.get(number % self.edges.len()).context("no edge")?;
        let mut connection = Connection::open(edge).await?;
        let headers = [("cf-connecting-ip", address), ("user-agent", agent)];
        let Site { sitekey, hostname, .. } = &*self.site;
        let mut challenge = connection.challenge(sitekey, hostname, &headers).await?;
        let mut paid = work(&challenge)?;
        if !solves {
            return Ok(paid);
        }
        loop {
            match connection.solve(&challenge, &headers).await? {
                SolutionReply::Passed { .. } => return Ok(paid),
                SolutionReply::Next(next) => challenge = next,
            }
            paid += work(&challenge)?;
        }
    }

    fn sorted(&self, since: Instant, floor: u64) -> Vec<u64> {
        let Ok(all) = self.paid.lock() else { return Vec::new() };
        let paid = all.iter().filter(|(at, _)| *at >= since).filter_map(|(_, paid)| *paid);
        let mut tenths: Vec<u64> = paid.map(|paid| paid * 10 / floor).collect();
        tenths.sort_unstable();
        tenths
    }
}

fn work(challenge: &ChallengeReply) -> Result<u64> {
    let Step::Puzzle(puzzle) = &challenge.step else { anyhow::bail!("not a puzzle") };
    Ok(puzzle.work * u64::from(puzzle.count))
}

fn at(sorted: &[u64], hundredths: usize) -> u64 {
    let last = sorted.len().saturating_sub(1);
    let rank = (sorted.len() * hundredths).div_ceil(100);
    sorted.get(rank.saturating_sub(1).min(last)).copied().unwrap_or_default()
}

async fn run(stack: &Stack, attack: Attack, seconds: u64) -> Result<Outcome> {
    let site = stage::site(stack, &["--work-floor", "10", "--work-ceiling", "1000"], "[]").await?;
    let visits = || Visits {
        site: Arc::new(site.clone()),
        edges: Arc::new(stack.edge.urls()),
        paid: Arc::default(),
    };
    let (attacker, people, others) = (visits(), visits(), visits());
    let floor = others.pay(0, "203.0.113.1", &browser(0, 0), false).await?;
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    // People come evenly, so that a run says the same as the next one.
    let people_come = async {
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        for number in 0.. {
            tick.tick().await;
            if Instant::now() >= end {
                break;
            }
            people.visit(number, network(10, number), persons_browser(number), true);
        }
    };
    let attacker_comes = async {
        let mut tick = tokio::time::interval(Duration::from_millis(1_000 / attack.per_second));
        for number in 0.. {
            tick.tick().await;
            if Instant::now() >= end {
                break;
            }
            let agent = match attack.software {
                Software::Rare => "Mozilla/5.0 (X11; Linux x86_64) HappyBrowser/9.1".to_owned(),
                Software::Random => format!("Mozilla/5.0 (X11; Linux x86_64) {}", word(number)),
                Software::Browser(program) => browser(program, 0),
            };
            attacker.visit(number, attack.from.address(number), agent, attack.solves);
            for decoy in 0..usize::try_from(attack.decoys).unwrap_or_default() {
                let decoy = number * 3 + decoy;
                let agent = format!("Mozilla/5.0 (X11; Linux x86_64) {}", word(decoy + 1_000_000));
                others.visit(decoy, network(60, decoy), agent, false);
            }
        }
    };
    tokio::join!(people_come, attacker_comes);
    // Visits that are still solving have a few seconds.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut aimed_at = 0;
    for number in 0..8 {
        let agent = browser(THREE_IN_A_HUNDRED, 0);
        let address = network(40, number);
        aimed_at = aimed_at.max(others.pay(number, &address, &agent, false).await? * 10 / floor);
    }
    let paid = people.sorted(begun, floor);
    let last = attacker.sorted(begun + Duration::from_secs(seconds * 3 / 4), floor);
    let (all, refused) = attacker.paid.lock().map_or((0, 0), |paid| {
        (paid.len(), paid.iter().filter(|(_, paid)| paid.is_none()).count())
    });
    Ok(Outcome {
        name: attack.name,
        visits: all,
        refused,
        attacker: attack.solves.then(|| [at(&last, 50), at(&last, 0)]),
        people: paid.len(),
        paid: [at(&paid, 50), at(&paid, 95)],
        aimed_at,
    })
}

impl From {
    fn address(self, number: usize) -> String {
        match self {
            Self::Networks => network(20, number),
            Self::Network => format!("198.51.100.{}", number % 256),
            Self::Allocation => {
                let number = u16::try_from(number % 65_536).unwrap_or_default();
                Ipv6Addr::new(0x2001, 0xdb8, number % 64, number / 64, 0, 0, 0, 1).to_string()
            }
        }
    }
}

/// An address in a network of its own.
fn network(first: u8, number: usize) -> String {
    format!("{first}.{}.{}.7", number / 250 % 250, number % 250)
}

/// A word of letters: numbers after a dot are taken for minor versions.
fn word(number: usize) -> String {
    number
        .to_string()
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .chain("Browser".chars())
        .collect()
}

fn browser(program: usize, rare: usize) -> String {
    format!(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 {}{}/1",
        word(program),
        word(rare)
    )
}

/// The browser of the person with this number: as often as it is used.
fn persons_browser(number: usize) -> String {
    // A step that shares no factor with a thousand visits all shares in turn.
    let mut share = u64::try_from(number).unwrap_or_default() * 377 % 1_000;
    for (program, of) in BROWSERS.into_iter().enumerate() {
        if share < of {
            let rare = if program + 1 == BROWSERS.len() { number % 40 } else { 0 };
            return browser(program, rare);
        }
        share -= of;
    }
    browser(0, 0)
}
