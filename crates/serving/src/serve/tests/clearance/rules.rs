//! What rules about paths and about visitors decide and count: under load, in a dry
//! run, for link previews, and for strangers who ask.

use munjigi_protocol::{CountKind, RuleMatch, Verdict};

use super::*;

#[test]
fn a_rule_under_load_counts_a_request_once_and_a_second_question_not_at_all() {
    let limited = |above| Protection { above_per_second: Some(above), ..rule("/*", Level::Worked) };
    let edge = protecting(vec![limited(5)]);
    let check = |answer, path, from: usize| {
        let query = format!("sitekey={}&answer={answer}&method=GET&path={path}", edge.sitekey);
        let description = format!(
            "GET\nhttps://edge.example/v1/clearance/check?{query}\n192.0.{from}.1\nKR\n64500\n\n\n\n\n\n\nx\n\n\n\n\n\nown\n"
        );
        let request = MemoryRequest { headers: Vec::new(), body: Vec::new() };
        let inbound = Inbound::new(Described::new(description, request));
        block_on(serve(&edge.platform, &inbound)).status
    };
    // nginx asks again for the answer to send, and finds the way open.
    for from in 0..200 {
        assert_eq!(check("refused", "/a", from), 303, "{from}");
    }
    // A path that could be any is held in any case, and is no load.
    assert_eq!(check("401", "//x", 0), 200, "the rule is for every path as it is");
    let passed = (0..60).filter(|from| check("401", "/a", *from) == 200).count();
    assert_eq!(passed, 49, "five a second in ten seconds, of which one is above");
}

#[test]
fn a_stranger_is_told_nothing_and_counts_for_nothing() {
    let busy = Protection { above_per_second: Some(5), ..rule("/*", Level::Worked) };
    let dry = Protection { dry_run: true, ..rule("/*", Level::Pictured) };
    let edge = protecting(vec![dry, busy]);
    let taken = || edge.platform.state().unwrap().counts.with(|counts| counts.take(usize::MAX));
    taken();
    let ask = |from: usize, query: &str| {
        let description = format!(
            "GET\nhttps://edge.example/v1/clearance/check?{query}&answer=303&path=/account/\n192.0.{from}.1\nKR\n64500\n\n\n\n\n\n\nSlackbot 1.0\n"
        );
        let request = MemoryRequest::default();
        block_on(serve(&edge.platform, &Inbound::new(Described::new(description, request))))
    };
    let secret = edge.secret.reveal().to_string();
    let sitekey = &edge.sitekey;
    for from in 0..200 {
        for query in [
            format!("sitekey={sitekey}"),
            format!("sitekey={sitekey}&secret={}", &secret[1..]),
            format!("sitekey={sitekey}&secret="),
            format!("sitekey=mj_00000000000000000000000000&secret={secret}"),
            "sitekey=garbage&secret=x".to_owned(),
            "answer=401".to_owned(),
        ] {
            let refused = ask(from, &query);
            assert_eq!(
                (refused.status, read::<Problem>(&refused).code.as_str()),
                (404, "not-found")
            );
        }
    }
    assert_eq!(taken().into_iter().flatten().count(), 0);
    // A proxy elsewhere has a secret of the site; none of those before was a load.
    let told = ask(1, &format!("sitekey={sitekey}&secret={secret}"));
    assert_eq!(told.status, 200);
    assert_eq!(taken().into_iter().flatten().count(), 0, "its 30 previews were not used up");
}

#[test]
fn who_is_blocked_is_so_on_every_path_but_the_usually_open_ones() {
    let when = |prefix: &str, hostname: Option<&str>| RuleMatch {
        prefix: Some(prefix.to_owned()),
        hostname: hostname.map(str::to_owned),
        ..RuleMatch::default()
    };
    let of = |when| {
        let rules = vec![Rule { when, verdict: Verdict::Block }];
        let edge = judging(vec![rule("/account/*", Level::Worked)], rules);
        ["/", "/account/", "/robots.txt", "/.well-known/acme-challenge/x"].map(|path| {
            let headers = [NAVIGATES, ("host", "www.shop.example")];
            [edge.check("401", path, &headers).status, edge.check("303", path, &headers).status]
        })
    };
    let blocked = [[401, 403], [401, 403], [200, 200], [200, 200]];
    let open = [[200, 200], [401, 303], [200, 200], [200, 200]];
    assert_eq!(of(when("192.0.2.0/24", None)), blocked);
    assert_eq!(of(when("198.51.100.0/24", None)), open);
    assert_eq!(of(when("192.0.2.0/24", Some("www.shop.example"))), blocked);
    assert_eq!(of(when("192.0.2.0/24", Some("my.shop.example"))), open);
}

#[test]
fn a_tried_rule_lets_the_same_previews_through_and_counts_none_of_them() {
    let dry = Protection { dry_run: true, ..rule("/*", Level::Worked) };
    let edge = protecting(vec![dry]);
    let taken = || edge.platform.state().unwrap().counts.with(|counts| counts.take(usize::MAX));
    taken();
    for agent in ["Slackbot 1.0", "Slackbot 1.0", "curl/8"] {
        assert_eq!(edge.check("401", "/a", &[("user-agent", agent)]).status, 200);
    }
    let stops = taken().into_iter().flatten();
    let would: u64 =
        stops.filter(|it| it.kind == CountKind::WouldStop).map(|it| u64::from(it.count)).sum();
    assert_eq!(would, 1);
}

