use munjigi_protocol::SiteConfig;

use super::*;
use crate::contract::site_config;
use crate::site::{Exemption, SiteError};

fn rule(path: &str, level: Option<Level>) -> Protection {
    Protection {
        path: path.to_owned(),
        host: None,
        methods: Vec::new(),
        level,
        dry_run: false,
        no_exemptions: false,
        above_per_second: None,
    }
}

fn parse(protect: Vec<Protection>) -> Result<Site, SiteError> {
    let config = site_config("mj_00000000000000000000000000", Vec::new());
    Site::parse(&SiteConfig { protect, ..config }, Exemption::Ignored)
}

fn level(site: &Site, method: &str, host: Option<&str>, path: &str) -> Option<Level> {
    site.guards(&Wanted::new(method, host, path)).first().and_then(|found| found.guard.level)
}

/// Servers that ignore case by Unicode's rules take these letters for `s`, `k`, `i`.
#[test]
fn letters_that_fold_to_ascii_open_nothing() {
    let rules = ["/basket/*", "/book/*", "/edit/*", "/ışık/*"];
    let site = parse(rules.map(|path| rule(path, Some(Level::Worked))).to_vec()).unwrap();
    for path in [
        "/ba%C5%BFket/1",
        "/baſket/1",
        "/boo%E2%84%AA/1",
        "/boo%25E2%2584%25AA/1",
        "/ed%C4%B1t/1",
        "/ED%C4%B0T/1",
        "/%C4%B1%C5%9F%C4%B1k/1",
        "/%C4%B1%C5%9F%C4%B1%E2%84%AA/1",
        "/I%C5%9F%C4%B1K/1",
    ] {
        assert_eq!(level(&site, "GET", None, path), Some(Level::Worked), "{path}");
    }
    assert_eq!(level(&site, "GET", None, "/%C5%9F%C4%B1k/1"), None);
}

#[test]
fn every_spelling_of_a_protected_path_is_protected() {
    let site = parse(vec![rule("/account/*", Some(Level::Worked))]).unwrap();
    for path in [
        "/account/",
        "/account",
        "/account/orders?page=2",
        "/ACCOUNT/orders",
        "//account/orders",
        "/%61ccount/orders",
        "/%2561ccount/orders",
        "/x/../account/orders",
        "/./account/a",
        "/account%2Forders",
        "/account%5corders",
        "/account;v=1/orders",
        "/x/%2e%2e/account/a",
        "\\account\\orders",
        "/account//orders",
        "/account/../account/x",
        "/%61ccount%3fx",
        "/%61ccount%23x",
        "/account;/orders",
        "/account%3b/orders",
        "/account%252forders",
    ] {
        assert_eq!(level(&site, "GET", None, path), Some(Level::Worked), "{path}");
    }
    for path in [
        "/",
        "/accounts",
        "/shop",
        "/shop/account",
        "/shop?next=/account/../account/",
        // Escapes that pages write into their own links.
        "/wiki/AC%2FDC",
        "/wiki/What%3F",
        "/100%25-cotton",
        "/a%20b/%EA%B0%80",
        "/shop;colour=red/shoes",
        "/.git/config",
        "/a/..b/c...d",
    ] {
        assert_eq!(level(&site, "GET", None, path), None, "{path}");
    }
}

