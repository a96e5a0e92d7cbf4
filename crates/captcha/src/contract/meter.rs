//! The contract of every meter.

use core::ops::AsyncFn;

use super::together;
use crate::counters::{Kind, MAX_BUSY, Passes, Report, Row, Total, Usual};
use crate::ports::Meter;

/// Runs every clause, each on a fresh meter.
///
/// # Panics
/// Panics on the first clause that does not hold.
pub async fn meter<M: Meter>(fresh: impl AsyncFn() -> M) {
    has_parts(fresh().await).await;
    adds_what_all_report(fresh().await).await;
    adds_every_report_under_contention(fresh().await).await;
    joins_what_all_have_seen(fresh().await).await;
    keeps_names_and_kinds_apart(fresh().await).await;
    knows_what_is_usual_of_few_kinds(fresh().await).await;
    tells_what_is_busy(fresh().await).await;
    says_who_passed_where_that_is_news(fresh().await).await;
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
    for kind in [
        Kind::Address,
        Kind::Client,
        Kind::Trace,
        Kind::Charged,
        Kind::Network,
        Kind::Block,
        Kind::Fallback,
    ] {
        assert_eq!(told(&meter, row(kind, 1)).await.usual, None);
    }
    for kind in [Kind::Site, Kind::System, Kind::Stack] {
        // At first, what is now is usual.
        let usual = told(&meter, row(kind, 1)).await.usual;
        assert_eq!(usual, Some(Usual { share: None, issued: 5 }));
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
    for key in 100..2_000 {
        // Names are hashes: their high bits differ.
        told(&meter, Row { issued: 100, ..row(Kind::Address, key << 16) }).await;
    }
    assert_eq!(busy(7).await.len(), MAX_BUSY);
}

async fn says_who_passed_where_that_is_news<M: Meter>(meter: M) {
    let passed = vec![Passes { site: 7, names: vec![3, 1] }];
    let flooded = vec![(7, Some(0)), (8, None)];
    let report = Report { passed, flooded, ..Report::default() };
    let told = meter.report(&report).await.expect("the meter answers").passed;
    assert_eq!(told, [Passes { site: 8, names: Vec::new() }]);
    // Another process notices the flood later, and knows of others.
    let names = vec![5, 9];
    let earlier = vec![Passes { site: 8, names: names.clone() }];
    let report = Report { earlier, flooded: vec![(8, None)], ..Report::default() };
    assert!(meter.report(&report).await.is_ok());
    for (known, news) in [(Some(0), Some(names)), (Some(2), None)] {
        let report = Report { flooded: vec![(8, known)], ..Report::default() };
        let told = meter.report(&report).await.expect("the meter answers").passed;
        let of_site = |names| Passes { site: 8, names };
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

/// Five issued, three solved, one failed.
fn row(kind: Kind, key: u64) -> Row {
    Row { kind, site: 7, key, formerly: None, issued: 5, solved: 3, failed: 1, seen: Vec::new() }
}

async fn told<M: Meter>(meter: &M, row: Row) -> Total {
    let report = Report { rows: vec![row], ..Report::default() };
    let totals = meter.report(&report).await.expect("the meter under test answers");
    assert_eq!(totals.rows.len(), 1);
    totals.rows[0]
}
