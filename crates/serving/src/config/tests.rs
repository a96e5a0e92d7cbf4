//! Valid configurations, and every mistake in invalid ones.

use super::*;

const RING: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const CHECK: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn parse(variables: &[(&str, &str)]) -> Result<Config, Vec<Mistake>> {
    let find = |name: &str| {
        let found = variables.iter().rev().find(|(other, _)| *other == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::parse(find, variables.iter().map(|(name, _)| (*name).to_owned()))
}

fn with<'text>(more: &[(&'text str, &'text str)]) -> Vec<(&'text str, &'text str)> {
    let secrets = [
        ("MUNJIGI_ROOT_KEYS", RING),
        ("MUNJIGI_INTERNAL_KEYS", RING),
        ("MUNJIGI_KEY_CHECK", CHECK),
    ];
    [&secrets, more].concat()
}

#[test]
fn three_secrets_are_enough() {
    let config = parse(&with(&[])).ok().unwrap();
    assert_eq!(config.shards, [8]);
    assert_eq!(config.origin_url, None);
    assert_eq!(config.counter_half_life_seconds, 300);
    assert_eq!(config.environment, Environment::Production);
    assert_eq!(config.verbosity, Verbosity::Failures);
    assert_eq!(config.root_kids, ["k1"]);
}

#[test]
fn internal_keys_are_derived_ones_or_their_ring() {
    let ring = KeyRing::parse(RING).unwrap();
    let own = CallKeys::write(&ring, &[Audience::Edge, Audience::Origin]);
    for (text, from_ring) in [(own.as_str(), false), (RING, true)] {
        let config = parse(&with(&[("MUNJIGI_INTERNAL_KEYS", text)])).ok().unwrap();
        assert_eq!(config.calls.from_ring, from_ring);
        assert_eq!(config.calls.in_keys.audience(), Audience::Edge);
        assert_eq!(config.calls.out_keys.audience(), Audience::Origin);
    }
    for (audiences, missing) in [
        (&[Audience::Gpu][..], "no entry starts with edge/"),
        (&[Audience::Edge], "no entry starts with origin/"),
    ] {
        let text = CallKeys::write(&ring, audiences);
        let mistakes = parse(&with(&[("MUNJIGI_INTERNAL_KEYS", &text)])).err().unwrap();
        assert_eq!(mistakes[0].to_string(), format!("MUNJIGI_INTERNAL_KEYS: {missing}"));
    }
}

#[test]
fn everything_can_be_set() {
    let config = parse(&with(&[
        ("MUNJIGI_ORIGIN_URL", "https://origin.example:8443/"),
        ("MUNJIGI_BASE_PATH", "/captcha/"),
        ("MUNJIGI_SHARDS", "128, 64"),
        ("MUNJIGI_COUNTER_HALF_LIFE_SECONDS", "2"),
        ("MUNJIGI_LOCAL", "1"),
        ("MUNJIGI_LOG_REQUESTS", "1"),
        ("SITES", "not ours"),
    ]));
    let config = config.ok().unwrap();
    assert_eq!(config.base_path, "/captcha");
    assert_eq!(config.shards, [128, 64]);
    assert_eq!(config.origin_url.as_deref(), Some("https://origin.example:8443"));
    assert_eq!(config.counter_half_life_seconds, 2);
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.verbosity, Verbosity::Requests);
}

#[test]
fn every_mistake_is_listed_and_no_value_repeated() {
    let mistakes = parse(&[
        ("MUNJIGI_ROOT_KEYS", "hunter2"),
        ("MUNJIGI_KEY_CHECK", "hunter2"),
        ("MUNJIGI_ORIGIN_URL", "hunter2"),
        ("MUNJIGI_BASE_PATH", "hunter2"),
        ("MUNJIGI_SHARDS", "hunter2"),
        ("MUNJIGI_COUNTER_HALF_LIFE_SECONDS", "hunter2"),
        ("MUNJIGI_LOCAL", "hunter2"),
        ("MUNJIGI_LOG_REQUESTS", "hunter2"),
        ("MUNJIGI_ROOT_KEY", "hunter2"),
    ])
    .err()
    .unwrap();
    let variables: Vec<&str> = mistakes.iter().map(|mistake| mistake.variable.as_str()).collect();
    assert_eq!(
        variables,
        [
            "MUNJIGI_ROOT_KEY",
            "MUNJIGI_ROOT_KEYS",
            "MUNJIGI_INTERNAL_KEYS",
            "MUNJIGI_KEY_CHECK",
            "MUNJIGI_ORIGIN_URL",
            "MUNJIGI_BASE_PATH",
            "MUNJIGI_SHARDS",
            "MUNJIGI_COUNTER_HALF_LIFE_SECONDS",
            "MUNJIGI_LOCAL",
            "MUNJIGI_LOG_REQUESTS",
        ]
    );
    assert!(!mistakes.iter().any(|mistake| mistake.to_string().contains("hunter2")));
}

#[test]
fn shard_counts_are_few_different_and_bounded() {
    for text in ["", "0", "901", "65537", "64,64", "64,", "1,2,3,4,5", "-1", "64;32"] {
        assert!(shards(text).is_err(), "{text}");
    }
    assert_eq!(shards("899,1"), Ok(vec![899, 1]));
}

#[test]
fn more_objects_than_one_request_may_call_are_a_mistake_with_its_name() {
    let mistakes = parse(&with(&[("MUNJIGI_SHARDS", "512,389")])).err().unwrap();
    let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["MUNJIGI_SHARDS: must be at most 900 objects, those of earlier counts included"]
    );
}

#[test]
fn an_origin_is_scheme_and_host() {
    for text in
        ["origin.example", "ftp://a", "https://", "https://a/b", "https://u:p@a", "http://a?b"]
    {
        assert!(origin(text).is_err(), "{text}");
    }
    assert_eq!(origin("http://[::1]:8080"), Ok(Some("http://[::1]:8080".into())));
}
