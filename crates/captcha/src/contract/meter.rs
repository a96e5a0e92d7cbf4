//! The contract of every meter.

use core::ops::AsyncFn;

use munjigi_counters::{
    Flooded, Kind, MAX_BUSY, MAX_BUSY_SHARED, MAX_ROWS, Passes, Payer, Regulars, Report, Row,
    Share, Solution, Total, Usual,
};
use munjigi_keys::UnixMillis;

use super::together;
use crate::ports::Meter;

/// Runs every clause, each on a fresh meter of processes whose counters have a
/// half-life of 300 s; `now` is the meter's time, give or take seconds.
///
/// # Panics
/// Panics on the first clause that does not hold.
pub async fn meter<M: Meter>(fresh: impl AsyncFn() -> M, now: UnixMillis) {
    has_parts(fresh().await).await;
    adds_what_all_report(fresh().await).await;
    adds_every_report_under_contention(fresh().await).await;
    counts_a_solution_once(fresh().await).await;
    joins_what_all_have_seen(fresh().await).await;
    keeps_names_and_kinds_apart(fresh().await).await;
    knows_what_is_usual_of_few_kinds(fresh().await).await;
    tells_what_is_busy(fresh().await).await;
    keeps_room_for_sites_that_cost_more(fresh().await).await;
    says_who_passed_where_that_is_news(fresh().await, now).await;
    survives_what_is_no_report(fresh().await).await;
}

async fn has_parts<M: Meter>(meter: M) {
    assert!(meter.parts() > 0);
    for part in 0..meter.parts() {
        let report = Report { part, ..Report::default() };
        assert!(meter.report(&report).await.expect("the meter answers").rows.is_empty());
    }
}

async fn adds_what_all_report<M: Meter>(meter: M) {
    for (times, issued) in [(1, 5), (2, 10)] {
        let total = told(&meter, row(Kind::Address, 1)).await;
        assert_eq!((total.issued, total.solved, total.failed), (issued, times * 3, times));
    }
    // What many people share counts what was solved alone, each by its name.
    let ignored = row(Kind::Site, 7);
    let total = told(&meter, ignored).await;
    assert_eq!((total.issued, total.solved, total.failed), (0, 0, 0));
    for (event, payer) in [(1, Payer::Newcomer), (2, Payer::Charged), (3, Payer::Regular)] {
        solved(&meter, Kind::Site, 7, [(event, event << 60, payer)]).await;
    }
    let total = told(&meter, Row::of(Kind::Site, 7)).await;
    assert_eq!((total.solved, total.charged, total.regular), (3, 1, 1));
    assert_eq!(total.distinct, 2, "networks of those who were not charged");
}

async fn counts_a_solution_once<M: Meter>(meter: M) {
    // Posted to twenty processes, which each report it among others.
    for process in 0..20 {
        let others = [(100 + process, 1 << 60, Payer::Newcomer)];
        let replayed = [(1, 2 << 60, Payer::Newcomer), (1, 3 << 60, Payer::Charged)];
        for kind in [Kind::Site, Kind::Software, Kind::Block] {
            solved(&meter, kind, 7, replayed).await;
        }
        solved(&meter, Kind::Site, 7, others).await;
    }
    let total = told(&meter, Row::of(Kind::Site, 7)).await;
    assert_eq!((total.solved, total.charged, total.distinct), (21, 0, 2));
    // The first report of it said what it counts for.
    for kind in [Kind::Software, Kind::Block] {
        assert_eq!(told(&meter, Row { key: 7, ..Row::of(kind, 7) }).await.solved, 0);
    }
}

async fn adds_every_report_under_contention<M: Meter>(meter: M) {
    let reports = (0..20).map(|_| told(&meter, row(Kind::Network, 1))).collect();
    together(reports).await;
    let total = told(&meter, row(Kind::Network, 1)).await;
    // A tick of decay may fall between two of them.
    assert!((100..=105).contains(&total.issued), "{}", total.issued);
}

async fn joins_what_all_have_seen<M: Meter>(meter: M) {
    // A bit for each of the addresses of a network.
    let sees = |bits: u64| Row { seen: bits.to_le_bytes().to_vec(), ..row(Kind::Network, 1) };
    let one = told(&meter, sees(0xf_ffff)).await.distinct;
    assert!((20..30).contains(&one), "{one}");
    assert_eq!(told(&meter, sees(0xf_ffff)).await.distinct, one);
    let both = told(&meter, sees(0xf_ffff << 30)).await.distinct;
    assert!(both > one + 20, "{one} {both}");
}

