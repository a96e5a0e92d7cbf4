//! Clearance on the platform in memory: from a refused path to an open one, and
//! what proxies and visitors may do wrong.

use munjigi_protocol::{ClearanceReply, Level, Problem, Protection, Rule};

use super::*;

mod rules;

const PAGE: &str = "<html lang=\"en\"><head><!--refresh--></head></html>";
const NAVIGATES: (&str, &str) = ("sec-fetch-mode", "navigate");

fn rule(path: &str, level: Level) -> Protection {
    Protection {
        path: path.to_owned(),
        host: None,
        methods: Vec::new(),
        level: Some(level),
        dry_run: false,
        no_exemptions: false,
        above_per_second: None,
    }
}

/// An edge whose site has these rules about paths.
fn protecting(protect: Vec<Protection>) -> Edge {
    judging(protect, Vec::new())
}

/// An edge whose site has these rules about paths and about visitors.
fn judging(protect: Vec<Protection>, rules: Vec<Rule>) -> Edge {
    let mut edge = Edge::new();
    edge.platform.put_asset("/_clearance/en.html", PAGE);
    let site = SiteConfig { version: 2, protect, rules, ..edge.site() };
    let path = format!("/internal/sites/{}", edge.sitekey);
    let put = signed("PUT", &path, serde_json::to_string(&site).unwrap(), 9);
    assert_eq!(edge.ask("PUT", &path, &put).status, 200);
    edge
}

fn guarded() -> Edge {
    protecting(vec![rule("/account/*", Level::Worked), rule("/read/*", Level::Waited)])
}

impl Edge {
    /// A request with headers.
    fn with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Response<Vec<u8>> {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.ask(method, path, &MemoryRequest { headers, body: Vec::new() })
    }

    /// What a proxy is told about a request for a path.
    fn check(
        &self,
        answer: &str,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Response<Vec<u8>> {
        let query = format!("sitekey={}&answer={answer}&method=GET&path={path}", self.sitekey);
        self.with("GET", &format!("/v1/clearance/check?{query}"), headers)
    }

    /// Redeems a token at the page for an errand.
    fn redeem(&self, to: &str, token: &str, cookies: &str) -> Response<Vec<u8>> {
        let body = json!({ "to": to, "token": token }).to_string().into_bytes();
        let headers = vec![("cookie", cookies.to_owned())];
        self.ask("POST", "/clearance", &MemoryRequest { headers, body })
    }

    /// The address that a refused visitor is sent to.
    fn errand(&self, path: &str) -> String {
        let refused = self.check("303", path, &[NAVIGATES]);
        assert_eq!(refused.status, 303);
        let page = header(&refused, "Location").unwrap();
        page.strip_prefix("/.well-known/munjigi/clearance?to=").unwrap().to_owned()
    }

    /// A cookie that was earned at the page.
    fn clearance(&self) -> String {
        let given =
            self.redeem(&self.errand("/account/"), &self.token(), "__Host-munjigi-rounds=0");
        assert_eq!(given.status, 200);
        cookie(&given, 0)
    }
}

fn header(response: &Response<Vec<u8>>, name: &str) -> Option<String> {
    response.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.to_string())
}

/// The pair of a cookie that is set.
fn cookie(response: &Response<Vec<u8>>, nth: usize) -> String {
    let set = response.headers.iter().filter(|(name, _)| *name == "Set-Cookie").nth(nth);
    set.unwrap().1.split(';').next().unwrap().to_owned()
}

fn text(response: &Response<Vec<u8>>) -> &str {
    let Body::Text(text) = &response.body else { panic!("no text: {response:?}") };
    text
}