#[test]
fn a_dry_run_refuses_no_one_and_a_paused_site_is_open() {
    let dry = Protection { dry_run: true, ..rule("/*", Level::Pictured) };
    let edge = protecting(vec![dry]);
    let open = edge.check("401", "/account/", &[]);
    assert_eq!((open.status, header(&open, "Munjigi-Level").as_deref()), (200, Some("none")));
    let edge = protecting(vec![rule("/*", Level::Pictured)]);
    assert_eq!(edge.check("401", "/account/", &[]).status, 401);
    let worked = edge.check("401", "/account/", &[("cookie", &guarded().clearance())]);
    assert_eq!(worked.status, 401);
}

#[test]
fn what_a_rule_stops_is_counted_once_also_where_it_only_would() {
    let dry = Protection { dry_run: true, ..rule("/dry/*", Level::Worked) };
    let edge = protecting(vec![dry, rule("/account/*", Level::Worked)]);
    let cookie = edge.clearance();
    let taken = || edge.platform.state().unwrap().counts.with(|counts| counts.take(usize::MAX));
    taken();
    for (answer, path, headers) in [
        ("401", "/account/a", vec![]),
        // nginx asks again, for the answer to send.
        ("refused", "/account/a", vec![NAVIGATES]),
        ("303", "/account/b", vec![("cookie", "__Host-munjigi-clearance=x")]),
        ("303", "/dry/a", vec![]),
        ("401", "/account/a", vec![("cookie", cookie.as_str())]),
        ("401", "/open", vec![]),
    ] {
        edge.check(answer, path, &headers);
    }
    let mut stops: Vec<_> = taken().into_iter().flatten().collect();
    stops.retain(|count| matches!(count.kind, CountKind::Stopped | CountKind::WouldStop));
    stops.sort_by(|a, b| a.action.cmp(&b.action));
    let stops: Vec<_> = stops.iter().map(|it| (it.kind, it.action.as_str(), it.count)).collect();
    assert_eq!(stops, [(CountKind::Stopped, "/account/*", 2), (CountKind::WouldStop, "/dry/*", 1)]);
}

#[test]
fn a_dry_run_opens_nothing_that_a_rule_after_it_protects() {
    let dry = Protection { dry_run: true, ..rule("/*", Level::Pictured) };
    let edge = protecting(vec![dry, rule("/account/*", Level::Worked)]);
    let taken = || edge.platform.state().unwrap().counts.with(|counts| counts.take(usize::MAX));
    taken();
    assert_eq!(edge.check("401", "/account/", &[]).status, 401);
    assert_eq!(edge.check("401", "/", &[]).status, 200);
    let mut stops: Vec<_> = taken().into_iter().flatten().collect();
    stops.retain(|count| matches!(count.kind, CountKind::Stopped | CountKind::WouldStop));
    stops.sort_by(|a, b| a.action.cmp(&b.action));
    let stops: Vec<_> = stops.iter().map(|it| (it.kind, it.action.as_str(), it.count)).collect();
    assert_eq!(stops, [(CountKind::WouldStop, "/*", 2), (CountKind::Stopped, "/account/*", 1)]);
}

#[test]
fn a_rule_under_load_leaves_the_path_to_the_next_rule_until_there_is_load() {
    let busy = Protection { above_per_second: Some(2), ..rule("/*", Level::Worked) };
    let edge = protecting(vec![busy, rule("/account/*", Level::Waited)]);
    let statuses = |path: &str, number| {
        (0..number).map(|_| edge.check("401", path, &[]).status).collect::<Vec<_>>()
    };
    assert_eq!(statuses("/", 15), [200; 15]);
    assert_eq!(statuses("/account/", 5), [401; 5]);
    // More than 20 in ten seconds.
    assert_eq!(statuses("/", 3), [401; 3]);
    let open = edge.check("401", "/", &[("cookie", &edge.clearance())]);
    assert_eq!(open.status, 200);
}

#[test]
fn link_previews_of_a_protected_path_come_through_a_few_at_a_time() {
    let closed = Protection { no_exemptions: true, ..rule("/closed/*", Level::Worked) };
    let edge =
        protecting(vec![closed, rule("/own/*", Level::Allowed), rule("/account/*", Level::Worked)]);
    let named = |agent: &str, path: &str| {
        edge.check("303", path, &[("user-agent", agent), NAVIGATES]).status
    };
    let slack = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";
    for path in ["/closed/a", "/own/a"] {
        assert_ne!(named(slack, path), 200, "{path}");
    }
    assert_eq!(named("Mozilla/5.0", "/account/a"), 303);
    let posts = format!("sitekey={}&answer=401&method=POST&path=/account/a", edge.sitekey);
    let posts = format!("/v1/clearance/check?{posts}");
    assert_eq!(edge.with("GET", &posts, &[("user-agent", slack)]).status, 401);
    let shown: Vec<u16> = (0..40).map(|_| named(slack, "/account/a")).collect();
    assert_eq!(shown, [vec![200; 30], vec![303; 10]].concat());
    // A name takes nothing from who has clearance.
    assert_eq!(edge.check("303", "/account/a", &[("cookie", &edge.clearance())]).status, 200);
}