#[test]
fn what_no_browser_sends_is_held_to_the_strictest_rule_that_it_could_mean() {
    let open = rule("/open/*", None);
    let strict = rule("/account/*", Some(Level::Pictured));
    let site = parse(vec![rule("/read/*", Some(Level::Waited)), strict.clone(), open.clone()]);
    let site = site.unwrap();
    for path in [
        "/x/../account//../orders",
        "/%61ccount//../orders",
        "/x/../admin//../users",
        "/%6cogin//..",
        "/%61ccount/%2e%2e/x",
        "/read/../x",
        "/x//y",
        "//x",
        "/x/./y",
        "/x/..",
        "/x/.",
        "/x/..;a=b/y",
        "/x/;a/y",
        "/x/;",
        "/x/%2e%2e/y",
        "/x/%252e%252e/y",
        "/x/%25252e%25252e/y",
        "/x/%2f/y",
        "/x\\y",
        "/x%00y",
        "/x%0ay",
        "/x%7fy",
        "/x%zz",
        "/x%u0061",
        "/x%",
        "/robots.txt#/../x",
        "/open/../x",
        "/open/%2e%2e/x",
        "*",
        "",
        "http://shop.example/x",
    ] {
        assert_eq!(level(&site, "GET", None, path), Some(Level::Pictured), "{path:?}");
        // A spelling that a rule covers is one of its requests nevertheless.
        let wanted = Wanted::new("GET", None, path);
        let is_spelling = path.starts_with("/%61ccount/");
        assert_eq!(site.guards(&wanted)[0].is_certain, is_spelling, "{path:?}");
    }
    // Where it stands behind a rule that opens what it plainly is, that opens it.
    let site = parse(vec![Protection { methods: vec!["GET".to_owned()], ..strict }, open]).unwrap();
    assert_eq!(level(&site, "PUT", None, "/open/x"), None);
    assert_eq!(level(&site, "PUT", None, "/account/x"), None);
    for method in ["FOO", "get", "PROPFIND", "GET#", "M-SEARCH", "TRACE", ""] {
        let asked = |path| level(&site, method, None, path);
        assert_eq!(asked("/account/x"), Some(Level::Pictured), "{method}");
        assert_eq!(asked("/x"), None, "{method}");
    }
}

#[test]
fn a_rule_that_is_tried_opens_nothing_and_a_rule_that_opens_ends_the_search() {
    let tried = |rule: Protection| Protection { dry_run: true, ..rule };
    let site = parse(vec![
        tried(rule("/*", None)),
        tried(rule("/a/*", Some(Level::Allowed))),
        rule("/a/*", None),
        rule("/*", Some(Level::Worked)),
    ]);
    let site = site.unwrap();
    let found = |path| {
        let found = site.guards(&Wanted::new("GET", None, path));
        found.iter().map(|found| (found.place, found.is_certain)).collect::<Vec<_>>()
    };
    assert_eq!(found("/a/b"), [(1, true), (2, true)]);
    assert_eq!(found("/b"), [(3, true)]);
    assert_eq!(found("/a/../b"), [(1, true), (3, true)]);
    assert_eq!(found("/x/../b"), [(1, false), (3, true)]);
}

#[test]
fn what_stands_behind_a_file_is_protected_with_it() {
    let site = parse(vec![
        rule("/wp-login.php", Some(Level::Worked)),
        rule("/*.cgi", Some(Level::Worked)),
        rule("/login", Some(Level::Worked)),
    ]);
    let site = site.unwrap();
    for path in [
        "/wp-login.php",
        "/wp-login.php/",
        "/wp-login.php/x",
        "/WP-login.php/x/y?z",
        "/wp-login.php/../x.php/",
        "/bin/a.cgi/b",
        "/login",
        "/login/",
    ] {
        assert_eq!(level(&site, "POST", None, path), Some(Level::Worked), "{path}");
    }
    for path in ["/wp-login.phpx", "/wp-login", "/login/x", "/login.json"] {
        assert_eq!(level(&site, "POST", None, path), None, "{path}");
    }
}

#[test]
fn a_host_that_is_none_of_the_sites_could_be_any() {
    let of =
        |host: &str, level| Protection { host: Some(host.to_owned()), ..rule("/*", Some(level)) };
    let site =
        parse(vec![of("www.shop.example", Level::Waited), of("my.shop.example", Level::Pictured)]);
    let site = site.unwrap();
    for (host, needs) in [
        (Some("www.shop.example"), Some(Level::Waited)),
        (Some("blog.shop.example"), None),
        (Some("other.example"), Some(Level::Pictured)),
        (Some("localhost"), Some(Level::Pictured)),
        (Some("192.0.2.1"), Some(Level::Pictured)),
        (Some("my.shop.example, www.shop.example"), Some(Level::Pictured)),
        (Some(""), Some(Level::Pictured)),
        (None, Some(Level::Pictured)),
    ] {
        assert_eq!(level(&site, "GET", host, "/x"), needs, "{host:?}");
    }
}

