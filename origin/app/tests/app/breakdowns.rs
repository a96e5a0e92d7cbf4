//! Breakdowns on a real database, compared with the raw records.

use std::collections::BTreeMap;

use munjigi_domain::entropy::Entropy;
use munjigi_domain::statistics::{Dimension, Period, Span, Totals};
use munjigi_protocol::{Code, Count, CountKind, RedeemedEvent, Signs};
use munjigi_store::breakdowns::{OTHERS, RollDay};
use munjigi_store::statistics::{self, Scope, Value};
use sqlx::PgPool;

use munjigi_rig::people::Someone;
use munjigi_rig::{self as rig, DAY, HOUR, MINUTE, NOON, Rig, count, event};

const DIMENSIONS: [Dimension; 7] = [
    Dimension::Total,
    Dimension::Country,
    Dimension::Asn,
    Dimension::Hostname,
    Dimension::Action,
    Dimension::Score,
    Dimension::Reason,
];

/// An event at some time in the last three days.
struct Happened {
    events: Vec<RedeemedEvent>,
    counts: Vec<Count>,
}

fn happened(entropy: &Entropy, sites: &[String; 2], most: u32) -> Happened {
    entropy.with(|random| {
        let mut pick = |below: u32| random.next_u32() % below;
        let countries = ["KR", "US", "DE", ""];
        let mut all = Happened { events: Vec::new(), counts: Vec::new() };
        for _ in 0..=pick(most) {
            let site = &sites[pick(2) as usize];
            let at = NOON.0 - u64::from(pick(3 * 24 * 60)) * MINUTE - u64::from(pick(30_000));
            let country = countries[pick(4) as usize].to_owned();
            let (asn, host) = (pick(40), format!("h{}.shop.example", pick(3)));
            let action = ["", "login", "search"][pick(3) as usize].to_owned();
            all.events.push(RedeemedEvent {
                id: munjigi_protocol::AttemptId(std::array::from_fn(|_| {
                    pick(256).to_be_bytes()[3]
                })),
                redeemed_at: at,
                solved_at: at - 1_000,
                sitekey: site.clone(),
                hostname: host.clone(),
                action: action.clone(),
                interactive: pick(5) == 0,
                stepped: pick(3) == 0,
                country: country.clone(),
                asn,
                score: u8::try_from(pick(101)).unwrap(),
                signs: Signs::of_bits(u64::from(pick(1 << 12))),
                rejected: pick(3),
                ..event(1)
            });
            let kinds = [
                CountKind::Issued,
                CountKind::Solved,
                CountKind::Stepped,
                CountKind::Failed,
                CountKind::Abandoned,
                CountKind::Refused,
                CountKind::Stopped,
                CountKind::WouldStop,
            ];
            let kind = kinds[pick(8) as usize];
            let number = pick(9) + 1;
            let mut solve_ms = Vec::new();
            if kind == CountKind::Solved {
                solve_ms = vec![0; 12];
                solve_ms[pick(12) as usize] = number;
            }
            all.counts.push(Count {
                minute: at / MINUTE,
                sitekey: site.clone(),
                hostname: host,
                action: if is_stop(kind) { "/account/*".to_owned() } else { action },
                country,
                asn,
                solve_ms,
                ..count(kind, number)
            });
        }
        all
    })
}

/// Whether a rule about paths was counted, which is in no breakdown.
const fn is_stop(kind: CountKind) -> bool {
    matches!(kind, CountKind::Stopped | CountKind::WouldStop)
}

