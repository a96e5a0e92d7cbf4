use munjigi_protocol::{Rule, RuleMatch, Sign, SiteConfig};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::*;
use crate::address::Address;
use crate::contract::{FIREFOX, ROOT_A, ROOT_B, authority as of_ring, site_config};
use crate::site::Exemption;

const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);
const SITEKEY: &str = "mj_00000000000000000000000000";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0";

fn site(rules: Vec<Rule>) -> Site {
    let config = SiteConfig { rules, ..site_config(SITEKEY, Vec::new()) };
    Site::parse(&config, Exemption::Ignored).unwrap()
}

fn given(authority: &Authority, level: Level) -> Clearance {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let sitekey = Sitekey::from_trusted(SITEKEY).unwrap();
    let shown = (Some(85), Signs::NONE.with(Sign::Moved));
    let holder = Holder::of(AGENT);
    Clearance::new(authority, (sitekey, level), shown, (holder, &FIREFOX), NOW, &mut rng)
}

/// What a request with these cookies lacks.
fn lack(visit: &Visit, agent: &str, at: u64, needs: Level, cookies: &[&str]) -> Option<Lack> {
    let (site, holder) = (site(Vec::new()), Holder::of(agent));
    let now = UnixMillis::from_seconds(NOW.seconds() + at);
    let asked = Asked { site: &site, location: visit.location(), host: None, holder, now };
    match check(
        &of_ring(ROOT_A),
        &asked,
        needs,
        cookies.iter().map(|it| Clearance::open(&of_ring(ROOT_A), it)),
    ) {
        Ok(_) => None,
        Err(Closed::Lacks(lack)) => Some(lack),
        Err(Closed::Blocked) => panic!("blocked"),
    }
}

#[test]
fn a_clearance_opens_what_it_was_earned_for_for_half_an_hour() {
    let authority = of_ring(ROOT_A);
    let given = given(&authority, Level::Worked);
    let cookie = given.seal(&authority);
    assert_eq!(Clearance::open(&authority, &cookie), Ok(given));
    assert!(cookie.len() <= 180, "{} {cookie}", cookie.len());
    let worked = |at, needs| lack(&FIREFOX, AGENT, at, needs, &[&cookie]);
    for needs in [Level::Waited, Level::Worked] {
        assert_eq!(worked(0, needs), None);
        assert_eq!(worked(SECONDS - 1, needs), None);
    }
    assert_eq!(worked(0, Level::Pictured), Some(Lack::TooLittle));
    assert_eq!(worked(SECONDS, Level::Waited), Some(Lack::Ended));
    assert_eq!(lack(&FIREFOX, AGENT, 0, Level::Waited, &[]), Some(Lack::Missing));
}

#[test]
fn it_follows_its_browser_through_networks_and_no_other_browser() {
    let authority = of_ring(ROOT_A);
    let cookie = given(&authority, Level::Worked).seal(&authority);
    let elsewhere = Visit { address: Address::V6([0x20, 1, 0xd, 0xb8, 0, 7, 0, 0]), ..FIREFOX };
    let of = |visit: &Visit, agent: &str| lack(visit, agent, 5, Level::Worked, &[&cookie]);
    assert_eq!(of(&elsewhere, AGENT), None);
    // It updated itself a little.
    assert_eq!(of(&FIREFOX, &AGENT.replace("148.0", "148.1")), None);
    let player = "AppleCoreMedia/1.0.0.22F76 (iPhone; U; CPU OS 18_5 like Mac OS X; ko_kr)";
    assert_eq!(of(&FIREFOX, player), None);
    assert_eq!(of(&elsewhere, player), Some(Lack::OtherSoftware));
    for other in ["curl/8.5.0", "", &AGENT.replace("148", "147")] {
        assert_eq!(of(&FIREFOX, other), Some(Lack::OtherSoftware), "{other}");
    }
}