#[test]
fn a_visitor_earns_a_path_and_comes_back_to_it() {
    let edge = guarded();
    let to = edge.errand("/account/orders?page=2");
    let page = edge.with("GET", &format!("/clearance?to={to}"), &[]);
    assert_eq!(page.status, 200);
    let root = format!(
        "<html data-state=\"work\" data-no-script=\"needed\" data-sitekey=\"{}\" \
         data-level=\"worked\" data-to=\"{to}\" data-back=\"/account/orders?page=2\" lang",
        edge.sitekey
    );
    assert!(text(&page).starts_with(&root), "{}", text(&page));
    let token = edge.token();
    let given = edge.redeem(&to, &token, &cookie(&page, 0));
    assert_eq!(read::<ClearanceReply>(&given).path, "/account/orders?page=2");
    let set = header(&given, "Set-Cookie").unwrap();
    assert!(
        set.starts_with("__Host-munjigi-clearance=mj1.")
            && set.ends_with("; Path=/; Max-Age=1800; Secure; HttpOnly; SameSite=Lax"),
        "{set}"
    );
    assert!(cookie(&given, 1).starts_with("__Host-munjigi-rounds=1."));
    let clearance = cookie(&given, 0);
    for answer in ["401", "303"] {
        let open = edge.check(answer, "/account/orders?page=2", &[("cookie", &clearance)]);
        assert_eq!(open.status, 200);
        assert_eq!(header(&open, "Munjigi-Level").as_deref(), Some("worked"));
        assert!(header(&open, "Munjigi-Score").unwrap().starts_with("0."));
        assert_eq!(header(&open, "Munjigi-Id").unwrap().len(), 16);
    }
    // The token is spent, here and at the site's back end.
    let again = edge.redeem(&to, &token, "__Host-munjigi-rounds=0");
    assert_eq!(read::<Problem>(&again).code.as_str(), "challenge-expired");
    assert!(!edge.verify(&token).success);
    let other = edge.token();
    assert!(edge.verify(&other).success);
    assert_eq!(edge.redeem(&to, &other, "__Host-munjigi-rounds=0").status, 410);
}

#[test]
fn a_check_asks_no_store() {
    let edge = guarded();
    let clearance = edge.clearance();
    edge.check("401", "/account/", &[]);
    let before = edge.platform.store_calls();
    for answer in ["401", "303", "refused"] {
        for headers in [&[("cookie", clearance.as_str())][..], &[NAVIGATES], &[]] {
            edge.check(answer, "/account/", headers);
        }
    }
    assert_eq!(edge.platform.store_calls(), before);
    edge.clearance();
    assert!(edge.platform.store_calls() > before);
}