fn expected(all: &Happened, sitekey: &str, span: Span, key: Dimension) -> BTreeMap<String, Totals> {
    let mut sums: BTreeMap<String, Totals> = BTreeMap::new();
    let within = |at: u64| span.from.0 <= at && at < span.to.0;
    let name = |country: &str, asn: u32, hostname: &str, action: &str| match key {
        Dimension::Country => country.to_owned(),
        Dimension::Asn => asn.to_string(),
        Dimension::Hostname => hostname.to_owned(),
        Dimension::Action => action.to_owned(),
        Dimension::Total | Dimension::Code | Dimension::Score | Dimension::Reason => String::new(),
    };
    let values = |event: &RedeemedEvent| match key {
        Dimension::Score => vec![(event.score / 10).to_string()],
        Dimension::Reason => {
            event.signs.reasons().map(|reason| reason.as_str().to_owned()).collect()
        }
        _ => vec![name(&event.country, event.asn, &event.hostname, &event.action)],
    };
    for event in all.events.iter().filter(|event| event.sitekey == sitekey) {
        for value in values(event).into_iter().filter(|_| within(event.redeemed_at)) {
            let sum = sums.entry(value).or_default();
            sum.redeemed += 1;
            sum.rejected += u64::from(event.rejected);
            sum.pictured += u64::from(event.stepped);
            sum.interactive += u64::from(event.interactive);
        }
    }
    for count in all.counts.iter().filter(|count| count.sitekey == sitekey) {
        let of_redeemed = matches!(key, Dimension::Score | Dimension::Reason);
        if within(count.minute * MINUTE) && !of_redeemed && !is_stop(count.kind) {
            let value = name(&count.country, count.asn, &count.hostname, &count.action);
            let sum = sums.entry(value).or_default();
            let number = u64::from(count.count);
            match count.kind {
                CountKind::Issued => sum.issued += number,
                CountKind::Solved => sum.solved += number,
                CountKind::Stepped => sum.stepped += number,
                CountKind::Failed => sum.failed += number,
                CountKind::Abandoned => sum.abandoned += number,
                CountKind::Refused => sum.refused += number,
                CountKind::Flooded | CountKind::Stopped | CountKind::WouldStop => {}
            }
            if !count.solve_ms.is_empty() {
                sum.solve_ms.resize(12, 0);
                for (sum, part) in sum.solve_ms.iter_mut().zip(&count.solve_ms) {
                    *sum += u64::from(*part);
                }
            }
        }
    }
    for sum in sums.values_mut() {
        sum.solve_ms.resize(12, 0);
    }
    sums
}

