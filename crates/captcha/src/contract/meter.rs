//! The contract of every meter.

use core::ops::AsyncFn;

use munjigi_keys::UnixMillis;

use super::together;
use crate::counters::{
    Flooded, Kind, MAX_BUSY, MAX_BUSY_SHARED, Passes, Regulars, Report, Row, Share, Total, Usual,
};
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
        assert_eq!((total.charged, total.regular), (times * 2, times));
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
    let sees = |first: usize| {
        let mut seen = vec![0; 64];
        seen.iter_mut().skip(first).take(20).for_each(|register| *register = 1);
        Row { seen, ..row(Kind::Stack, 1) }
    };
    let one = told(&meter, sees(0)).await.distinct;
    assert!((20..30).contains(&one), "{one}");
    assert_eq!(told(&meter, sees(0)).await.distinct, one);
    let both = told(&meter, sees(30)).await.distinct;
    assert!(both > one + 20, "{one} {both}");
}

async fn keeps_names_and_kinds_apart<M: Meter>(meter: M) {
    told(&meter, row(Kind::Address, 1)).await;
    for other in
        [row(Kind::Address, 2), row(Kind::Client, 1), row(Kind::Network, 1), row(Kind::Block, 1)]
    {
        assert_eq!(told(&meter, other).await.issued, 5);
    }
}

async fn knows_what_is_usual_of_few_kinds<M: Meter>(meter: M) {
    for kind in
        [Kind::Address, Kind::Client, Kind::Trace, Kind::Network, Kind::Subnet, Kind::Fallback]
    {
        assert_eq!(told(&meter, row(kind, 1)).await.usual, None);
    }
    for kind in [Kind::Site, Kind::Block, Kind::System, Kind::Stack] {
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
    let seen: Vec<u8> = (0..64).map(|register| u8::from(register < 20)).collect();
    let stacks = |key: u64| Row { seen: seen.clone(), ..row(Kind::Stack, key << 16) };
    told_all(&meter, (100..1_100).map(stacks).collect()).await;
    assert_eq!(busy(7).await.len(), MAX_BUSY + MAX_BUSY_SHARED);
}

async fn keeps_room_for_sites_that_cost_more<M: Meter>(meter: M) {
    let full = Row { issued: 1, ..row(Kind::Stack, 1) };
    told(&meter, full.clone()).await;
    // A thousand sites that cost nothing, each with software of its own.
    for sites in [100..600, 600..1_100] {
        let rows = sites.flat_map(|site| {
            let key = move |stack: u64| (site << 4 | stack) << 16;
            let row = Row { site, share: Share::Small, solved: 1_000, ..row(Kind::Stack, 0) };
            (0..2).map(move |stack| Row { key: key(stack), ..row.clone() })
        });
        told_all(&meter, rows.collect()).await;
    }
    assert_eq!(told(&meter, full).await.solved, 6);
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
        let total = told(&meter, Row { seen, ..row(Kind::Stack, 3) }).await;
        assert_eq!(total.distinct, 0);
    }
    let most = Row { issued: u16::MAX, solved: u16::MAX, failed: u16::MAX, ..row(Kind::Site, 3) };
    assert_eq!(told(&meter, most).await.issued, u32::from(u16::MAX));
}

/// Five issued, three solved, of which two were charged and one by a regular,
/// and one failed.
fn row(kind: Kind, key: u64) -> Row {
    Row { key, issued: 5, solved: 3, charged: 2, regular: 1, failed: 1, ..Row::of(kind, 7) }
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