async fn keeps_names_and_kinds_apart<M: Meter>(meter: M) {
    told(&meter, row(Kind::Address, 1)).await;
    for other in [row(Kind::Address, 2), row(Kind::Client, 1), row(Kind::Network, 1)] {
        assert_eq!(told(&meter, other).await.issued, 5);
    }
    solved(&meter, Kind::Block, 1, [(1, 1, Payer::Newcomer)]).await;
    for (kind, key, times) in [(Kind::Block, 1, 1), (Kind::Block, 2, 0), (Kind::System, 1, 0)] {
        assert_eq!(told(&meter, Row { key, ..Row::of(kind, 7) }).await.solved, times);
    }
}

async fn knows_what_is_usual_of_few_kinds<M: Meter>(meter: M) {
    for kind in
        [Kind::Address, Kind::Client, Kind::Trace, Kind::Network, Kind::Subnet, Kind::Fallback]
    {
        assert_eq!(told(&meter, row(kind, 1)).await.usual, None);
    }
    for kind in [Kind::Site, Kind::Block, Kind::System, Kind::Software] {
        // At first, nothing is.
        let usual = told(&meter, row(kind, 1)).await.usual;
        assert_eq!(usual, Some(Usual { share: None, people: None }));
    }
}

async fn tells_what_is_busy<M: Meter>(meter: M) {
    let busy = async |site| {
        let asked = Row { site, ..row(Kind::Site, site) };
        let report = Report { rows: vec![asked], ..Report::default() };
        meter.report(&report).await.expect("the meter answers").busy
    };
    for key in 1..=3 {
        told(&meter, row(Kind::Address, key)).await;
    }
    assert_eq!(busy(7).await, []);
    // Ten challenges are half of what is free.
    told(&meter, row(Kind::Address, 2)).await;
    let told_of = busy(7).await;
    assert_eq!(told_of.len(), 1);
    assert_eq!((told_of[0].kind, told_of[0].key), (Kind::Address, 2));
    assert_eq!((told_of[0].total.issued, told_of[0].total.solved), (10, 6));
    assert_eq!(busy(8).await, [], "of another site");
    // Names are hashes: their high bits differ.
    let addresses = |key: u64| Row { issued: 100, ..row(Kind::Address, key << 16) };
    told_all(&meter, (100..1_100).map(addresses).collect()).await;
    assert_eq!(busy(7).await.len(), MAX_BUSY);
    // Busy addresses hide no fleet, nor do many fleets.
    for stack in 100..1_100 {
        let networks = [1, 2, 3, 4].map(|it| (stack << 4 | it, it << 60, Payer::Newcomer));
        solved(&meter, Kind::Software, stack << 16, networks).await;
    }
    assert_eq!(busy(7).await.len(), MAX_BUSY + MAX_BUSY_SHARED);
}

async fn keeps_room_for_sites_that_cost_more<M: Meter>(meter: M) {
    solved(&meter, Kind::Software, 1, [(1, 1, Payer::Newcomer)]).await;
    // A thousand sites that cost nothing, each with software of its own.
    let mut report = Report::default();
    for site in 100..1_100 {
        for stack in 0..2 {
            let key = (site << 4 | stack) << 16;
            report.rows = vec![Row { key, share: Share::Small, ..Row::of(Kind::Software, site) }];
            let events = (0..20).map(|event| key << 8 | event);
            let payer = Payer::Newcomer;
            let solution = |event| Solution { event, network: event, payer, rows: vec![0] };
            report.solutions = events.map(solution).collect();
            assert!(meter.report(&report).await.is_ok());
        }
    }
    assert_eq!(told(&meter, Row { key: 1, ..Row::of(Kind::Software, 7) }).await.solved, 1);
    // Nor is what was counted counted again for them.
    for site in 100..104 {
        let rows = vec![Row { share: Share::Small, ..Row::of(Kind::Site, site) }];
        let solution =
            |event| Solution { event, network: 1, payer: Payer::Newcomer, rows: vec![0] };
        let solutions = (0..40_000).map(|event| site << 32 | event).map(solution).collect();
        assert!(meter.report(&Report { rows, solutions, ..Report::default() }).await.is_ok());
    }
    solved(&meter, Kind::Software, 1, [(1, 1, Payer::Newcomer)]).await;
    assert_eq!(told(&meter, Row { key: 1, ..Row::of(Kind::Software, 7) }).await.solved, 1);
}

