use std::collections::BTreeSet;

use super::*;

const ENGLISH_FILE: &str = include_str!("../../../../i18n/locales/en/mistakes.ftl");
const HOST_ERRORS: [HostError; 6] = [
    HostError::Empty,
    HostError::TooLong,
    HostError::EmptyLabel,
    HostError::BadLabel,
    HostError::BadAddress,
    HostError::BadWildcard,
];

/// Every kind, with the values that its texts must contain.
fn every_kind() -> Vec<(Mistake, Vec<&'static str>)> {
    let text = str::to_owned;
    let mut kinds = vec![
        (Mistake::Name { name: text("a\nb") }, vec![r#""a\nb""#]),
        (Mistake::NoHosts, vec![]),
        (Mistake::TooManyHosts { count: 101 }, vec!["101", "100"]),
        (Mistake::HostAddedAndRemoved { host: text("a.example") }, vec![r#""a.example""#]),
        (
            Mistake::NoSuchHost {
                host: text("a.example"),
                hosts: vec![text("b.example"), text("c.example")],
            },
            vec![r#""a.example""#, "b.example, c.example"],
        ),
        (Mistake::Count { count: 65 }, vec!["65", "64", "16"]),
        (Mistake::NoWork, vec!["0:", "72,000,000"]),
        (Mistake::TooMuchWork { floor: 9, count: 16, most: 7 }, vec!["9", "16", "7"]),
        (Mistake::CeilingBelowFloor { floor: 8, ceiling: 7 }, vec!["8", "7"]),
        (Mistake::TokenLifetime { seconds: 301 }, vec!["301", "300", "30"]),
        (Mistake::NotANumber { field: Field::WorkFloor, typed: text("4 000") }, vec![r#""4 000""#]),
        (Mistake::TooManyRules { count: 102 }, vec!["102", "100"]),
        (Mistake::UnknownList { rule: 5, value: text("clowns") }, vec![r#""clowns""#]),
        (Mistake::Weight { rule: 5, value: text("0") }, vec![r#""0""#]),
        (Mistake::NoCondition, vec![]),
        (Mistake::EverybodyWithConditions, vec![]),
        (Mistake::Asn { typed: text("KT") }, vec![r#""KT""#]),
        (
            Mistake::RulesUnreadable { path: text("r.json"), error: text("gone") },
            vec!["r.json", "gone"],
        ),
        (Mistake::RulesNotAnArray { error: text("at line 7") }, vec!["at line 7"]),
        (Mistake::RulesMalformed { error: text("at line 7") }, vec!["at line 7", "\"match\": {…}"]),
        (Mistake::RuleNotAnObject { rule: 5 }, vec!["\"match\": {…}"]),
        (Mistake::RuleMalformed { rule: 5, error: text("at line 7") }, vec!["at line 7"]),
        (Mistake::UnknownCondition { rule: 5, name: text("match.countri") }, vec!["match.countri"]),
        (Mistake::TooManyProtections { count: 102 }, vec!["102", "100"]),
        (Mistake::Protection { rule: 5, path: text("a b") }, vec![r#""a b""#, "/account/*"]),
        (Mistake::AbovePerSecond { rule: 5, typed: text("4 000") }, vec![r#""4 000""#]),
        (
            Mistake::ProtectUnreadable { path: text("p.json"), error: text("gone") },
            vec!["p.json", "gone"],
        ),
        (Mistake::ProtectMalformed { error: text("at line 7") }, vec!["at line 7", ".protect"]),
        (
            Mistake::ProtectionMalformed { rule: 5, error: text("at line 7") },
            vec!["at line 7", "no_exemptions"],
        ),
        (
            Mistake::UnknownProtectionField { rule: 5, name: text("levl") },
            vec!["levl", "no_exemptions"],
        ),
        (Mistake::Refused { error: SiteError::TooManySecrets }, vec!["more than 24 secrets"]),
    ];
    kinds.extend(HOST_ERRORS.map(|reason| {
        (Mistake::Host { host: text("a b"), reason }, vec![r#""a b""#, "*.shop.example"])
    }));
    kinds.extend(Condition::ALL.map(|condition| {
        (Mistake::Condition { rule: 5, condition, value: text("a b") }, vec![r#""a b""#])
    }));
    kinds
}

fn is_korean(text: &str) -> bool {
    text.chars().any(|char| ('가'..='힣').contains(&char))
}

#[test]
fn every_kind_of_mistake_says_the_same_in_each_language() {
    let korean = Texts::of("ko".parse().unwrap());
    for (mistake, values) in every_kind() {
        for t in [ENGLISH, korean] {
            let sentence = mistake.sentence(t);
            assert!(mistake.parts(t).iter().all(|part| !part.is_empty()), "{mistake:?}");
            for value in &values {
                assert!(sentence.contains(value), "{value} is missing in {sentence}");
            }
            assert_eq!(is_korean(&sentence), t == korean, "{sentence}");
        }
        let [_, why, fix] = mistake.parts(korean);
        assert!(why.ends_with('.') && fix.ends_with('.') && is_korean(&why), "{why} {fix}");
    }
}

#[test]
fn no_kind_of_mistake_is_left_out_above() {
    let seen: BTreeSet<&str> = every_kind().iter().map(|(mistake, _)| mistake.code()).collect();
    for family in ["mistake-why-", "mistake-fix-"] {
        let keys = ENGLISH_FILE.lines().filter_map(|line| line.strip_prefix(family));
        let codes = keys.filter_map(|rest| rest.split(' ').next());
        // What other messages refer to.
        let own =
            codes.filter(|code| !["work", "condition", "rules", "protections"].contains(code));
        assert_eq!(own.collect::<BTreeSet<_>>(), seen, "{family}");
    }
}

#[test]
fn the_english_reasons_are_the_edge_s() {
    let why = |mistake: Mistake| {
        let [_, why, _] = mistake.parts(ENGLISH);
        why
    };
    for reason in HOST_ERRORS {
        assert_eq!(why(Mistake::Host { host: String::new(), reason }), reason.to_string());
    }
    for (mistake, error) in [
        (Mistake::TooManyHosts { count: 101 }, SiteError::TooManyHosts),
        (Mistake::TooManyRules { count: 101 }, SiteError::TooManyRules),
        (Mistake::TooManyProtections { count: 101 }, SiteError::TooManyProtections),
        (Mistake::Count { count: 0 }, SiteError::Count),
        (Mistake::NoWork, SiteError::Work),
        (Mistake::TooMuchWork { floor: 9, count: 1, most: 8 }, SiteError::Work),
        (Mistake::CeilingBelowFloor { floor: 9, ceiling: 8 }, SiteError::Work),
        (Mistake::TokenLifetime { seconds: 0 }, SiteError::TokenLifetime),
    ] {
        assert_eq!(why(mistake), error.to_string());
    }
}

#[test]
fn programs_count_rules_from_0_and_people_from_1() {
    let condition = Condition::Country;
    let mistake = Mistake::Condition { rule: 2, condition, value: "kr".to_owned() };
    let start = |t: Texts| mistake.sentence(t).split(':').next().map(str::to_owned);
    assert_eq!(start(ENGLISH).as_deref(), Some(r#"rules[2].match.country "kr""#));
    assert_eq!(start(Texts::of("ko".parse().unwrap())).as_deref(), Some(r#"규칙 3의 국가 "kr""#));
}
