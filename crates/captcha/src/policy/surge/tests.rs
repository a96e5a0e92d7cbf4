use munjigi_counters::{Load, Usual};
use munjigi_protocol::{Algorithm, Signals, UnderAttack};
use proptest::prelude::*;

use super::*;
use crate::contract::{FIREFOX, site_config};
use crate::host::Hostname;
use crate::labels::Action;
use crate::policy::tests::pressures::{CALM, address, load};
use crate::policy::{Demand, Question, Refused, Stage, decide};
use crate::site::Exemption;

fn site(under_attack: UnderAttack) -> Site {
    let mut config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
    config.under_attack = under_attack;
    Site::parse(&config, Exemption::Ignored).unwrap()
}

fn ask(site: &Site, pressure: &Pressure, algorithm: Algorithm) -> Result<Demand, Refused> {
    decide(&Question {
        site,
        hostname: &Hostname::parse("shop.example").unwrap(),
        action: &Action::default(),
        visit: &FIREFOX,
        signals: &Signals::default(),
        pressure,
        software: [0; 2],
        algorithm,
        stage: Stage::Start,
    })
}

/// In tenths of the floor.
fn paid(site: &Site, pressure: &Pressure) -> u64 {
    ask(site, pressure, Algorithm::HashWx).unwrap().work * 10 / site.work.floor
}

/// A site on which so many pass, though another number is expected.
fn hour(solved: u32, expected: u32) -> Pressure {
    Pressure { site: load(0, solved, 0), expected: Some(expected), ..CALM }
}

/// Of these, so many were charged.
fn charged(charged: u32, pressure: Pressure) -> Pressure {
    Pressure { site: Load { charged, ..pressure.site }, ..pressure }
}

/// Or passed before.
fn regular(regular: u32, pressure: Pressure) -> Pressure {
    Pressure { site: Load { regular, ..pressure.site }, ..pressure }
}

#[test]
#[rustfmt::skip]
fn a_flood_costs_what_this_table_says() {
    use UnderAttack::{Auto, Off, On};
    let usual = |people| Some(Usual { share: None, people });
    let again = |times, pressure| Pressure { client: address(times, 0, 0).client, ..pressure };
    let passed = |pressure| Pressure { passed: true, ..pressure };
    let table = [
        ("an hour as expected",             Auto, hour(1_000, 1_000), 10),
        ("twice as many",                   Auto, hour(2_000, 1_000), 10),
        ("four times as many",              Auto, hour(4_000, 1_000), 20),
        ("a hundred times as many",         Auto, hour(100_000, 1_000), 35),
        ("the same, without being told",    Off,  hour(100_000, 1_000), 10),
        ("always, if the owner says so",    On,   hour(1, 1_000), 35),
        ("a quiet site that is linked to",  Auto, hour(250, 0), 10),
        ("a quiet site with more",          Auto, hour(512, 0), 20),
        ("its second visit",                Auto, again(1, hour(100_000, 1_000)), 52),
        ("its fourth",                      Auto, again(3, hour(100_000, 1_000)), 87),
        ("its tenth",                       Auto, again(9, hour(100_000, 1_000)), 160),
        ("who passed before",               Auto, passed(hour(100_000, 1_000)), 10),
        ("who passed, and comes again",     Auto, passed(again(3, hour(100_000, 1_000))), 10),
        ("who passed, and keeps coming",    Auto, Pressure { client: load(5, 5, 0), ..passed(hour(100_000, 1_000)) }, 122),
        ("others passed at the address",    Auto, Pressure { address: load(0, 3, 0), ..hour(100_000, 1_000) }, 87),
        ("others only asked there",         Auto, Pressure { address: load(60, 0, 0), ..hour(100_000, 1_000) }, 40),
        ("by what the meter knows",         Auto, Pressure { expected: None, site_usual: usual(Some(1_000)), ..hour(8_000, 0) }, 20),
        ("as long as it knows nothing",     Auto, Pressure { expected: None, site_usual: usual(None), ..hour(5_999, 0) }, 10),
        ("most of it pays already",         Auto, charged(98_000, hour(100_000, 1_000)), 10),
        ("most of it passed before",        Auto, regular(98_000, hour(100_000, 1_000)), 10),
        ("and so did the visitor",          Auto, passed(regular(98_000, hour(100_000, 1_000))), 35),
        ("no one solved anything",          Auto, Pressure { site: load(100_000, 0, 0), ..hour(0, 1_000) }, 10),
        ("a flood by any measure",          Auto, Pressure { expected: None, ..hour(12_000, 0) }, 20),
    ];
    for (what, under_attack, pressure, tenths) in table {
        assert_eq!(paid(&site(under_attack), &pressure), tenths, "{what}");
    }
}

#[test]
fn owners_hear_of_attacks_that_others_do_not_pay_for() {
    let pays = charged(99_000, hour(100_000, 1_000));
    let attacked = |under_attack, pressure| is_attacked(&site(under_attack), &pressure);
    assert!(attacked(UnderAttack::Auto, pays) && paid(&site(UnderAttack::Auto), &pays) == 10);
    assert!(!attacked(UnderAttack::Auto, hour(2_000, 1_000)));
    assert!(!attacked(UnderAttack::Off, pays));
}

#[test]
fn the_fallback_is_closed_to_those_who_come_with_a_flood() {
    let site = site(UnderAttack::Auto);
    let refused = |pressure: &Pressure| ask(&site, pressure, Algorithm::Sha256).err();
    assert_eq!(refused(&hour(3_900, 1_000)), None);
    let waits = refused(&hour(8_000, 1_000));
    // After a half-life it is open again, if the flood has ended.
    assert_eq!(waits, Some(Refused::Site { seconds: 330 }));
    assert_eq!(refused(&Pressure { passed: true, ..hour(8_000, 1_000) }), None);
}

#[test]
fn an_hour_is_a_rate() {
    // 3,600 an hour are one a second: a count that halves every 300 s comes to
    // 300 / ln 2.
    assert_eq!(CALM.expecting(Some(3_600)).expected, Some(432));
    assert_eq!(CALM.expecting(None).expected, None);
    assert_eq!(CALM.expecting(Some(u32::MAX)).expected, Some(515_396_075));
}

proptest! {
    #[test]
    fn more_of_a_flood_never_costs_less_and_is_bounded(
        issued: u32, more: u32, expected: u32, times in 0_u32..100_000, passed: bool,
    ) {
        let site = site(UnderAttack::Auto);
        let of = |issued: u32| {
            let site_load = Load { solved: issued, ..Load::default() };
            let own = Load { issued: times, ..Load::default() };
            let pressure =
                Pressure { site: site_load, client: own, passed, expected: Some(expected), ..CALM };
            factor(&site, &pressure)
        };
        prop_assert!(of(issued) <= of(issued.saturating_add(more)));
        prop_assert!((ONE..=MAX_REPEATED_FACTOR).contains(&of(issued)));
        if times == 0 {
            prop_assert!(of(issued) <= MAX_FACTOR);
        }
    }
}