#[test]
fn of_several_cookies_the_one_that_suffices_counts_and_else_the_closest() {
    let authority = of_ring(ROOT_A);
    let [waited, worked] = [Level::Waited, Level::Worked].map(|level| given(&authority, level));
    let [waited, worked] = [waited, worked].map(|clearance| clearance.seal(&authority));
    let foreign = given(&of_ring(ROOT_B), Level::Allowed).seal(&of_ring(ROOT_B));
    let of = |cookies: &[&str]| lack(&FIREFOX, AGENT, 5, Level::Worked, cookies);
    assert_eq!(of(&[&waited, "garbage", &worked]), None);
    assert_eq!(of(&["garbage", &waited, &foreign]), Some(Lack::TooLittle));
    assert_eq!(of(&[&foreign]), Some(Lack::Foreign));
    assert_eq!(of(&["", "", "", "", &worked]), Some(Lack::Foreign), "no more than four");
}

#[test]
fn another_sites_clearance_opens_nothing() {
    let authority = of_ring(ROOT_A);
    let other = Sitekey::from_trusted("mj_00000000000000000000000004").unwrap();
    let cookie = Clearance { sitekey: other, ..given(&authority, Level::Allowed) }.seal(&authority);
    assert_eq!(lack(&FIREFOX, AGENT, 0, Level::Waited, &[&cookie]), Some(Lack::OtherSite));
}

#[test]
fn a_sites_rules_allow_and_block_by_what_the_edge_sees() {
    let authority = of_ring(ROOT_A);
    let cookie = given(&authority, Level::Pictured).seal(&authority);
    let rule = |asn, verdict| Rule { when: RuleMatch { asn, ..RuleMatch::default() }, verdict };
    let said = |rules| {
        let (site, holder) = (site(rules), Holder::of(AGENT));
        let asked =
            Asked { site: &site, location: FIREFOX.location(), host: None, holder, now: NOW };
        check(
            &authority,
            &asked,
            Level::Worked,
            core::iter::once(Clearance::open(&authority, &cookie)),
        )
    };
    let asn = Some(FIREFOX.asn);
    assert_eq!(said(vec![rule(asn, Verdict::Allow)]), Ok(Opened::Allowed));
    assert_eq!(said(vec![rule(asn, Verdict::Block)]), Err(Closed::Blocked));
    // Anyone matches this one, so that it opens nothing by itself.
    assert!(matches!(said(vec![rule(None, Verdict::Allow)]), Ok(Opened::By(_))));
}

/// Those of base64, and some that it never has.
const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=~%!";

#[test]
fn ten_thousand_changed_cookies_open_nothing() {
    let authority = of_ring(ROOT_A);
    let cookie = given(&authority, Level::Allowed).seal(&authority);
    let mut tried = 0;
    for at in 0..cookie.len() {
        for &replacement in DIGITS {
            let mut changed = cookie.clone().into_bytes();
            changed[at] = replacement;
            let changed = String::from_utf8(changed).unwrap();
            if changed == cookie {
                continue;
            }
            tried += 1;
            assert_eq!(lack(&FIREFOX, AGENT, 0, Level::Waited, &[&changed]), Some(Lack::Foreign));
        }
    }
    assert!(tried >= 10_000, "{tried}");
    let (receipt, token) = ("mj1.a1.AA.AAAAAAAAAAAAAAAAAAAAAA", "mj1.a1..");
    for text in [receipt, token, &cookie[1..], &[&cookie, "."].concat(), &"a".repeat(5_000)] {
        assert_eq!(lack(&FIREFOX, AGENT, 0, Level::Waited, &[text]), Some(Lack::Foreign));
    }
}

proptest! {
    #[test]
    fn garbage_is_no_clearance(text in ".{0,300}") {
        prop_assert!(Clearance::open(&of_ring(ROOT_A), &text).is_err());
    }

    #[test]
    fn what_is_read_is_written_alike(bytes in prop::collection::vec(any::<u8>(), 0..90)) {
        if let Ok(clearance) = Clearance::read(&bytes) {
            prop_assert!(clearance.score.is_none_or(|score| score <= 100));
        }
    }
}
