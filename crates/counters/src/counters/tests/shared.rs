//! What many processes and many sites know together.

use super::*;
use crate::{Row, Solution};

/// Visits of as many networks, each with another software.
fn place_with(network: u64, software: u64) -> CounterKeys {
    let mut place = place(network);
    place.today.software = mix(software);
    place.today.anywhere.software = mix(software ^ 1);
    place
}

#[test]
fn a_fleet_is_seen_through_two_hundred_processes() {
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    let mut processes: Vec<Counters> = (0..200).map(|_| Counters::new(HALF_LIFE_SECONDS)).collect();
    for number in 0..1_000 {
        let at = later(number / 20);
        let counters = &mut processes[usize::try_from(number % 200).unwrap()];
        counters.note(&place(number), SOLVED, at);
        if counters.report_is_due(at) {
            tell(counters, &mut ledger, at);
        }
    }
    // A process that hears of the site for the first time hears of the fleet.
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    for number in 0..4 {
        counters.note(&place_with(2_000 + number, 77), SOLVED, later(60));
    }
    tell(&mut counters, &mut ledger, later(60));
    let networks = counters.pressure(&place(5_000), later(60)).software.networks;
    assert!(networks >= 600, "{networks}");
}

#[test]
fn software_that_no_one_else_uses_is_counted_together() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    // Every program is new to a process that has not asked the meter yet.
    counters.note(&place_with(0, 5), SOLVED, NOW);
    assert_eq!(counters.pressure(&place_with(1, 6), NOW).rare, Fleet::default());
    for number in 0..40 {
        counters.note(&place_with(number, 5), SOLVED, NOW);
    }
    tell(&mut counters, &mut ledger, NOW);
    for number in 100..400 {
        counters.note(&place_with(number, number), SOLVED, later(3));
    }
    let rare = counters.pressure(&place_with(1_000, 1_000), later(3)).rare.networks;
    assert!(rare.abs_diff(300) < 100, "{rare}");
    // What many use is not rare.
    assert_eq!(counters.pressure(&place_with(1_000, 5), later(3)).rare, Fleet::default());
}

#[test]
fn what_is_usual_over_all_sites_is_expected_of_a_new_one() {
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let half_life = u64::from(HALF_LIFE_SECONDS);
    let mut now = NOW;
    // On ten sites, nine in ten people use one program.
    for step in 0..16 * 60 {
        now = later(step * half_life / 60);
        for site in 10..20 {
            let number = step * 10 + site;
            let mut place = place_with(number, if number % 10 == 0 { 6 } else { 5 });
            place.site = site;
            counters.note(&place, SOLVED, now);
        }
        if counters.report_is_due(now) {
            tell(&mut counters, &mut ledger, now);
        }
    }
    // A site that no one has visited yet.
    let share = |software| {
        let mut place = place_with(1, software);
        place.site = 5_555;
        place.today.software = mix(software ^ 0x63);
        counters.pressure(&place, now).software.prior
    };
    let common = share(5).unwrap();
    assert!(common > 50_000, "{common}");
    let rare = share(6).unwrap();
    assert!((3_000..10_000).contains(&rare), "{rare}");
}

#[test]
fn what_pays_for_itself_floods_no_one_in_another_process() {
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    let mut attacked = Counters::new(HALF_LIFE_SECONDS);
    let mut calm = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut attacked, &place(1), CounterEvent::Solved(Payer::Charged), 1_000);
    for number in 100..132 {
        calm.note(&place(number), SOLVED, NOW);
    }
    tell(&mut attacked, &mut ledger, NOW);
    tell(&mut calm, &mut ledger, NOW);
    let site = calm.pressure(&place(200), NOW).site;
    assert_eq!((site.solved, site.people()), (1_032, 32));
}

#[test]
fn a_solution_that_is_posted_everywhere_is_one() {
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    let (id, asked_from) = (new_id(), place(0).visitor());
    for number in 0..200 {
        // Each process sees it from another network, with other people's software.
        let mut counters = Counters::new(HALF_LIFE_SECONDS);
        let poster = place_with(number, 500 + number % 2);
        counters.note_solved(&poster, &id, asked_from, Payer::Newcomer, NOW);
        counters.note_fallback(&poster, &id, NOW);
        for _ in 0..4 {
            counters.note(&poster, CounterEvent::Issued, NOW);
        }
        tell(&mut counters, &mut ledger, NOW);
    }
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    for number in 0..4 {
        counters.note(&place_with(1_000 + number, 77), SOLVED, NOW);
    }
    tell(&mut counters, &mut ledger, NOW);
    let pressure = counters.pressure(&place_with(2_000, 500), NOW);
    assert_eq!((pressure.site.solved, pressure.site_networks), (5, 5));
    assert_eq!((pressure.block.load.solved, pressure.system.networks), (5, 5));
    assert!(pressure.software.networks <= 1, "{}", pressure.software.networks);
    counters.note_fallback(&place(1), &new_id(), NOW);
    counters.note(&place(1), SOLVED, NOW);
    tell(&mut counters, &mut ledger, later(3));
    assert!(counters.pressure(&place(1), later(3)).fallbacks <= 2);
}

#[test]
fn sites_that_cost_less_leave_room_in_a_report() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    for number in 0..5_000 {
        let cheap = CounterKeys::numbered(8, mix(number)).sharing(Share::Small);
        counters.note(&cheap, SOLVED, NOW);
    }
    noted(&mut counters, &place(1), SOLVED, 100);
    let reports = counters.reports(1, NOW);
    let site = |row: &Row| row.site == 7 && row.kind == Kind::Site;
    let told = reports.iter().flat_map(|report| {
        let of_site = |solution: &&Solution| {
            solution.rows.iter().any(|place| site(&report.rows[usize::from(*place)]))
        };
        report.solutions.iter().filter(of_site)
    });
    assert_eq!(told.count(), 100);
}

#[test]
fn what_is_asked_for_in_many_networks_is_solved_in_many() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    for number in 0..100 {
        let asked_from = place(number).visitor();
        counters.note_solved(&place(500), &new_id(), asked_from, Payer::Newcomer, NOW);
    }
    let networks = counters.pressure(&place(600), NOW).software.networks;
    assert!(networks >= 70, "{networks}");
}
