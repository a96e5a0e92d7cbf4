use munjigi_protocol::{Rule as RuleConfig, RuleMatch, SiteConfig};

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
        when(|it| {
            it.action = Some("login".into());
            it.country = Some("KR".into());
        }),
    ];
    let mut rules = Vec::new();
    for one in &conditions {
        for other in &conditions {
            for verdict in [Verdict::Block, Verdict::Harder] {
                rules.push(vec![
                    RuleConfig { when: one.clone(), verdict: Verdict::Block },
                    RuleConfig { when: other.clone(), verdict },
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
                let visit = Visit {
                    address: Address::parse(address).unwrap(),
                    country: Country::parse(country),
                    asn,
                    listed: Listings::NONE.with(0, on_list),
                    ..FIREFOX
                };
                let said = site.rules.iter().find(|rule| rule.matches(&visit, &name, &action));
                let said = Prediction::Certain(said.map(|rule| rule.verdict));
                let counted = host(site.counted_as(&name));
                for known in 0..64_u8 {
                    let knows = |bit: u8| known & (1 << bit) != 0;
                    let seen = Sighting {
                        host: Some(if knows(0) {
                            SeenHost::Exact(&name)
                        } else {
                            SeenHost::counted_as(&site, &counted)
                        }),
                        action: knows(1).then_some(&action),
                        country: knows(2).then_some(visit.country),
                        asn: knows(3).then_some(visit.asn),
                        prefix: knows(4).then_some(visit.prefix()),
                        listed: if knows(5) { visit.listed } else { Listings::default() },
                    };
                    let predicted = site.predict(&seen);
                    let is_right = predicted == said || predicted == Prediction::Open;
                    assert!(is_right, "{rules:?} {seen:?}: {predicted:?}, not {said:?}");
                    assert!(known != 63 || predicted == said, "{rules:?} {seen:?}");
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
    assert_eq!(predict(vec![block_login(), harder, block_all]), Prediction::Open);
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
