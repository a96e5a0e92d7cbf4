//! What isolates know of each other: an attack costs the same through one as
//! through eight, a fleet is recognised, and a meter that fails costs no one
//! anything.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use munjigi_protocol::{AlgorithmName, ChallengeReply, SolutionReply, Step, routes};
use munjigi_tests::client::{Connection, challenge_request};
use munjigi_tests::stage::{self, CHEAP, network};
use munjigi_tools::stack::{Site, Stack, Variant};
use munjigi_tools::workerd::MeterFault;

fn work(challenge: &ChallengeReply) -> Result<u64> {
    let Step::Puzzle(puzzle) = &challenge.step else { anyhow::bail!("not a puzzle") };
    Ok(puzzle.work * u64::from(puzzle.count))
}

/// Visitors through every worker of a stack, in turn.
struct Visits {
    site: Site,
    edges: Vec<Connection>,
    next: usize,
}

impl Visits {
    /// Visitors to the stack's site.
    async fn to(stack: &Stack) -> Result<Self> {
        Self::to_site(stack, stack.site.clone()).await
    }

    /// Visitors to a site whose puzzles cost so little that thousands of them can
    /// be solved here: what is asked for is told as a multiple of it.
    async fn to_cheap_site(stack: &Stack) -> Result<Self> {
        let site = stage::site(stack, &CHEAP, "[]").await?;
        Self::to_site(stack, site).await
    }

    async fn to_site(stack: &Stack, site: Site) -> Result<Self> {
        let mut edges = Vec::new();
        for url in stack.edge.urls() {
            edges.push(Connection::open(&url).await?);
        }
        Ok(Self { site, edges, next: 0 })
    }

    /// The work that a visit is asked for.
    async fn from(&mut self, address: &str, agent: &str) -> Result<u64> {
        self.next = (self.next + 1) % self.edges.len();
        let edge = self.edges.get_mut(self.next).context("no edge")?;
        let headers = [("cf-connecting-ip", address), ("user-agent", agent)];
        work(&edge.challenge(&self.site.sitekey, &self.site.hostname, &headers).await?)
    }

    /// The work of a visit that solves whatever it is asked for.
    async fn pass(&mut self, address: &str, agent: &str) -> Result<u64> {
        self.next = (self.next + 1) % self.edges.len();
        let edge = self.edges.get_mut(self.next).context("no edge")?;
        let headers = [("cf-connecting-ip", address), ("user-agent", agent)];
        let mut challenge =
            edge.challenge(&self.site.sitekey, &self.site.hostname, &headers).await?;
        let mut paid = work(&challenge)?;
        loop {
            match edge.solve(&challenge, &headers).await? {
                SolutionReply::Passed { .. } => return Ok(paid),
                SolutionReply::Next(next) => challenge = next,
            }
            paid += work(&challenge)?;
        }
    }
}

