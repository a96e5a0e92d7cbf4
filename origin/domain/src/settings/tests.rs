use munjigi_i18n::Texts;
use munjigi_protocol::{Level, PictureKind, Protection, RuleMatch, UnderAttack, Verdict};

use super::*;

const SITEKEY: &str = "mj_00000000000000000000000000";

fn shop() -> Settings {
    let hosts = vec!["shop.example".to_owned()];
    Settings { name: "Shop".to_owned(), hosts, ..Settings::of_a_new_site() }
}

fn told(edit: &Edit) -> String {
    edit.apply(SITEKEY, &shop()).unwrap_err().to_string()
}

fn add(hosts: &[&str]) -> HostsEdit {
    HostsEdit::Change { add: hosts.iter().map(|h| (*h).to_owned()).collect(), remove: Vec::new() }
}

fn rule(when: RuleMatch) -> Rule {
    Rule { when, verdict: Verdict::Block }
}

fn path(path: &str) -> Protection {
    Protection {
        path: path.to_owned(),
        host: None,
        methods: Vec::new(),
        level: Some(Level::Worked),
        dry_run: false,
        no_exemptions: false,
        above_per_second: None,
    }
}

#[test]
fn every_mistake_is_told_at_once_with_why_and_how_to_fix_it() {
    let country = |country: &str| Some(country.to_owned());
    let edit = Edit {
        name: Some(" \n".to_owned()),
        hosts: add(&["*.com", "ftp://shop.example", "fine.example"]),
        work_floor: Some(40_000),
        work_ceiling: Some(39_999),
        count: Some(65),
        token_lifetime_seconds: Some(301),
        rules: Some(vec![
            rule(RuleMatch { country: country("KR"), ..RuleMatch::default() }),
            rule(RuleMatch {
                country: country("kr"),
                prefix: Some("192.0.2.1/24".to_owned()),
                hostname: Some("Shop.example".to_owned()),
                action: Some("log in".to_owned()),
                ..RuleMatch::default()
            }),
        ]),
        protect: Some(vec![
            path("account"),
            path("/account/*"),
            Protection { methods: vec!["post".to_owned()], ..path("/log-in") },
            Protection { host: Some("*.com".to_owned()), ..path("/search") },
        ]),
        ..Edit::default()
    };
    insta::assert_snapshot!(told(&edit));
}

#[test]
fn what_the_database_would_refuse_is_a_mistake_too() {
    let nowhere = HostsEdit::Change { add: Vec::new(), remove: vec!["shop.example".to_owned()] };
    assert!(told(&Edit { hosts: nowhere.clone(), ..Edit::default() }).contains("no hosts"));
    let around = HostsEdit::Replace(vec!["embedder:portal.example".to_owned()]);
    assert!(told(&Edit { hosts: around, ..Edit::default() }).contains("no hosts"));
    let here = Edit { hosts: nowhere, allow_loopback: Some(true), ..Edit::default() };
    assert!(here.apply(SITEKEY, &shop()).is_ok());
    let long = Edit { name: Some("가".repeat(101)), ..Edit::default() };
    assert!(told(&long).contains("1 to 100 visible characters"));
    let unknown = HostsEdit::Change { add: Vec::new(), remove: vec!["a.example".to_owned()] };
    assert!(told(&Edit { hosts: unknown, ..Edit::default() }).contains("shop.example"));
}

#[test]
fn bounds_are_the_edges_and_named() {
    for (edit, part) in [
        (Edit { work_floor: Some(0), ..Edit::default() }, "choose 1 or more"),
        (
            Edit { work_floor: Some(4_500_001), work_ceiling: Some(9_000_000), ..Edit::default() },
            "with 16 sub-puzzles, choose at most 4500000",
        ),
        (Edit { count: Some(0), ..Edit::default() }, "count must be 1 to 64"),
        (Edit { token_lifetime_seconds: Some(29), ..Edit::default() }, "30 to 300"),
        (
            Edit {
                hosts: HostsEdit::Replace((0..101).map(|n| format!("h{n}.example")).collect()),
                ..Edit::default()
            },
            "more than 100 hosts",
        ),
        (
            Edit { rules: Some(vec![rule(RuleMatch::default()); 101]), ..Edit::default() },
            "more than 100 rules",
        ),
        (
            Edit { protect: Some(vec![path("/a"); 101]), ..Edit::default() },
            "more than 100 rules about paths",
        ),
    ] {
        let told = told(&edit);
        assert!(told.starts_with("1 mistake") && told.contains(part), "{told}");
    }
    let most = Edit {
        work_floor: Some(1_125_000),
        count: Some(64),
        token_lifetime_seconds: Some(30),
        ..Edit::default()
    };
    assert!(most.apply(SITEKEY, &shop()).is_ok());
}