/// How servers read the path of a request, each in its own way.
mod readers {
    use super::super::spelling::decoded;

    /// As Node's `new URL`, Deno, Bun and Workers: the URL standard.
    pub fn url_standard(path: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://shop.example{path}")).ok()?;
        Some(url.path().to_owned())
    }

    /// As RFC 3986, section 5.2.4: an empty segment is a segment.
    pub fn rfc_3986(path: &str) -> String {
        let (mut kept, mut rest) = (Vec::new(), path.split('/').skip(1).peekable());
        while let Some(segment) = rest.next() {
            let is_last = rest.peek().is_none();
            match segment {
                "." | ".." => {
                    if segment == ".." {
                        kept.pop();
                    }
                    if is_last {
                        kept.push("");
                    }
                }
                segment => kept.push(segment),
            }
        }
        format!("/{}", kept.join("/"))
    }

    /// As nginx and Apache: decoded, slashes merged, then resolved.
    pub fn merged(path: &str) -> String {
        let mut text = decoded(path);
        while text.contains("//") {
            text = text.replace("//", "/");
        }
        rfc_3986(&text)
    }

    /// As Python's servers: decoded and nothing else.
    pub fn once(path: &str) -> String {
        decoded(path)
    }

    /// As a server behind a proxy that decodes as well.
    pub fn twice(path: &str) -> String {
        decoded(&decoded(path))
    }

    /// As Tomcat: without parameters, decoded, resolved.
    pub fn without_parameters(path: &str) -> String {
        let names = path.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
        merged(&names.collect::<Vec<_>>().join("/"))
    }

    /// As servers on Windows.
    pub fn with_backslashes(path: &str) -> String {
        rfc_3986(&decoded(path).replace('\\', "/"))
    }
}

/// Paths as each server may read one.
fn read_by_all(path: &str) -> Vec<String> {
    let mut read = vec![
        readers::rfc_3986(path),
        readers::merged(path),
        readers::once(path),
        readers::twice(path),
        readers::without_parameters(path),
        readers::with_backslashes(path),
    ];
    read.extend(readers::url_standard(path));
    // Frameworks resolve what servers have decoded, and the other way round.
    for text in read.clone() {
        read.extend([readers::rfc_3986(&text), readers::merged(&text), readers::once(&text)]);
    }
    read
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(20_000))]

    #[test]
    fn what_one_reader_takes_for_a_protected_path_has_a_level(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "/", "/", "/", "account", "account", "orders", "a", "x", ".", "..", "//", ";", ";v=1",
                "\\", "%2e", "%2E", "%2f", "%2F", "%5c", "%25", "%61", "%41ccount", "%3b", "%3f",
                "%00", "%252e", "%252f", "robots.txt", "feed", "open", ".well-known", "?", "%",
            ]),
            1..12,
        ),
    ) {
        let path = format!("/{}", parts.concat());
        let site = parse(vec![
            rule("/open/*", None),
            rule("/account/*", Some(Level::Worked)),
        ]);
        let site = site.unwrap();
        let is_protected = |read: &String| {
            let read = read.to_ascii_lowercase();
            (read == "/account" || read.starts_with("/account/")) && !is_exempt(&read)
        };
        let raw = path.split('?').next().unwrap_or_default();
        if let Some(read) = read_by_all(raw).iter().find(|read| is_protected(read)) {
            let needs = level(&site, "GET", Some("shop.example"), &path);
            proptest::prop_assert_eq!(needs, Some(Level::Worked), "{} is {}", path, read);
        }
    }
}