/// As a multiple of what is asked in calm times, in tenths.
const fn tenths(paid: u64, calm: u64) -> u64 {
    paid * 10 / calm
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0";

/// After 4,000 challenges of a /24, how many times as much as others a new
/// address of it is asked, and one of those that took part, in tenths.
async fn after_four_thousand(stack: &Stack) -> Result<(u64, u64)> {
    let mut visits = Visits::to(stack).await?;
    let calm = visits.from("203.0.113.1", FIREFOX).await?;
    for number in 0..4_000 {
        visits.from(&format!("198.51.100.{}", number % 250), FIREFOX).await?;
    }
    // The isolates report every two seconds, when they have something to say.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        for address in 0..16 {
            visits.from(&format!("198.51.100.{address}"), FIREFOX).await?;
        }
    }
    let (mut light, mut busy) = (Vec::new(), Vec::new());
    for _ in &stack.edge.urls() {
        light.push(visits.from("198.51.100.254", FIREFOX).await?);
        busy.push(visits.from("198.51.100.3", FIREFOX).await?);
    }
    println!("after 4,000: {light:?} from a new address, {busy:?} from a busy one");
    let other = visits.from("203.0.113.1", FIREFOX).await?;
    assert_eq!(other, calm, "another network pays too");
    let light = light.into_iter().max().context("no edge")?;
    let busy = busy.into_iter().min().context("no edge")?;
    Ok((tenths(light, calm), tenths(busy, calm)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_costs_the_same_through_one_isolate_and_through_eight() -> Result<()> {
    let half_life: &[(&str, &str)] = &[("MUNJIGI_COUNTER_HALF_LIFE_SECONDS", "300")];
    let (light, busy) = after_four_thousand(&stage::stack(&[half_life]).await?).await?;
    assert!(light <= 40, "a light neighbour pays {light}");
    assert!(busy >= 100, "an address of the attack pays {busy}");
    let (spread_light, spread) = after_four_thousand(&stage::stack(&[half_life; 8]).await?).await?;
    assert!(spread_light <= 40, "a light neighbour pays {spread_light}");
    assert!(spread * 2 >= busy && spread <= busy * 2, "{spread} through eight, {busy} through one");
    Ok(())
}

/// A person's browser: one of twenty programs.
fn browser(number: u64) -> String {
    format!("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/{}.0", 120 + number % 20)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_of_quiet_networks_pays_as_one_and_people_do_not() -> Result<()> {
    const HALF_LIFE_SECONDS: u64 = 8;
    let half_life: &[(&str, &str)] = &[("MUNJIGI_COUNTER_HALF_LIFE_SECONDS", "8")];
    let mut stack = stage::stack(&[half_life; 2]).await?;
    let mut visits = Visits::to_cheap_site(&stack).await?;
    let calm = visits.from("203.0.113.1", FIREFOX).await?;
    // What is usual becomes known after twelve half-lives that have ended.
    let mut people = 0;
    let begun = tokio::time::Instant::now();
    while begun.elapsed().as_secs() < 15 * HALF_LIFE_SECONDS {
        people += 1;
        visits.pass(&network(10, people), &browser(people)).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A deploy does not forget it.
    stack.restart_edge_with(&[stage::variant(half_life), stage::variant(half_life)]).await?;
    let mut visits = Visits::to_site(&stack, visits.site).await?;
    let fleet = "Mozilla/5.0 (X11; Linux x86_64) HappyBrowser/9.1";
    let (mut paid, mut surcharged) = (Vec::new(), Vec::new());
    let begun = tokio::time::Instant::now();
    for number in 0..1_000 {
        paid.push(tenths(visits.pass(&network(20, number), fleet).await?, calm));
        if number % 3 == 0 {
            people += 1;
            let paid = visits.pass(&network(10, people), &browser(people)).await?;
            surcharged.push(tenths(paid, calm));
        }
    }
    println!("the fleet came within {:?}", begun.elapsed());
    tokio::time::sleep(Duration::from_secs(2)).await;
    for number in 0..60 {
        paid.push(tenths(visits.pass(&network(20, number), fleet).await?, calm));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    surcharged.sort_unstable();
    let p95 = surcharged.get(surcharged.len() * 95 / 100).context("no visitors")?;
    // Twenty one after the other, so that both isolates know it. Which twenty
    // depends on when half-lives end, and so on how fast the machine is.
    let most = paid.windows(20).filter_map(|some| some.iter().min()).max();
    let most = most.context("no fleet")?;
    println!("{people} people, p95 {p95}; twenty of the fleet at least {most}");
    assert!(surcharged.len() >= 300, "{}", surcharged.len());
    assert!(*most >= 100, "{most}: {paid:?}");
    assert!(*p95 <= 20, "{p95}");
    Ok(())
}

/// An attacker who requests challenges with a browser's headers and solves none
/// of them costs that browser's users nothing, and no one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_one_solves_costs_the_users_of_a_browser_nothing() -> Result<()> {
    let stack = stage::stack(&[&[], &[]]).await?;
    let mut visits = Visits::to(&stack).await?;
    let calm = visits.from("203.0.113.1", FIREFOX).await?;
    for number in 0..1_536 {
        visits.from(&network(20, number), FIREFOX).await?;
        if number % 100 == 0 {
            let other = format!("Mozilla/5.0 (X11; Linux x86_64) Random/{number}");
            visits.from(&network(30, number), &other).await?;
        }
    }
    // The isolates report every two seconds, when they have something to say.
    for second in 0..6 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let address = format!("203.0.113.{}", 10 + second);
        assert_eq!(visits.from(&address, FIREFOX).await?, calm, "asked for more than before");
    }
    let edge = visits.edges.first_mut().context("no edge")?;
    let mut request = challenge_request(&visits.site.sitekey, &visits.site.hostname);
    request.algorithms = vec![AlgorithmName::Sha256];
    let headers = [("cf-connecting-ip", "203.0.113.40"), ("user-agent", FIREFOX)];
    edge.post_json(routes::CHALLENGES.path, &headers, &request).await?.json::<ChallengeReply>()?;
    Ok(())
}

/// A site that expects a thousand visitors an hour is not flooded by requests,
/// and is by as many solutions.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_solved_floods_a_site() -> Result<()> {
    let stack = stage::stack(&[&[], &[]]).await?;
    let site = stage::site(&stack, &CHEAP, "[]").await?;
    stage::publish(&stack, &site, |config| config.expected = vec![1_000; 168]).await?;
    let mut visits = Visits::to_site(&stack, site).await?;
    let calm = visits.from("203.0.113.1", FIREFOX).await?;
    // Twice what is expected stands at 256; with 900, a newcomer pays 3.5 times.
    for number in 0..900 {
        visits.from(&network(20, number % 60), &browser(number)).await?;
    }
    wait_for_reports(&mut visits).await?;
    assert_eq!(visits.from("203.0.113.2", FIREFOX).await?, calm, "requests flood a site");
    let edge = visits.edges.first_mut().context("no edge")?;
    let mut request = challenge_request(&visits.site.sitekey, &visits.site.hostname);
    request.algorithms = vec![AlgorithmName::Sha256];
    let headers = [("cf-connecting-ip", "203.0.113.40"), ("user-agent", FIREFOX)];
    edge.post_json(routes::CHALLENGES.path, &headers, &request).await?.json::<ChallengeReply>()?;
    for number in 0..900 {
        visits.pass(&network(30, number), &browser(number)).await?;
    }
    // A loaded machine may be late with a report, and half of them are 1.7 times.
    let mut newcomers = Vec::new();
    while newcomers.len() < 20 {
        wait_for_reports(&mut visits).await?;
        let address = format!("203.0.113.{}", 100 + newcomers.len());
        newcomers.push(tenths(visits.from(&address, FIREFOX).await?, calm));
        if newcomers.last() >= Some(&20) {
            break;
        }
    }
    println!("newcomers pay {newcomers:?} tenths when as much is solved");
    assert!(newcomers.last().is_some_and(|last| (20..=35).contains(last)), "{newcomers:?}");
    Ok(())
}

/// Isolates report every two seconds, when they have something to say.
async fn wait_for_reports(visits: &mut Visits) -> Result<()> {
    for number in 0..6 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        visits.pass(&network(40, number), &browser(number)).await?;
    }
    Ok(())
}

/// The attacker's networks have nothing in common but the hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_with_software_like_peoples_pays_and_earlier_visitors_do_not() -> Result<()> {
    const HALF_LIFE_SECONDS: u64 = 12;
    /// How many visits of the flood there are to one of people, on a machine of any speed.
    const TIMES: u32 = 22;
    let half_life: &[(&str, &str)] = &[("MUNJIGI_COUNTER_HALF_LIFE_SECONDS", "12")];
    let stack = stage::stack(&[half_life; 2]).await?;
    let mut visits = Visits::to_cheap_site(&stack).await?;
    let calm = visits.from("203.0.113.1", FIREFOX).await?;
    let (mut people, mut regulars) = (0, 0);
    let begun = tokio::time::Instant::now();
    while begun.elapsed().as_secs() < 7 * HALF_LIFE_SECONDS {
        people += 1;
        let comes = tokio::time::Instant::now();
        visits.pass(&network(10, people), &browser(people)).await?;
        let pause = comes.elapsed() * TIMES;
        // They pass at least two half-lives before the flood.
        if people % 5 == 0 && begun.elapsed().as_secs() < 4 * HALF_LIFE_SECONDS {
            regulars += 1;
            visits.pass(&network(30, regulars), &browser(regulars)).await?;
        }
        tokio::time::sleep(pause.min(Duration::from_millis(600))).await;
    }
    // In tenths of what is asked in calm times.
    let mut paid = Vec::new();
    let begun = tokio::time::Instant::now();
    let mut flood = 0;
    // A loaded machine needs longer for as many visits, which two half-lives more
    // allow it.
    let is_low = |paid: &[u64]| {
        let mut last = paid.get(paid.len().saturating_sub(200)..).unwrap_or_default().to_vec();
        last.sort_unstable();
        last.get(100).is_none_or(|median| *median < 55)
    };
    while begun.elapsed().as_secs() < 2 * HALF_LIFE_SECONDS
        || (begun.elapsed().as_secs() < 4 * HALF_LIFE_SECONDS && is_low(&paid))
    {
        flood += 1;
        let address = network(20, flood % 1_000);
        paid.push(tenths(visits.pass(&address, &browser(flood)).await?, calm));
    }
    let mut last = paid.split_off(paid.len() - 200);
    last.sort_unstable();
    let (lowest, median) = (last[0], last[100]);
    let mut surcharged = Vec::new();
    for number in 1..=regulars {
        let address = network(30, number);
        surcharged.push(tenths(visits.pass(&address, &browser(number)).await?, calm));
    }
    let newcomer = tenths(visits.from("198.51.100.1", FIREFOX).await?, calm);
    println!(
        "{people} people, {flood} visits of the flood: the last at least {lowest}, median {median}; \
         a newcomer {newcomer}; visitors who passed before {surcharged:?}"
    );
    // The origin hears of it, so that the owner can be told.
    let records = stage::records(&stack)?;
    let flooded =
        "SELECT coalesce(sum(count), 0)::bigint FROM minute_counts WHERE kind = 'flooded'";
    let mut told = 0;
    for _ in 0..60 {
        told = records.number(flooded).await?;
        if told >= 1_000 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(told >= 1_000, "{told}");
    assert!(median >= 50, "{last:?}");
    assert!(newcomer <= 35, "{newcomer}");
    assert!(surcharged.iter().all(|paid| *paid <= 15), "{surcharged:?}");
    Ok(())
}

/// Rates and answers are those of isolates that know only themselves.
#[tokio::test(flavor = "multi_thread")]
async fn a_meter_that_fails_is_not_noticed() -> Result<()> {
    let mut stack = stage::stack(&[]).await?;
    let mut asked = Vec::new();
    for meter_fault in [
        MeterFault::None,
        MeterFault::Absent,
        MeterFault::Killed,
        MeterFault::Hangs,
        MeterFault::Garbage,
    ] {
        let variant = Variant { meter_fault, ..stage::variant(&[]) };
        stack.restart_edge_with(&[variant]).await?;
        let mut visits = Visits::to(&stack).await?;
        let calm = visits.from("203.0.113.1", FIREFOX).await?;
        for _ in 0..100 {
            visits.from("198.51.100.1", FIREFOX).await?;
        }
        // Longer than the interval of reports.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let dear = visits.from("198.51.100.1", FIREFOX).await?;
        asked.push(tenths(dear, calm));
        assert_eq!(visits.from("203.0.113.2", FIREFOX).await?, calm);
        let token = stage::token(&stack.edge.url(), &stack.site).await?;
        assert!(stage::verify(&stack.edge.url(), &stack.site, &token).await?.success);
    }
    // A tick of decay may fall between two of them.
    println!("after 100 challenges, by fault: {asked:?}");
    assert!(
        asked.iter().all(|factor| *factor >= 60 && factor.abs_diff(asked[0]) <= 5),
        "{asked:?}"
    );
    Ok(())
}

/// Asks for challenges until 100 were refused; returns how many calls it took.
async fn refused_often(address: &str, stack: &Stack) -> Result<u32> {
    let mut visits = Visits::to(stack).await?;
    let (mut calls, mut refused) = (0, 0);
    while refused < 100 {
        ensure!(calls < 2_000, "{address} was refused {refused} times in {calls} calls");
        refused += u32::from(visits.from(address, FIREFOX).await.is_err());
        calls += 1;
    }
    Ok(calls)
}

/// A phone behind a carrier's address translation cannot make its neighbours
/// pay, nor have them refused; not even those behind the same address.
#[tokio::test(flavor = "multi_thread")]
async fn one_noisy_address_costs_its_neighbours_nothing() -> Result<()> {
    let stack = stage::stack(&[&[], &[]]).await?;
    let mut visits = Visits::to(&stack).await?;
    let calm = visits.from("203.0.113.1", FIREFOX).await?;
    // Several at once: what a minute admits comes again, so a machine that is busy
    // with something else would never be refused.
    let noise = || refused_often("198.51.100.1", &stack);
    let calls: [u32; 4] = tokio::try_join!(noise(), noise(), noise(), noise())?.into();
    println!("the noisy address was refused 400 times in {calls:?} calls");
    for number in 0..10 {
        let paid = visits.from("198.51.100.1", &browser(number)).await?;
        assert!(paid <= 4 * calm, "behind the same address, {paid} instead of {calm}");
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for address in 2..50 {
            let paid = visits.from(&format!("198.51.100.{address}"), FIREFOX).await?;
            assert!(paid <= 4 * calm, "a neighbour pays {paid} instead of {calm}");
        }
    }
    Ok(())
}