async fn says_who_passed_where_that_is_news<M: Meter>(meter: M, now: UnixMillis) {
    // Half-lives of five minutes.
    let window = u32::try_from(now.seconds() / 300).expect("a time of this century");
    let flooded = |site, told| Flooded { site, since: window, told };
    let passed = vec![Passes { site: 7, names: vec![(3, window), (1, window)] }];
    let report = Report {
        passed,
        flooded: vec![flooded(7, Some(0)), flooded(8, None)],
        ..Report::default()
    };
    let told = meter.report(&report).await.expect("the meter answers").regulars;
    assert_eq!(told, [Regulars { site: 8, names: Vec::new() }]);
    // Another process notices the flood later, and knows of others; of those that
    // it tells of some came with the flood.
    let earlier = vec![(5, window - 2), (9, window - 3), (4, window - 1), (6, window)];
    let earlier = vec![Passes { site: 8, names: earlier }];
    let report = Report { earlier, flooded: vec![flooded(8, None)], ..Report::default() };
    assert!(meter.report(&report).await.is_ok());
    for (known, news) in [(Some(0), Some(vec![5, 9])), (Some(2), None)] {
        let report = Report { flooded: vec![flooded(8, known)], ..Report::default() };
        let told = meter.report(&report).await.expect("the meter answers").regulars;
        let of_site = |names| Regulars { site: 8, names };
        assert_eq!(told, news.map(of_site).into_iter().collect::<Vec<_>>());
    }
}

async fn survives_what_is_no_report<M: Meter>(meter: M) {
    for seen in [vec![], vec![255; 64], vec![1; 7], vec![1; 4_096]] {
        let total = told(&meter, Row { seen, ..row(Kind::Network, 3) }).await;
        assert_eq!(total.distinct, 0);
    }
    let most = Row { issued: u16::MAX, solved: u16::MAX, failed: u16::MAX, ..row(Kind::Client, 3) };
    assert_eq!(told(&meter, most).await.issued, u32::from(u16::MAX));
    // A solution that counts in no row, twice in one, or in more than there are.
    let places = [vec![], vec![0, 0], vec![1, 7, u16::MAX]];
    for (event, rows) in (1..).zip(places) {
        let (network, payer) = (1, Payer::Newcomer);
        let report = Report {
            rows: vec![Row::of(Kind::Site, 9)],
            solutions: vec![Solution { event, network, payer, rows }],
            ..Report::default()
        };
        assert!(meter.report(&report).await.is_ok());
    }
    assert!(told(&meter, Row::of(Kind::Site, 9)).await.solved <= 2);
    // More rows than a report may have.
    let rows = vec![row(Kind::Client, 4); MAX_ROWS + 1];
    let report = Report { rows, ..Report::default() };
    let totals = meter.report(&report).await.expect("the meter answers");
    assert_eq!(totals.rows.len(), MAX_ROWS);
}

/// Five issued, three solved and one failed.
fn row(kind: Kind, key: u64) -> Row {
    Row { key, issued: 5, solved: 3, failed: 1, ..Row::of(kind, 7) }
}

/// Reports attempts of a name by their events, each with its network.
async fn solved<const N: usize, M: Meter>(
    meter: &M,
    kind: Kind,
    key: u64,
    attempts: [(u64, u64, Payer); N],
) {
    let solution = |(event, network, payer)| Solution { event, network, payer, rows: vec![0] };
    let report = Report {
        rows: vec![Row { key, ..Row::of(kind, 7) }],
        solutions: attempts.map(solution).to_vec(),
        ..Report::default()
    };
    assert!(meter.report(&report).await.is_ok());
}

async fn told<M: Meter>(meter: &M, row: Row) -> Total {
    told_all(meter, vec![row]).await[0]
}

async fn told_all<M: Meter>(meter: &M, rows: Vec<Row>) -> Vec<Total> {
    let report = Report { rows, ..Report::default() };
    let totals = meter.report(&report).await.expect("the meter under test answers");
    assert_eq!(totals.rows.len(), report.rows.len());
    totals.rows
}