#[test]
fn a_host_is_kept_as_browsers_spell_it() {
    let after = |hosts| Edit { hosts, ..Edit::default() }.apply(SITEKEY, &shop()).unwrap().hosts;
    let written = ["https://Shop.Example/cart", "*.한국.example", "shop.example:8443"];
    let kept = ["shop.example", "*.xn--3e0b707e.example"];
    assert_eq!(after(add(&written)), kept);
    assert_eq!(after(HostsEdit::Replace(written.map(str::to_owned).into())), kept);
    let other = HostsEdit::Change {
        add: vec!["other.example".to_owned()],
        remove: vec!["SHOP.example".to_owned()],
    };
    assert_eq!(after(other), ["other.example"]);
}

#[test]
fn each_door_reads_a_host_alike() {
    let rows = include_str!("../../../../tests/contract/hosts.txt").lines();
    for (typed, read) in rows.filter_map(|line| line.split_once('\t')) {
        let instead = ["before.example", typed].map(str::to_owned).to_vec();
        for hosts in [add(&[typed]), HostsEdit::Replace(instead)] {
            let kept = Edit { hosts, ..Edit::default() }.apply(SITEKEY, &shop()).ok();
            let last = kept.as_ref().and_then(|settings| settings.hosts.last());
            assert_eq!(last.map_or("-", String::as_str), read, "{typed}");
        }
    }
}

#[test]
fn a_host_keeps_its_position_and_occurs_once() {
    let after = |hosts| Edit { hosts, ..Edit::default() }.apply(SITEKEY, &shop()).unwrap().hosts;
    assert_eq!(
        after(add(&["b.example", "shop.example", "b.example"])),
        ["shop.example", "b.example"]
    );
    let replaced = ["b.example", "a.example", "b.example"].map(str::to_owned).into();
    assert_eq!(after(HostsEdit::Replace(replaced)), ["b.example", "a.example"]);
    let both =
        HostsEdit::Change { add: vec!["b.example".into()], remove: vec!["b.example".into()] };
    assert!(told(&Edit { hosts: both, ..Edit::default() }).contains("both added and removed"));
}

#[test]
fn a_file_of_rules_is_read_as_it_is_printed() {
    let rules = vec![
        Rule {
            when: RuleMatch {
                asn: Some(64_500),
                country: Some("KR".into()),
                ..RuleMatch::default()
            },
            verdict: Verdict::Harder,
        },
        rule(RuleMatch::default()),
    ];
    assert_eq!(read_rules(&serde_json::to_string_pretty(&rules).unwrap()).unwrap(), rules);
    assert_eq!(read_rules("[]").unwrap(), []);
}

