use munjigi_protocol::{Rule as RuleConfig, RuleMatch, ScoreReason, Sign, SiteConfig};

use super::*;
use crate::address::Address;
use crate::contract::{FIREFOX, site_config};
use crate::site::Exemption;
use crate::visit::Visit;

fn site(change: impl FnOnce(&mut SiteConfig)) -> Site {
    let mut config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
    change(&mut config);
    Site::parse(&config, Exemption::Ignored).unwrap()
}

fn when(change: impl FnOnce(&mut RuleMatch)) -> RuleMatch {
    let mut when = RuleMatch::default();
    change(&mut when);
    when
}

fn rule(change: impl FnOnce(&mut RuleMatch), verdict: Verdict) -> RuleConfig {
    RuleConfig { when: when(change), verdict }
}

fn host(text: &str) -> Hostname {
    Hostname::parse(text).unwrap()
}

#[test]
fn what_is_predicted_of_a_part_is_what_the_edge_says_of_the_whole() {
    let conditions: Vec<RuleMatch> = vec![
        when(|_| ()),
        when(|it| it.hostname = Some("*.shop.example".into())),
        when(|it| it.hostname = Some("a.shop.example".into())),
        when(|it| it.hostname = Some("shop.example".into())),
        when(|it| it.action = Some("login".into())),
        when(|it| it.country = Some("KR".into())),
        when(|it| it.asn = Some(1)),
        when(|it| it.prefix = Some("192.0.2.0/24".into())),
        when(|it| it.list = Some("tor-exits".into())),
        when(|it| it.score_below = Some(50)),
        when(|it| it.reason = Some(ScoreReason::Fleet)),
        when(|it| it.software = Some("00c0ffee".into())),
        when(|it| {
            it.action = Some("login".into());
            it.country = Some("KR".into());
        }),
    ];
    let mut rules = Vec::new();
    for one in &conditions {
        for other in &conditions {
            for [first, second] in [
                [Verdict::Block, Verdict::Block],
                [Verdict::Block, Verdict::Harder],
                [Verdict::Weigh(20), Verdict::Harder],
                [Verdict::Block, Verdict::Weigh(20)],
                [Verdict::Weigh(-20), Verdict::Weigh(30)],
            ] {
                rules.push(vec![
                    RuleConfig { when: one.clone(), verdict: first },
                    RuleConfig { when: other.clone(), verdict: second },
                ]);
            }
        }
    }
    let mut open = 0;
    for rules in rules {
        let site = site(|config| {
            config.hosts = vec!["*.shop.example".into(), "pay.example".into()];
            config.rules.clone_from(&rules);
        });
        for name in ["shop.example", "a.shop.example", "pay.example"] {
            for (action, country, asn, address, on_list) in [
                ("login", "KR", 1, "192.0.2.9", Holds::Yes),
                ("", "KR", 2, "192.0.3.9", Holds::No),
                ("login", "", 0, "192.0.2.9", Holds::No),
            ] {
                let (name, action) = (host(name), Action::parse(action).unwrap());
                let bad = on_list == Holds::Yes;
                let visit = Visit {
                    address: Address::parse(address).unwrap(),
                    country: Country::parse(country),
                    asn,
                    listed: Listings::NONE.with(0, on_list),
                    ..FIREFOX
                };
                let whole = Sighting {
                    host: Some(SeenHost::Exact(&name)),
                    action: Some(&action),
                    country: Some(visit.country),
                    asn: Some(visit.asn),
                    prefix: Some(visit.prefix()),
                    listed: visit.listed,
                    score: Some(if bad { 40 } else { 50 }),
                    signs: Some(if bad { Signs::NONE.with(Sign::Fleet) } else { Signs::NONE }),
                    software: Some([0, if bad { 0x00c0_ffee } else { 1 }]),
                };
                let ruling = site.ruling(&whole);
                let weight = i8::try_from(ruling.weight).ok().filter(|sum| *sum != 0);
                let said = ruling.verdict.or(weight.map(Verdict::Weigh));
                let said = Prediction::Certain(said);
                let counted = host(site.counted_as(&name));
                // What is not known of nine parts.
                let parts = (0..64_u16).chain([63 | 64, 63 | 128, 63 | 256, 511]);
                for known in parts {
                    let knows = |bit: u16| known & (1 << bit) != 0;
                    let seen = Sighting {
                        host: Some(if knows(0) {
                            SeenHost::Exact(&name)
                        } else {
                            SeenHost::counted_as(&site, &counted)
                        }),
                        action: whole.action.filter(|_| knows(1)),
                        country: whole.country.filter(|_| knows(2)),
                        asn: whole.asn.filter(|_| knows(3)),
                        prefix: whole.prefix.filter(|_| knows(4)),
                        listed: if knows(5) { visit.listed } else { Listings::default() },
                        score: whole.score.filter(|_| knows(6)),
                        signs: whole.signs.filter(|_| knows(7)),
                        software: whole.software.filter(|_| knows(8)),
                    };
                    let predicted = site.predict(&seen);
                    let is_right = predicted == said || predicted == Prediction::Open;
                    assert!(is_right, "{rules:?} {seen:?}: {predicted:?}, not {said:?}");
                    assert!(known != 511 || predicted == said, "{rules:?} {seen:?}");
                    open += u32::from(predicted == Prediction::Open);
                }
            }
        }
    }
    assert!(open > 0, "nothing was left open");
}