#[test]
fn every_proxy_gets_its_form_and_a_refusal_is_never_200() {
    let edge = guarded();
    let status =
        |answer, headers: &[(&'static str, &str)]| edge.check(answer, "/account/", headers).status;
    for headers in [&[NAVIGATES][..], &[("sec-fetch-mode", "cors")], &[]] {
        assert_eq!(status("401", headers), 401);
    }
    for answer in ["303", "refused"] {
        assert_eq!(status(answer, &[NAVIGATES]), 303);
        assert_eq!(status(answer, &[("accept", "text/html,*/*")]), 303);
        for part in [
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-mode", "websocket"),
            ("sec-fetch-mode", "no-cors"),
            ("accept", "*/*"),
        ] {
            assert_eq!(status(answer, &[part]), 403, "{part:?}");
        }
        assert_eq!(status(answer, &[("accept", "text/html"), ("x-requested-with", "x")]), 403);
        assert_eq!(status(answer, &[NAVIGATES, ("sec-purpose", "prefetch;prerender")]), 403);
    }
    let problem: Problem = read(&edge.check("303", "/account/", &[]));
    let wanted = problem.clearance.unwrap();
    assert_eq!((problem.code.as_str(), wanted.level), ("clearance-required", Level::Worked));
    assert!(wanted.page.starts_with("/.well-known/munjigi/clearance?to=mj1."), "{}", wanted.page);
    // Who may continue by the time that nginx asks for the answer is sent on.
    let open = edge.check("refused", "/account/", &[("cookie", &edge.clearance())]);
    assert_eq!((open.status, header(&open, "Location").as_deref()), (303, Some("/account/")));
    // Open paths say so, so that no header of a visitor's is left.
    let open = edge.check("401", "/", &[("munjigi-level", "allowed")]);
    assert_eq!((open.status, header(&open, "Munjigi-Level").as_deref()), (200, Some("none")));
}

#[test]
fn a_form_gets_the_page_in_place_so_that_it_is_not_lost() {
    let edge = guarded();
    let query = format!("sitekey={}&answer=303&method=POST&path=/account/a\"%3C", edge.sitekey);
    let refused = edge.with("GET", &format!("/v1/clearance/check?{query}"), &[NAVIGATES]);
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains(" data-state=\"form\""), "{}", text(&refused));
    assert!(text(&refused).contains(" data-back=\"/account/a&quot;%3C\""), "{}", text(&refused));
    assert_eq!(cookie(&refused, 0), "__Host-munjigi-rounds=0.0");
    assert!(!text(&refused).contains(" data-crossed"), "{}", text(&refused));
}

/// Browsers send it again without cookies that are for this site's pages alone.
#[test]
fn a_form_of_another_site_s_page_has_cookies_that_come_with_it() {
    let edge = guarded();
    let query = format!("sitekey={}&answer=303&method=POST&path=/account/a", edge.sitekey);
    let asked = |site| {
        let headers = [NAVIGATES, ("sec-fetch-site", site)];
        let refused = edge.with("GET", &format!("/v1/clearance/check?{query}"), &headers);
        let rounds =
            refused.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        (text(&refused).contains(" data-crossed"), rounds.unwrap().1.to_string())
    };
    for (site, crossed, rule) in [
        ("cross-site", true, "SameSite=None; Partitioned"),
        ("same-site", false, "SameSite=Lax"),
        ("same-origin", false, "SameSite=Lax"),
    ] {
        let (has, rounds) = asked(site);
        assert_eq!((has, rounds.ends_with(rule)), (crossed, true), "{site}: {rounds}");
    }
}

#[test]
fn what_a_proxy_forgets_to_say_opens_nothing() {
    let edge = guarded();
    let sitekey = &edge.sitekey;
    for (query, headers) in [
        (format!("sitekey={sitekey}&answer=401"), vec![("x-forwarded-uri", "/")]),
        (format!("sitekey={sitekey}&answer=303"), vec![]),
        (format!("sitekey={sitekey}&answer=303&path="), vec![]),
        (format!("sitekey={sitekey}&answer=303&xpath=/"), vec![]),
        (format!("sitekey={sitekey}&answer=303"), vec![("x-forwarded-uri", "account")]),
        (format!("sitekey={sitekey}&path=/"), vec![]),
        (format!("sitekey={sitekey}&answer=200&path=/"), vec![]),
        (format!("sitekey={sitekey}&answer=303&fail=maybe&path=/"), vec![]),
        (format!("sitekey={sitekey}&sitekey={sitekey}&answer=303&path=/"), vec![]),
        ("answer=303&path=/".to_owned(), vec![]),
        (String::new(), vec![]),
    ] {
        let refused = edge.with("GET", &format!("/v1/clearance/check?{query}"), &headers);
        assert_eq!(refused.status, 403, "{query}");
        assert_eq!(read::<Problem>(&refused).code.as_str(), "clearance-misconfigured", "{query}");
    }
    let unknown = "sitekey=mj_00000000000000000000000000&answer=303&path=/";
    assert_eq!(edge.with("GET", &format!("/v1/clearance/check?{unknown}"), &[]).status, 404);
    // The path ends the query, whatever is in it.
    let path = format!("sitekey={sitekey}&answer=401&path=/account/?a&path=/");
    let refused = edge.with("GET", &format!("/v1/clearance/check?{path}"), &[]);
    assert_eq!(refused.status, 401);
    // An edge with one site knows which is meant.
    let mut single = guarded();
    single.platform.be_for(&edge.sitekey);
    for (path, status) in [("/", 200), ("/account/", 403)] {
        let query = format!("answer=303&path={path}");
        let answered = single.with("GET", &format!("/v1/clearance/check?{query}"), &[]);
        assert_eq!(answered.status, status, "{path}");
    }
    // Caddy and Traefik say it in headers.
    let headers = [("x-forwarded-uri", "/account/"), ("x-forwarded-method", "POST"), NAVIGATES];
    let query = format!("sitekey={sitekey}&answer=303");
    assert_eq!(edge.with("GET", &format!("/v1/clearance/check?{query}"), &headers).status, 403);
}

#[test]
fn a_query_that_names_a_part_of_the_request_leaves_nothing_to_headers() {
    let edge = guarded();
    let sitekey = &edge.sitekey;
    let forged = [
        ("x-forwarded-uri", "/robots.txt"),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-host", "other.example"),
    ];
    let asked = |query: &str| {
        let path = format!("/v1/clearance/check?sitekey={sitekey}&answer=303&{query}");
        edge.with("GET", &path, &forged).status
    };
    // A proxy that does not encode a method of `GET#` says no more than this.
    for query in ["method=GET", "method=GET#&path=/account/", "path=/account/"] {
        assert_eq!(asked(query), 403, "{query}");
    }
    assert_eq!(asked("path=/"), 200);
}

#[test]
fn a_cookie_of_another_browser_or_site_opens_nothing_and_stays() {
    let edge = guarded();
    let clearance = edge.clearance();
    for cookie in [format!("a=b; {clearance}x"), "__Host-munjigi-clearance=".into()] {
        let refused = edge.check("303", "/account/", &[("cookie", &cookie), NAVIGATES]);
        assert_eq!(refused.status, 303, "{cookie}");
        // A late picture of the page must not take the fresh cookie away.
        assert_eq!(header(&refused, "Set-Cookie"), None);
    }
    let long = format!("{}; {clearance}", "a".repeat(20_000));
    assert_eq!(edge.check("401", "/account/", &[("cookie", &long)]).status, 401);
    let both = format!("__Host-munjigi-clearance=old; b=c; {clearance}");
    assert_eq!(edge.check("401", "/account/", &[("cookie", &both)]).status, 200);
    let query = format!("sitekey={}&answer=401&path=/account/", edge.sitekey);
    let description = format!(
        "GET\nhttps://edge.example/v1/clearance/check?{query}\n192.0.2.1\nKR\n64500\n\n\n\n\n\n\ncurl/8.5.0\n\n\n\n\n\nown\n"
    );
    let headers = vec![("cookie", clearance)];
    let request = MemoryRequest { headers, body: Vec::new() };
    let inbound = Inbound::new(Described::new(description, request));
    assert_eq!(block_on(serve(&edge.platform, &inbound)).status, 401);
}

#[test]
fn without_cookies_or_with_too_many_rounds_the_page_says_so() {
    let edge = guarded();
    let to = edge.errand("/account/");
    let token = edge.token();
    let refused = edge.redeem(&to, &token, "a=b");
    assert_eq!(read::<Problem>(&refused).code.as_str(), "cookies-required");
    // The token is still good.
    assert_eq!(edge.redeem(&to, &token, "__Host-munjigi-rounds=16.1795000000").status, 200);
    let page = |cookie| edge.with("GET", &format!("/clearance?to={to}"), &[("cookie", cookie)]);
    assert!(text(&page("__Host-munjigi-rounds=16.1795000000")).contains("data-state=\"work\""));
    let ended = page("__Host-munjigi-rounds=17.1795000000");
    assert!(text(&ended).contains("data-state=\"loop\" data-back=\"/account/\""));
    assert!(header(&ended, "Set-Cookie").unwrap().contains("-rounds=; Path=/; Max-Age=0;"));
    let query = format!("sitekey={}&answer=303&method=POST&path=/account/", edge.sitekey);
    let headers = [NAVIGATES, ("cookie", "__Host-munjigi-rounds=17.1795000000")];
    let form = edge.with("POST", &format!("/v1/clearance/check?{query}"), &headers);
    assert!(text(&form).contains("data-state=\"loop\""));
    assert!(header(&form, "Set-Cookie").unwrap().contains("-rounds=; Path=/; Max-Age=0;"));
}

#[test]
fn a_step_up_is_no_round_and_a_cookie_that_does_not_help_is_one() {
    let edge = protecting(vec![rule("/in/*", Level::Pictured), rule("/*", Level::Worked)]);
    let given = edge.redeem(&edge.errand("/"), &edge.token(), "__Host-munjigi-rounds=0.0");
    let (worked, round) = (cookie(&given, 0), cookie(&given, 1));
    let rounds = |cookies: &str| {
        let token = edge.token_for("clearance/pictured");
        let given = edge.redeem(&edge.errand("/in/"), &token, cookies);
        let count = cookie(&given, 1);
        count.split(['=', '.']).nth(1).unwrap().to_owned()
    };
    assert_eq!(rounds(&format!("{worked}; {round}")), "2");
    assert_eq!(rounds(&round), "9");
}

#[test]
fn a_page_leads_nowhere_but_to_what_was_sealed() {
    let edge = guarded();
    let to = edge.errand("/account/");
    let cut = &to[1..];
    for query in ["", "to=", "to=https://evil.example/", &format!("to={cut}"), "to=%ff"] {
        let page = edge.with("GET", &format!("/clearance?{query}"), &[]);
        assert_eq!(page.status, 400, "{query}");
        assert!(text(&page).contains("data-state=\"stale\" data-back=\"/\""));
        assert_eq!(header(&page, "Location"), None);
    }
    assert_eq!(edge.redeem(cut, &edge.token(), "__Host-munjigi-rounds=0").status, 410);
    let cookie = edge.clearance();
    let open = edge.check("refused", "//evil.example/", &[NAVIGATES, ("cookie", &cookie)]);
    assert_eq!(header(&open, "Location").as_deref(), Some("/"));
    block_on(edge.platform.sleep(3_600_000));
    assert_eq!(edge.with("GET", &format!("/clearance?to={to}"), &[]).status, 400);
}

#[test]
fn without_a_script_a_visitor_waits_where_that_is_enough() {
    let edge = guarded();
    let to = edge.errand("/read/1");
    let page = edge.with("GET", &format!("/clearance?to={to}"), &[]);
    assert!(text(&page).contains("data-no-script=\"wait\""));
    let next = format!("/.well-known/munjigi/clearance?waited=1&amp;to={to}");
    let refresh = format!("<meta http-equiv=\"refresh\" content=\"6;url={next}\">");
    assert!(text(&page).contains(&refresh), "{}", text(&page));
    let wait = || edge.with("GET", &format!("/clearance?waited=1&to={to}"), &[]);
    assert_eq!(wait().status, 200, "too early");
    block_on(edge.platform.sleep(5_000));
    let given = wait();
    assert_eq!((given.status, header(&given, "Location").as_deref()), (303, Some("/read/1")));
    let clearance = cookie(&given, 0);
    let open = edge.check("401", "/read/2", &[("cookie", &clearance)]);
    assert_eq!((open.status, header(&open, "Munjigi-Level").as_deref()), (200, Some("waited")));
    assert_eq!(header(&open, "Munjigi-Score").as_deref(), Some("none"));
    assert_eq!(edge.check("401", "/account/", &[("cookie", &clearance)]).status, 401);
    // Waiting once is one clearance, however often it is fetched.
    let id = |given| {
        let open = edge.check("401", "/read/2", &[("cookie", &cookie(given, 0))]);
        header(&open, "Munjigi-Id").unwrap()
    };
    assert_eq!(id(&given), id(&wait()));
    // Nor does a link to it take a better one away.
    let worked = edge.clearance();
    let path = format!("/clearance?waited=1&to={to}");
    let kept = edge.with("GET", &path, &[("cookie", &worked)]);
    assert_eq!((kept.status, header(&kept, "Set-Cookie")), (303, None));
    // More than waiting cannot be waited for.
    let to = edge.errand("/account/");
    block_on(edge.platform.sleep(60_000));
    assert_eq!(edge.with("GET", &format!("/clearance?waited=1&to={to}"), &[]).status, 200);
}

#[test]
fn a_path_that_asks_for_a_picture_takes_what_replaces_one() {
    let edge = protecting(vec![rule("/account/*", Level::Pictured)]);
    let to = edge.errand("/account/");
    let level = |action: &str| {
        let given = edge.redeem(&to, &edge.token_for(action), "__Host-munjigi-rounds=0");
        let open = edge.check("401", "/account/", &[("cookie", &cookie(&given, 0))]);
        (open.status, header(&open, "Munjigi-Level"))
    };
    // The site has no pictures: eight times the work.
    assert_eq!(level("clearance/pictured"), (200, Some("pictured".to_owned())));
    assert_eq!(level("clearance"), (401, None));
}

#[test]
fn a_page_in_a_frame_of_another_site_gets_a_cookie_of_its_own() {
    let edge = guarded();
    let to = edge.errand("/account/");
    let page = edge.with("GET", &format!("/clearance?to={to}"), &[("sec-fetch-dest", "iframe")]);
    assert!(header(&page, "Set-Cookie").unwrap().ends_with("; SameSite=None; Partitioned"));
    let body = json!({ "to": to, "token": edge.token(), "framed": true }).to_string().into_bytes();
    let headers = vec![("cookie", cookie(&page, 0))];
    let given = edge.ask("POST", "/clearance", &MemoryRequest { headers, body });
    assert!(header(&given, "Set-Cookie").unwrap().ends_with("; SameSite=None; Partitioned"));
}