#[test]
fn a_rule_that_would_mean_more_than_was_written_is_refused() {
    for (text, part) in [
        ("", "not a JSON array"),
        ("{}", "not a JSON array"),
        (r#"[{"match":{},"verdict":"loud"}]"#, "rules[0]"),
        (r#"[{"match":{"countri":"KR"},"verdict":"block"}]"#, "rules[0].match.countri"),
        (r#"[{"match":{"country":null},"verdict":"block"}]"#, "rules[0].match.country"),
        (r#"[{"match":{},"country":"KR","verdict":"block"}]"#, "rules[0].country"),
        (r#"[{"verdict":"block"}]"#, "match"),
        (r#"[[{"country":"KR"},"block"]]"#, "rules[0]"),
        (r#"[{"match":[null,null,"KR"],"verdict":"block"}]"#, "rules[0]"),
        (r#"[{"match":{"country":"KR","country":"US"},"verdict":"block"}]"#, "duplicate"),
    ] {
        let mistakes = Mistakes(read_rules(text).expect_err(text)).to_string();
        assert!(mistakes.contains(part), "{text}: {mistakes}");
    }
    let two = r#"[{"match":{"a":1},"verdict":"block"},{"match":{"b":1},"verdict":"block"}]"#;
    assert_eq!(read_rules(two).unwrap_err().len(), 2);
}

#[test]
fn a_file_of_rules_about_paths_is_read_as_it_is_printed() {
    let rules = vec![
        Protection {
            host: Some("*.shop.example".into()),
            methods: vec!["GET".into(), "POST".into()],
            dry_run: true,
            no_exemptions: true,
            above_per_second: Some(50),
            ..path("/account/*")
        },
        Protection { level: None, ..path("/") },
    ];
    assert_eq!(read_protections(&serde_json::to_string_pretty(&rules).unwrap()).unwrap(), rules);
    assert_eq!(read_protections(r#"[{"path":"/a","dry_run":false}]"#).unwrap().len(), 1);
    assert_eq!(read_protections("[]").unwrap(), []);
}

#[test]
fn a_rule_about_paths_that_would_mean_something_else_is_refused() {
    for (text, part) in [
        ("", "malformed"),
        ("{}", "malformed"),
        (r#"[{"path":"/a"},{"path":"/a","levl":"worked"}]"#, "protect[1].levl"),
        (r#"[{"path":"/a","level":null}]"#, "protect[0].level"),
        (r#"[{"path":"/a","host":null}]"#, "protect[0].host"),
        (r#"[{"path":"/a","level":"loud"}]"#, "protect[0]"),
        (r#"[{"level":"worked"}]"#, "path"),
        (r#"[["/a",null,[],"worked",false,false]]"#, "protect[0]"),
        (r#"[{"path":"/a","path":"/b"}]"#, "duplicate"),
    ] {
        let mistakes = Mistakes(read_protections(text).expect_err(text)).to_string();
        assert!(mistakes.contains(part), "{text}: {mistakes}");
    }
    assert_eq!(read_protections(r#"[{"path":"/a","b":1,"c":2},{}]"#).unwrap_err().len(), 3);
}

#[test]
fn changes_name_each_field_that_differs_and_no_other() {
    let before = shop();
    assert_eq!(changes(&before, &before), []);
    let after = Settings {
        name: "Café".into(),
        hosts: vec![],
        allow_loopback: true,
        mode: Mode::Invisible,
        work: Work { floor: 1, ceiling: 2 },
        count: 1,
        token_lifetime_seconds: 30,
        fallback_allowed: false,
        under_attack: UnderAttack::On,
        pictures: vec![PictureKind::Grid, PictureKind::Turn],
        rules: vec![rule(RuleMatch::default())],
        protect: vec![Protection { dry_run: true, level: None, ..path("/a") }],
    };
    let changes = changes(&before, &after);
    insta::assert_snapshot!(serde_json::to_string_pretty(&changes).unwrap());
}

#[test]
fn the_undo_survives_a_shell() {
    let before = Settings {
        name: "It's \"$HOME\"; -x\\".into(),
        hosts: vec!["*.shop.example".into(), "[::1]".into()],
        pictures: vec![PictureKind::Area, PictureKind::Turn],
        rules: vec![rule(RuleMatch { country: Some("KR".into()), ..RuleMatch::default() })],
        protect: vec![path("/it's/$HOME/*")],
        ..shop()
    };
    let undo = Undo::of(SITEKEY, &before, &shop());
    // A `munjigi` that prints its input, and each argument on a line.
    let line = format!("munjigi() {{ cat; printf '\\n%s' munjigi \"$@\"; }}; {undo}");
    let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
    let words = undo.words.join("\n");
    let expected = format!("{}\n{words}", undo.stdin.unwrap());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn an_allow_of_more_than_a_prefix_of_one_s_own_is_warned_about_and_no_other_rule() {
    let rules = r#"[
        {"match":{"country":"KR","action":"login"},"verdict":"allow"},
        {"match":{"asn":4766,"country":"KR"},"verdict":"allow"},
        {"match":{"prefix":"192.0.2.0/24","country":"KR"},"verdict":"allow"},
        {"match":{"country":"KR"},"verdict":"harder"},
        {"match":{"action":"login"},"verdict":"allow"},
        {"match":{},"verdict":"allow"},
        {"match":{"prefix":"10.0.0.0/15"},"verdict":"allow"},
        {"match":{"prefix":"10.1.0.0/16"},"verdict":"allow"},
        {"match":{"prefix":"2001:db8::/31"},"verdict":"allow"},
        {"match":{"prefix":"2001:db8::/32"},"verdict":"allow"}
    ]"#;
    let warned = warnings(&read_rules(rules).unwrap());
    let begins = warned.iter().map(|one| one.to_string().split(':').next().unwrap().to_owned());
    let expected = [
        "Rule 1 turns off the counters for everyone in the country KR",
        "Rule 2 turns off the counters for everyone in the network AS4766",
        "Rule 7 turns off the counters for everyone in the prefix 10.0.0.0/15",
        "Rule 9 turns off the counters for everyone in the prefix 2001",
    ];
    assert_eq!(begins.collect::<Vec<_>>(), expected);
    let korean: Vec<String> =
        warned.iter().map(|one| one.text(Texts::of("ko".parse().unwrap())).to_string()).collect();
    for (text, value) in korean.iter().zip(["KR", "AS4766", "10.0.0.0/15", "2001:db8::/31"]) {
        let rest = text.replace(value, "");
        assert!(
            text.contains(value) && !rest.contains(|c: char| c.is_ascii_alphabetic()),
            "{text}"
        );
    }
}

#[test]
fn a_path_that_is_protected_alone_is_warned_about() {
    let warned = path_warnings(&["/login", "/account/*", "/Admin/"].map(path));
    let english: Vec<String> = warned.iter().map(ToString::to_string).collect();
    assert_eq!(english.len(), 2, "{english:?}");
    assert!(english[0].starts_with("Rule 1 protects /login alone."), "{english:?}");
    assert!(english[1].contains("add a rule for /Admin/*."), "{english:?}");
    let korean = warned[0].text(Texts::of("ko".parse().unwrap())).to_string();
    assert!(korean.contains("/login/*") && korean.contains('1'), "{korean}");
}

#[test]
fn the_rules_of_the_documents_are_read_and_need_no_warning() {
    let page = include_str!("../../../../docs/operation.md");
    let example = page.split("cat rules.json\n").nth(1).unwrap();
    let example = example.split("munjigi site set").next().unwrap();
    assert_eq!(warnings(&read_rules(example).unwrap()), []);
}