#[test]
fn a_rule_that_may_match_is_open_unless_it_comes_to_the_same() {
    let block_login = || rule(|it| it.action = Some("login".into()), Verdict::Block);
    let block_all = rule(|_| (), Verdict::Block);
    let nothing = Sighting::default();
    let predict = |rules| site(|config| config.rules = rules).predict(&nothing);
    assert_eq!(predict(vec![]), Prediction::Certain(None));
    assert_eq!(predict(vec![block_login()]), Prediction::Open);
    let certain = Prediction::Certain(Some(Verdict::Block));
    assert_eq!(predict(vec![block_login(), block_all.clone()]), certain);
    let harder = rule(|it| it.asn = Some(1), Verdict::Harder);
    assert_eq!(predict(vec![block_login(), harder, block_all.clone()]), Prediction::Open);
    // Weights matter where no rule decides.
    let weigh = |asn, weight| rule(|it| it.asn = asn, Verdict::Weigh(weight));
    assert_eq!(predict(vec![weigh(Some(1), 20), block_all.clone()]), certain);
    assert_eq!(predict(vec![weigh(None, 20), block_all]), certain);
    assert_eq!(predict(vec![weigh(Some(1), 20)]), Prediction::Open);
    assert_eq!(predict(vec![block_login(), weigh(None, 20)]), Prediction::Open);
    let sum = |sum| Prediction::Certain(Some(Verdict::Weigh(sum)));
    assert_eq!(predict(vec![weigh(None, 90), weigh(None, 30)]), sum(100));
    assert_eq!(predict(vec![weigh(None, -20), weigh(None, 30)]), sum(10));
    assert_eq!(predict(vec![weigh(None, -20), weigh(None, 20)]), Prediction::Certain(None));
}

#[test]
fn a_counted_name_stands_for_what_was_counted_by_it() {
    let site = site(|config| {
        config.hosts = vec!["*.shop.example".into(), "pay.example".into(), "both.example".into()];
        config.hosts.push("*.both.example".into());
        config.allow_loopback = true;
    });
    for (name, pattern, holds) in [
        ("shop.example", "*.shop.example", Holds::Yes),
        ("shop.example", "*.a.shop.example", Holds::Open),
        ("shop.example", "shop.example", Holds::Open),
        ("shop.example", "pay.example", Holds::No),
        ("pay.example", "pay.example", Holds::Yes),
        ("pay.example", "*.pay.example", Holds::Yes),
        ("pay.example", "a.pay.example", Holds::No),
        ("both.example", "both.example", Holds::Open),
        // Counted when it was still one of the site's.
        ("gone.example", "gone.example", Holds::Open),
        ("localhost", "127.0.0.1", Holds::Open),
        ("localhost", "app.localhost", Holds::Open),
        ("localhost", "shop.example", Holds::No),
    ] {
        let (name, pattern) = (host(name), HostPattern::parse(pattern).unwrap());
        let seen = SeenHost::counted_as(&site, &name);
        assert_eq!(seen.is_of(&pattern), holds, "{name} {pattern}");
    }
}
