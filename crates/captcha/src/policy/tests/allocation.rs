//! An attacker who rents one IPv6 /32 and uses every /48 of it, or sixty-four of
//! them with a fresh /64 for each visit.

use munjigi_counters::Counters;
use munjigi_counters::meter::Ledger;
use munjigi_keys::UnixMillis;

use super::*;
use crate::address::Address;
use crate::naming::counter_keys;
use crate::naming::tests::note_solved;

const HOUR_MILLIS: u64 = 3_600_000;

/// The work of a visit in 10ths of the floor, counted.
fn visit(counters: &mut Counters, site: &Site, visit: &Visit, now: UnixMillis) -> u64 {
    let authority = crate::contract::authority(crate::contract::ROOT_A);
    let place = counter_keys(counters, &authority, &site.sitekey, visit, now);
    let pressure = counters.pressure(&place, now);
    let demand = ask(site, visit, &NOTHING, &pressure).unwrap();
    counters.note_issued(&place, now);
    note_solved(counters, &place, demand.payer, now);
    demand.work * 10 / site.work.floor
}

#[test]
fn an_ipv6_allocation_pays_sixteen_times_by_its_second_hour() {
    attack(|number| {
        let [.., high, low] = number.to_be_bytes();
        [0x20, 0x01, 0x0d, 0xb8, high, low, 0, 0]
    });
}

#[test]
fn fresh_addresses_of_few_networks_hide_nothing() {
    attack(|number| {
        let [.., high, low] = (number / 64).to_be_bytes();
        let [.., network] = (number % 64).to_be_bytes();
        [0x20, 0x01, 0x0d, 0xb8, 0, network, high, low]
    });
}

#[test]
fn people_of_a_new_site_who_use_one_program_pay_little_for_an_hour_at_most() {
    let site = site(On::Plain);
    let (mut counters, mut ledger) = (Counters::new(300), Ledger::new(300));
    let (mut first, mut later) = (0, 0);
    for second in 0..3 * HOUR_MILLIS / 1_000 {
        let now = UnixMillis(1_794_981_600_000 + second * 1_000);
        let [.., high, middle, low] = (second * 7_919 % 8_192).to_be_bytes();
        let address = Address::V4([100 + high, middle, low, 9]);
        let person = Visit { address, asn: 64_510 + u32::from(low % 6), ..FIREFOX };
        let paid = visit(&mut counters, &site, &person, now);
        let max = if second < 70 * 60 { &mut first } else { &mut later };
        *max = paid.max(*max);
        tell(&mut counters, &mut ledger, now);
    }
    assert!(first <= 40, "{first}");
    // What usually passes here is known, and still learned.
    assert!(later <= 16, "{later}");
}

fn tell(counters: &mut Counters, ledger: &mut Ledger, now: UnixMillis) {
    if counters.report_is_due(now) {
        for report in counters.reports(1, now) {
            counters.learn(&report, &ledger.add(&report, now), now);
        }
    }
}

fn attack(allocated_address: impl Fn(u64) -> [u8; 8]) {
    let site = site(On::Plain);
    let (mut counters, mut ledger) = (Counters::new(300), Ledger::new(300));
    // Six in the morning in UTC.
    let begin = 1_794_981_600_000;
    let (mut allocated, mut people) = (Vec::new(), Vec::new());
    for second in 0..9 * HOUR_MILLIS / 4_000 {
        let now = UnixMillis(begin + second * 1_000);
        let [.., high, middle, low] = (second * 7_919 % 8_192).to_be_bytes();
        let address = Address::V4([100 + high, middle, low, 9]);
        let person = Visit { address, asn: 64_510 + u32::from(low % 6), ..FIREFOX };
        let paid = visit(&mut counters, &site, &person, now);
        let attacked = second * 1_000 >= HOUR_MILLIS;
        if attacked {
            people.push(paid);
        }
        for number in 0..if attacked { 18 } else { 0 } {
            let address = Address::V6(allocated_address(second * 18 + number));
            let software = crate::software::Software::numbered(second * 18 % 40 + number % 40);
            let bot = Visit { address, asn: 64_501, software, ..FIREFOX };
            let paid = visit(&mut counters, &site, &bot, now);
            if second * 1_000 >= 3 * HOUR_MILLIS / 2 {
                allocated.push(paid);
            }
        }
        tell(&mut counters, &mut ledger, now);
    }
    allocated.sort_unstable();
    people.sort_unstable();
    let (low, high) = (allocated[allocated.len() / 100], people[people.len() * 99 / 100]);
    assert!(low >= 160, "the cheapest hundredth of the attack pays {low}");
    assert!(high <= 40, "the 99th percentile of people pays {high}");
}