#[test]
fn an_exemption_holds_for_plain_paths_alone() {
    let rules = vec![rule("/api/*", None), rule("/*", Some(Level::Worked))];
    let site = parse(rules).unwrap();
    for path in [
        "/api/orders",
        "/api/",
        "/api/%EA%B0%80",
        "/robots.txt",
        "/.well-known/acme-challenge/x",
        "/blog/feed/",
        "/archive/feed.xml",
        "/archive/rss",
        "/index.xml",
        "/posts/index.xml",
        "/manifest.json",
        "/blog/feed/atom/",
        "/feed/rss2",
        "/blog/all.atom",
        "/hooks/webhooks/x",
        "/sitemap-1.xml",
        "/webhooks/payments",
        "/healthz",
        "/%EA%B0%80/feed",
    ] {
        assert_eq!(level(&site, "GET", None, path), None, "{path}");
    }
    for path in [
        "/",
        "/api",
        "/api/../secret",
        "/api/%2e%2e/secret",
        "/api/..;/secret",
        "//api/orders",
        "/secret/..%2frobots.txt",
        "/.well-known/../secret",
        "/secret;/feed",
        "/secret%2ffeed/",
        "/webhooks/../secret",
        "/api\\..\\secret",
        "/robots.txt/secret",
        "/sitemap.xm",
        "/feed.xml/secret",
        "/feed/secret",
        "/feed/atom/secret",
        "/secret.php/feed/atom",
        "/secret.php/feed",
        "/secret.php/webhooks/x",
        "/secret.php/x/all.rss",
        "/atom.html",
        "/feeds",
    ] {
        assert_eq!(level(&site, "GET", None, path), Some(Level::Worked), "{path}");
    }
    let all = Protection { no_exemptions: true, ..rule("/*", Some(Level::Worked)) };
    let site = parse(vec![all]).unwrap();
    assert_eq!(level(&site, "GET", None, "/robots.txt"), Some(Level::Worked));
}

#[test]
fn a_rule_may_name_host_and_methods_and_the_first_decides() {
    let rules = vec![
        Protection {
            host: Some("*.shop.example".to_owned()),
            methods: vec!["POST".to_owned(), "GET".to_owned()],
            ..rule("/login", Some(Level::Pictured))
        },
        rule("/login", Some(Level::Waited)),
    ];
    let site = parse(rules).unwrap();
    for (method, host, needs) in [
        ("POST", "www.shop.example", Level::Pictured),
        ("POST", "WWW.shop.example.:8443", Level::Pictured),
        ("HEAD", "www.shop.example", Level::Pictured),
        ("post", "www.shop.example", Level::Pictured),
        ("PUT", "www.shop.example", Level::Waited),
        // It could be any host.
        ("POST", "other.example", Level::Pictured),
        ("POST", "shop_example", Level::Pictured),
    ] {
        assert_eq!(level(&site, method, Some(host), "/login"), Some(needs), "{method} {host}");
    }
}

#[test]
fn a_rule_in_another_script_is_a_rule() {
    let site = parse(vec![rule("/계정/*", Some(Level::Worked))]).unwrap();
    let path = "/%EA%B3%84%EC%A0%95/%EC%A3%BC%EB%AC%B8";
    assert_eq!(level(&site, "GET", None, path), Some(Level::Worked));
}

#[test]
fn rules_that_cannot_match_are_refused() {
    for path in ["", "login", "/a b", "/a?b", "/a%20b", "/a\\b", "/a;b", "/*/*/*/*/*"] {
        let refused = parse(vec![rule("/", None), rule(path, None)]);
        assert_eq!(refused.unwrap_err(), SiteError::Protection(1), "{path}");
    }
    let of = |methods: &[&str]| {
        let methods = methods.iter().map(|method| (*method).to_owned()).collect();
        parse(vec![Protection { methods, ..rule("/", None) }])
    };
    assert!(of(&["GET", "PROPFIND"]).is_ok());
    assert!(of(&["get"]).is_err() && of(&[""]).is_err());
    let many = vec![rule("/", None); MAX_PROTECTIONS + 1];
    assert_eq!(parse(many).unwrap_err(), SiteError::TooManyProtections);
}
