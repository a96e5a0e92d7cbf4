//! Plans.

use proptest::prelude::*;
use time::{Date, Month};

use super::*;

fn inputs(subject: Subject) -> Inputs {
    Inputs {
        subject,
        passes_per_person: 3.0,
        peak_factor: 10.0,
        picture_percent: 0.0,
        reads_per_million: 1_210.0,
        writes_per_million: 333.0,
        headroom_percent: 50.0,
        event_days: 90.0,
        machine_memory_gib: 4.0,
    }
}

fn today() -> Date {
    Date::from_calendar_date(2026, Month::November, 27).unwrap()
}

fn plan(subject: Subject) -> Plan {
    let figures = Figures::read(MEASURED).unwrap();
    let prices = Prices::read(PUBLISHED).unwrap();
    Plan::new(inputs(subject), &Target::ALL, &figures, &prices, today())
}

fn sum(plan: &Plan, target: Target) -> Option<u64> {
    plan.bills.iter().find(|bill| bill.target == target).unwrap().sum_won
}

#[test]
fn a_million_people_are_few_requests_of_ours_and_many_of_their_site() {
    let plan = plan(Subject::MonthlyPeople(1_000_000));
    let Community { reads_per_second, writes_per_second, .. } = plan.community;
    assert_eq!((reads_per_second, writes_per_second), (1_210, 333));
    assert_eq!(plan.community.requests_per_second, 1_543);
    // 2,314.5.
    assert_eq!(plan.community.with_headroom_per_second, 2_315);
    assert!((plan.demand.requests_per_month - 12e6).abs() < 1.0);
    assert!((plan.demand.peak_requests_per_second - 46.3).abs() < 0.1);
    assert!((plan.community.our_percent.unwrap() - 2.0).abs() < 0.01);
}

#[test]
fn five_thousand_people_are_within_the_published_plans_budget() {
    let plan = plan(Subject::Users(5_000));
    assert_eq!(sum(&plan, Target::Aws), Some(106_000));
    let budget = plan.budget.unwrap();
    assert_eq!(budget.won, 154_000);
    assert_eq!(budget.within, [Target::Cloudflare, Target::Aws]);
}

#[test]
fn what_has_no_price_has_no_sum() {
    let plan = plan(Subject::MonthlyPeople(5_000));
    assert_eq!(sum(&plan, Target::Vm), None);
    assert_eq!(sum(&plan, Target::KakaoCloud), None);
}

#[test]
fn requests_come_back_to_people() {
    let forth = plan(Subject::MonthlyPeople(6_480_000));
    let back = plan(Subject::PeakRequests(300));
    assert!((forth.demand.peak_requests_per_second - 300.0).abs() < 1e-6);
    assert!((back.demand.people - 6_480_000.0).abs() < 1e-3);
}

#[test]
fn thresholds_follow_from_the_rates() {
    let figures = Figures::read(MEASURED).unwrap();
    let prices = Prices::read(PUBLISHED).unwrap();
    let of = |figures: &Figures, then: &str| {
        let found = phases::thresholds(&inputs(Subject::MonthlyPeople(1)), figures, &prices);
        found.into_iter().find(|threshold| threshold.then == then).unwrap().people
    };
    assert_eq!(of(&figures, "Cloudflare: paid plan"), 250_000);
    let second = of(&figures, "second gate machine");
    let mut faster = figures.clone();
    for figure in
        [&mut faster.gate_challenge, &mut faster.gate_solution, &mut faster.gate_siteverify]
    {
        figure.value *= 2.0;
    }
    assert!(of(&faster, "second gate machine").abs_diff(second * 2) <= 1);
    for (people, machines) in [(second, 1), (second + 1_000, 2)] {
        assert_eq!(plan(Subject::MonthlyPeople(people)).sizes.gate_machines, machines);
    }
}

#[test]
fn a_phase_tells_what_changed_since_the_one_before() {
    let plan = plan(Subject::MonthlyPeople(1));
    let people: Vec<u64> = plan.phases.iter().map(|phase| phase.people).collect();
    assert_eq!(people, PHASES);
    assert!(plan.phases[3].changes.contains(&"Cloudflare: paid plan"));
    let told: usize = plan.phases.iter().map(|phase| phase.changes.len()).sum();
    assert_eq!(told, plan.thresholds.iter().filter(|it| it.people < 1_000_000).count());
}

#[test]
fn an_old_price_is_named() {
    let prices = Prices::read(PUBLISHED).unwrap();
    assert_eq!(prices.stale(&Target::ALL, today()), [] as [&str; 0]);
    let later = Date::from_calendar_date(2027, Month::June, 1).unwrap();
    let stale = prices.stale(&[Target::Cloudflare], later);
    assert_eq!(stale.len(), 5);
    assert!(stale[0].contains("Workers Paid") && stale[4].contains("exchange rate"), "{stale:?}");
}

#[test]
fn a_file_of_prices_with_a_mistake_is_refused() {
    let refused = |from: &str, to: &str| Prices::read(&PUBLISHED.replacen(from, to, 1)).is_err();
    assert!(!refused("", ""));
    for (from, to) in [
        ("won_per_dollar = 1400", "won_per_dollar = 0"),
        ("price = 0.30", "price = -0.30"),
        ("price = 0.30", "price = inf"),
        ("\"USD\"", "\"EUR\""),
        ("\"cloudflare\"", "\"elsewhere\""),
        ("date = \"2026-11-21\"", "date = \"2026-13-21\""),
        ("date = \"2026-11-21\"", "date = \"21.11.2026\""),
        ("item = \"Workers Paid\"", "item = \" \""),
        ("included = 10", "includes = 10"),
    ] {
        assert!(refused(from, to), "{from} → {to}");
    }
}

#[test]
fn a_figure_that_is_missing_double_or_no_number_is_refused() {
    let read = |from: &str, to: &str| Figures::read(&MEASURED.replacen(from, to, 1));
    let id = "id = \"gate-siteverify\"";
    assert!(matches!(read(id, ""), Err(FiguresError::Missing("gate-siteverify"))));
    let twice = read("id = \"gate-memory\"", id);
    assert!(matches!(twice, Err(FiguresError::Missing(_) | FiguresError::Twice(_))));
    assert!(matches!(read("cores = 2\n", ""), Err(FiguresError::Cores(_))));
    let figures = Figures::read(MEASURED).unwrap();
    let value = format!("value = \"{}\"", figures.gate_memory.value);
    assert!(matches!(read(&value, "value = \"some\""), Err(FiguresError::Value { .. })));
}

proptest! {
    #[test]
    fn sums_add_up_and_more_people_never_cost_less(
        fewer in 1_u64..=10_000_000_000,
        more in 0_u64..1_000_000_000,
    ) {
        let more = fewer.saturating_add(more).min(10_000_000_000);
        let [fewer, more] = [fewer, more].map(|people| plan(Subject::MonthlyPeople(people)));
        for (less, bill) in fewer.bills.iter().zip(&more.bills) {
            prop_assert!(less.sum_won <= bill.sum_won);
            if let Some(sum) = bill.sum_won {
                prop_assert_eq!(sum, bill.lines.iter().map(|line| line.won).sum::<u64>());
            }
        }
    }
}