async fn found(rig: &Rig, scope: Scope<'_>, by: Dimension, span: Span) -> BTreeMap<String, Totals> {
    let values = statistics::by_value(&rig.pool, scope, by, span).await.unwrap();
    values.into_iter().map(|Value { value, totals }| (value, totals)).collect()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn whatever_happens_the_breakdowns_are_the_sums_of_the_records(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let sites = [rig.site_of(&kim, "Shop").await, rig.site_of(&kim, "Blog").await];
    let mut all = Happened { events: Vec::new(), counts: Vec::new() };
    for seed in 0..6 {
        let some = happened(&Entropy::from_seed(seed), &sites, 120);
        let taken = rig.post("/internal/events", &rig::events(&some.events)).await;
        assert_eq!(taken.status, 204, "{}", taken.body);
        let batch = u8::try_from(seed).unwrap() + 1;
        let taken = rig.post("/internal/counts", &rig::counts(batch, &some.counts)).await;
        assert_eq!(taken.status, 204, "{}", taken.body);
        all.events.extend(some.events);
        all.counts.extend(some.counts);
        rig.jobs().roll_up().await.unwrap();
        for period in Period::ALL {
            for span in [period.span(NOON), period.span(NOON).before()] {
                for site in &sites {
                    let scope = Scope { organisation: &kim.organisation, sitekey: Some(site) };
                    for by in DIMENSIONS {
                        let found = found(&rig, scope, by, span).await;
                        assert_eq!(found, expected(&all, site, span, by), "{seed} {by:?} {span:?}");
                    }
                    let steps = statistics::series(&rig.pool, scope, period, span).await.unwrap();
                    let redeemed: u64 = steps.iter().map(|step| step.totals.redeemed).sum();
                    let total = statistics::totals(&rig.pool, scope, span).await.unwrap();
                    assert_eq!(redeemed, total.redeemed, "{period:?} {span:?}");
                }
            }
        }
    }
}

/// Events of this many networks at once, the first of them twice.
async fn networks(rig: &Rig, site: &str, number: u32, at: u64, salt: u8) {
    let mut events = Vec::new();
    for index in 0..=number {
        let mut id = [salt; 16];
        id[..4].copy_from_slice(&index.to_be_bytes());
        events.push(RedeemedEvent {
            id: munjigi_protocol::AttemptId(id),
            redeemed_at: at,
            sitekey: site.to_owned(),
            asn: index % number + 1_000,
            ..event(1)
        });
    }
    for part in events.chunks(300) {
        assert_eq!(rig.post("/internal/events", &rig::events(part)).await.status, 204);
    }
}

async fn asns(rig: &Rig, kim: &Someone, period: Period) -> BTreeMap<String, u64> {
    let scope = Scope { organisation: &kim.organisation, sitekey: None };
    let found = found(rig, scope, Dimension::Asn, period.span(rig.now())).await;
    found.into_iter().map(|(value, totals)| (value, totals.redeemed)).collect()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn networks_without_end_are_counted_together(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    networks(&rig, &shop, 150, NOON.0 - MINUTE, 1).await;
    rig.jobs().roll_up().await.unwrap();
    let found = asns(&rig, &kim, Period::Day).await;
    assert_eq!(found.len(), 101);
    assert_eq!((found["1000"], found[OTHERS]), (2, 50));
    assert_eq!(found.values().sum::<u64>(), 151);
    // In the hours before, others: the day again keeps the same number.
    networks(&rig, &shop, 80, NOON.0 - 2 * HOUR, 2).await;
    networks(&rig, &shop, 70, NOON.0 - 3 * HOUR, 3).await;
    rig.jobs().roll_up().await.unwrap();
    let found = asns(&rig, &kim, Period::Month).await;
    assert_eq!((found.len(), found["1000"], found[OTHERS]), (101, 6, 50));
    assert_eq!(found.values().sum::<u64>(), 151 + 81 + 71);
    let hourly = "SELECT count(*) FROM hourly_breakdowns WHERE dimension = 'asn'";
    assert_eq!(rig.number(hourly).await, 101 + 80 + 70);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn refusals_are_counted_by_reason(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    let refused = |code, number| Count {
        sitekey: shop.clone(),
        code: Some(code),
        ..count(CountKind::Refused, number)
    };
    let counts = [refused(Code::Blocked, 3), refused(Code::RateLimited, 5)];
    rig.post("/internal/counts", &rig::counts(1, &counts)).await;
    rig.jobs().roll_up().await.unwrap();
    let scope = Scope { organisation: &kim.organisation, sitekey: None };
    for period in Period::ALL {
        let reasons = statistics::refusals(&rig.pool, scope, period.span(rig.now())).await.unwrap();
        let reasons: Vec<_> =
            reasons.iter().map(|reason| (reason.code.as_str(), reason.count)).collect();
        assert_eq!(reasons, [("rate-limited", 5), ("blocked", 3)]);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn days_outlive_their_hours_and_are_not_computed_from_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    let redeemed = RedeemedEvent { sitekey: shop, ..event(1) };
    rig.post("/internal/events", &rig::events(&[redeemed])).await;
    rig.jobs().roll_up().await.unwrap();
    let day = munjigi_domain::timestamp::to_timestamp(rig.now()).date();
    let hours = "SELECT count(*) FROM hourly_breakdowns";
    let kept = "SELECT redeemed FROM daily_breakdowns WHERE dimension = 'total'";
    rig.pass(90 * DAY);
    rig.jobs().keep_house().await.unwrap();
    assert!(rig.number(hours).await > 0);
    rig.pass(DAY);
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(rig.number(hours).await, 0);
    munjigi_store::transact(&rig.pool, &RollDay { day }).await.unwrap();
    assert_eq!(rig.number(kept).await, 1);
}
