use munjigi_protocol::{Rule as RuleConfig, RuleMatch, ScoreWeights, Verdict};

use super::*;
use crate::contract::site_config;

fn config() -> SiteConfig {
    site_config(&["mj_", &"0".repeat(26)].concat(), vec!["ab".repeat(32)])
}

fn parse(change: impl FnOnce(&mut SiteConfig)) -> Result<Site, SiteError> {
    let mut config = config();
    change(&mut config);
    Site::parse(&config, Exemption::Ignored)
}

#[test]
fn each_mistake_of_a_configuration_is_named() {
    let rule = |when| RuleConfig { when, verdict: Verdict::Allow };
    assert!(parse(|_| ()).is_ok());
    for (error, site) in [
        (SiteError::Sitekey, parse(|c| c.sitekey = "mj_x".into())),
        (SiteError::Host(1), parse(|c| c.hosts[1] = "*.com".into())),
        (SiteError::TooManyHosts, parse(|c| c.hosts = vec!["a.example".into(); 101])),
        (SiteError::Work, parse(|c| c.work = Work { floor: 0, ceiling: 1 })),
        (SiteError::Work, parse(|c| c.work = Work { floor: 2, ceiling: 1 })),
        (SiteError::Work, parse(|c| c.work = Work { floor: 4_500_001, ceiling: 9_000_000 })),
        (SiteError::Count, parse(|c| c.count = 0)),
        (SiteError::Count, parse(|c| c.count = 65)),
        (SiteError::TokenLifetime, parse(|c| c.token_lifetime_seconds = 29)),
        (SiteError::TokenLifetime, parse(|c| c.token_lifetime_seconds = 301)),
        (
            SiteError::Rule(0),
            parse(|c| {
                c.rules =
                    vec![rule(RuleMatch { country: Some("kr".into()), ..RuleMatch::default() })];
            }),
        ),
        (
            SiteError::Rule(1),
            parse(|c| {
                let narrow =
                    RuleMatch { prefix: Some("192.0.2.0/25".into()), ..RuleMatch::default() };
                c.rules = vec![rule(RuleMatch::default()), rule(narrow)];
            }),
        ),
        (SiteError::TooManyRules, parse(|c| c.rules = vec![rule(RuleMatch::default()); 101])),
        (SiteError::Secret(0), parse(|c| c.secrets = vec!["AB".repeat(32)])),
        (
            SiteError::ScoreWeights(WeightsError::Bias),
            parse(|c| {
                let weights = std::collections::BTreeMap::new();
                c.score_weights = Some(ScoreWeights { version: 1, bias: 8_001, weights });
            }),
        ),
        (SiteError::TooManySecrets, parse(|c| c.secrets = vec!["ab".repeat(32); 25])),
    ] {
        assert_eq!(site.unwrap_err(), error);
    }
}

#[test]
fn loopback_is_allowed_where_the_site_says_so_alone() {
    let listed = parse(|c| c.hosts = vec!["localhost".into(), "shop.example".into()]).unwrap();
    let allowed = parse(|c| c.allow_loopback = true).unwrap();
    for host in ["localhost", "app.localhost", "127.0.0.1", "[::1]"] {
        let host = Hostname::parse(host).unwrap();
        assert!(!listed.allows(&host));
        assert!(allowed.allows(&host));
    }
    assert!(listed.allows(&Hostname::parse("shop.example").unwrap()));
}

#[test]
fn exemption_is_a_local_edges_to_give() {
    let mut config = config();
    config.exempt = true;
    assert!(!Site::parse(&config, Exemption::Ignored).unwrap().exempt);
    assert!(Site::parse(&config, Exemption::Honoured).unwrap().exempt);
}

#[test]
fn a_site_knows_its_secrets() {
    let site = parse(|_| ()).unwrap();
    assert!(site.has_secret(&SecretHash::parse(&"ab".repeat(32)).unwrap()));
    assert!(!site.has_secret(&SecretHash::parse(&"cd".repeat(32)).unwrap()));
}

#[test]
fn an_embedder_stands_around_pages_and_has_none_of_its_own() {
    let hosts = vec!["embedder:*.portal.example".to_owned(), "shop.example".to_owned()];
    let site = parse(|config| config.hosts.clone_from(&hosts)).unwrap();
    let host = |name| Hostname::parse(name).unwrap();
    assert!(site.allows(&host("shop.example")));
    for name in ["portal.example", "a.portal.example"] {
        assert!(!site.allows(&host(name)));
        assert_eq!(site.counted_as(&host(name)), "");
    }
    assert_eq!(
        site.embedders().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["*.portal.example"]
    );
    assert_eq!(SiteHost::of_pages(&hosts).collect::<Vec<_>>(), ["shop.example"]);
    let site = parse(|config| config.hosts[1] = "embedder:*.com".to_owned());
    assert_eq!(site.unwrap_err(), SiteError::Host(1));
}

#[test]
fn hosts_are_counted_by_names_that_the_owner_wrote() {
    let mut config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
    config.hosts =
        ["*.shop.example", "www.shop.example", "pay.example"].map(str::to_owned).to_vec();
    let mut site = Site::parse(&config, Exemption::Ignored).unwrap();
    for (host, name) in [
        ("shop.example", "shop.example"),
        ("www.shop.example", "www.shop.example"),
        ("a1.b2.shop.example", "shop.example"),
        ("pay.example", "pay.example"),
        ("dropped.example", ""),
        ("x.localhost", ""),
    ] {
        assert_eq!(site.counted_as(&Hostname::parse(host).unwrap()), name, "{host}");
    }
    site.allow_loopback = true;
    for host in ["localhost", "x.localhost", "127.9.9.9", "[::1]"] {
        assert_eq!(site.counted_as(&Hostname::parse(host).unwrap()), "localhost");
    }
}

#[test]
fn an_hour_of_the_week_is_expected_with_its_neighbours() {
    let mut config = config();
    let at = |config: &SiteConfig, seconds| {
        let site = Site::parse(config, Exemption::Ignored).unwrap();
        site.expected(UnixMillis::from_seconds(seconds))
    };
    // Monday, 2026-11-23, 00:30 in UTC.
    let monday = 1_795_393_800;
    assert_eq!(at(&config, monday), None);
    config.expected = (0..168).collect();
    assert_eq!(at(&config, monday), Some(167), "the hour before is last week's");
    assert_eq!(at(&config, monday + 3_600), Some(2));
    assert_eq!(at(&config, monday + 5 * 86_400), Some(121));
    for numbers in [1, 24, 167, 169] {
        config.expected = vec![1; numbers];
        assert_eq!(Site::parse(&config, Exemption::Ignored).err(), Some(SiteError::Expected));
    }
}
