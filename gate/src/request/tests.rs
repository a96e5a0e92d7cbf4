use axum::http::Request as HttpRequest;
use munjigi_captcha::{HttpVersion, TlsVersion};

use super::*;

const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);

fn ingress(public: Option<&str>) -> Ingress {
    let proxies = Proxies {
        header: Some("x-forwarded-for".parse().unwrap()),
        trusted: vec!["10.0.0.0/8".parse().unwrap()],
    };
    let public = public.map(|origin| PublicUrl {
        origin: origin.parse().unwrap(),
        base_path: "/captcha".to_owned(),
    });
    Ingress::new(Some(proxies), public, false)
}

fn inbound(
    ingress: &Ingress,
    peer: &str,
    headers: &[(&str, &str)],
    uri: &str,
) -> Result<Inbound<Request>, HostError> {
    let mut request = HttpRequest::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let caller = Caller { address: peer.parse().unwrap(), tls: None, is_direct: false };
    let url = ingress.url(&head, caller)?;
    Ok(ingress.inbound(head, url, Body::empty(), caller, NOW))
}

fn base(ingress: &Ingress, peer: &str, headers: &[(&str, &str)]) -> Result<String, HostError> {
    Ok(inbound(ingress, peer, headers, "/health")?.url().base().to_owned())
}

#[test]
fn a_url_has_the_host_that_was_asked_and_the_scheme_that_a_proxy_names() {
    let host = ("host", "captcha.example");
    let https = ("x-forwarded-proto", "https");
    let ours = |peer, headers: &[_]| base(&ingress(None), peer, headers).unwrap();
    assert_eq!(ours("10.0.0.1", &[host, https]), "https://captcha.example");
    assert_eq!(ours("10.0.0.1", &[host]), "http://captcha.example");
    assert_eq!(ours("192.0.2.1", &[host, https]), "http://captcha.example");
    assert_eq!(ours("192.0.2.1", &[("host", "127.0.0.1:8786")]), "http://127.0.0.1:8786");
}

#[test]
fn behind_a_public_url_other_hosts_are_refused() {
    let public = ingress(Some("https://captcha.example"));
    for host in ["captcha.example", "captcha.example:443", "127.0.0.1:8786", "[::1]", "localhost"] {
        let url = base(&public, "192.0.2.1", &[("host", host)]);
        assert_eq!(url.unwrap(), "https://captcha.example", "{host}");
    }
    for host in ["else.example", "captcha.example.else", "192.0.2.1"] {
        let url = base(&public, "192.0.2.1", &[("host", host)]);
        assert_eq!(url, Err(HostError::Other), "{host}");
        // What a proxy calls us is between it and us.
        assert!(base(&public, "10.0.0.1", &[("host", host)]).is_ok(), "{host}");
    }
    let absolute = inbound(&public, "192.0.2.1", &[], "http://else.example/health");
    assert_eq!(absolute.err(), Some(HostError::Other));
}

#[test]
fn a_request_without_one_valid_host_is_refused() {
    for public in [None, Some("https://captcha.example")] {
        let base = |headers: &[_]| base(&ingress(public), "192.0.2.1", headers);
        for host in ["", "a/v1/challenges?", "name@a", "a b", "a#", "[::1", "a\\b"] {
            assert_eq!(base(&[("host", host)]), Err(HostError::Invalid), "{host}");
        }
        assert_eq!(base(&[]), Err(HostError::Invalid));
        let twice = [("host", "captcha.example"), ("host", "captcha.example")];
        assert_eq!(base(&twice), Err(HostError::Invalid));
    }
}

#[test]
fn paths_are_normalised_as_browsers_do() {
    for (sent, path, query) in [
        ("/v1/../siteverify?a=b", "/siteverify", "a=b"),
        ("/v1/./challenges", "/v1/challenges", ""),
        ("/%76ersion", "/%76ersion", ""),
        ("//else.example/health", "//else.example/health", ""),
    ] {
        let inbound = inbound(&ingress(None), "192.0.2.1", &[("host", "a")], sent).unwrap();
        assert_eq!((inbound.url().path(), inbound.url().query()), (path, query), "{sent}");
    }
}

#[test]
fn what_is_taken_as_it_is_written_is_as_it_would_be_parsed() {
    let hosts = [
        "a.example",
        "A.example",
        "a.example:80",
        "a.example:443",
        "a.example:8080",
        "a.example:",
        "a.example:080",
        "a.example:99999",
        "127.0.0.1",
        "127.0.0.1:8786",
        "127.1",
        "0x7f.1",
        "a.0x7f",
        "127.0.0.01",
        "localhost",
        "localhost.",
        "xn--bcher-kva.example",
        "xn--a.example",
        "[::1]:80",
        "-a.example",
        "a..example",
        ".a",
        "1a",
        "a.1",
        "a_b.example",
        "b\u{fc}cher.example",
        "a%41",
    ];
    // Each pair of these follows each other somewhere.
    let pieces = [
        "/", "/a", ".", "..", "/.", "/..", "%2e", "%2E", "%2f", "%", "%zz", "?", "&", "=", "'",
        "\"", "<", "`", "{", "|", "^", "[", "\\", ";", ":", "@", "+", "*", "~", "//", "/captcha",
        WELL_KNOWN,
    ];
    let mut plain = 0;
    for public in [None, Some("https://a.example"), Some("http://localhost:8786")] {
        let ingress = ingress(public);
        for (host, peer) in hosts.iter().flat_map(|host| [(host, "10.0.0.1"), (host, "192.0.2.1")])
        {
            for (one, two) in pieces.iter().flat_map(|one| pieces.iter().map(move |two| (one, two)))
            {
                let asked =
                    HttpRequest::get(format!("/x{one}{two}y")).header("host", *host).body(());
                let Ok(asked) = asked else { continue };
                let (head, ()) = asked.into_parts();
                let caller = Caller { address: peer.parse().unwrap(), tls: None, is_direct: true };
                if let Some(url) = ingress.plain_url(&head, caller) {
                    let parsed = ingress.parsed_url(&head, caller).map(String::from);
                    assert_eq!(Ok(url), parsed, "{host} {one} {two}");
                    plain += 1;
                }
            }
        }
    }
    assert!(plain > 1_000, "{plain}");
}

#[test]
fn what_is_asked_below_the_path_of_the_public_url_is_asked_of_the_gate() {
    let public = ingress(Some("https://shop.example"));
    for (sent, path) in [
        ("/captcha/v1/challenges?a=b", "/v1/challenges"),
        ("/v1/challenges?a=b", "/v1/challenges"),
        ("/captcha/captcha/health?a=b", "/captcha/health"),
        ("/captcha/x/../health?a=b", "/health"),
        ("/.well-known/munjigi/health?a=b", "/health"),
        ("/captcha/.well-known/munjigi/health?a=b", "/health"),
        ("/captcha//health?a=b", "//health"),
        ("/captchas/health?a=b", "/captchas/health"),
        ("/captcha?a=b", "/captcha"),
    ] {
        let inbound = inbound(&public, "192.0.2.1", &[("host", "shop.example")], sent);
        let inbound = inbound.unwrap();
        let url = inbound.url();
        assert_eq!(
            (url.base(), url.path(), url.query()),
            ("https://shop.example", path, "a=b"),
            "{sent}"
        );
    }
}

#[test]
fn the_client_is_who_a_trusted_proxy_names() {
    let address = |peer, forwarded| {
        let headers = [("host", "a"), ("x-forwarded-for", forwarded)];
        let visit = inbound(&ingress(None), peer, &headers, "/").unwrap().visit();
        visit.address
    };
    assert_eq!(address("10.0.0.1", "203.0.113.7"), address("203.0.113.7", "198.51.100.1"));
    assert_ne!(address("10.0.0.1", "203.0.113.7"), address("10.0.0.1", "203.0.113.8"));
}

#[test]
fn several_headers_of_one_name_are_one() {
    let lines = [
        ("host", "a"),
        ("accept", "text/html"),
        ("cookie", "a=1"),
        ("accept", "*/*"),
        ("cookie", "b=2"),
    ];
    let inbound = inbound(&ingress(None), "192.0.2.1", &lines, "/").unwrap();
    assert_eq!(inbound.header("accept").as_deref(), Some("text/html, */*"));
    // Browsers send each cookie by itself in HTTP/2.
    assert_eq!(inbound.header("cookie").as_deref(), Some("a=1; b=2"));
    assert_eq!(inbound.header("referer"), None);
}

#[test]
fn a_proxy_and_a_private_network_speak_for_many() {
    let listed = Proxies {
        header: Some("x-forwarded-for".parse().unwrap()),
        trusted: vec!["198.51.100.0/24".parse().unwrap()],
    };
    let ingress = Ingress::new(Some(listed), None, false);
    let speaks = |peer: &str| ingress.is_shared_peer(peer.parse().unwrap());
    assert!(["198.51.100.7", "192.168.1.1", "127.0.0.1", "fd00::1"].into_iter().all(speaks));
    assert!(!speaks("203.0.113.7") && !speaks("2001:db8::1"));
}

#[test]
fn versions_speak_of_a_visitor_where_they_are_the_visitors_own() {
    let visit = |tls, is_direct, version| {
        let request = HttpRequest::get("https://a/").version(version).body(()).unwrap();
        let (head, ()) = request.into_parts();
        let caller = Caller { address: "203.0.113.7".parse().unwrap(), tls, is_direct };
        let ingress = ingress(None);
        let url = ingress.url(&head, caller).unwrap();
        let inbound = ingress.inbound(head, url, Body::empty(), caller, NOW);
        let (visit, url) = (inbound.visit(), inbound.url());
        let scheme = url.base().split(':').next().unwrap_or_default();
        (visit.http, visit.tls, scheme.to_owned())
    };
    let unknown = |scheme: &str| (HttpVersion::Unknown, TlsVersion::Unknown, scheme.to_owned());
    // A proxy speaks HTTP/1.1 for everybody.
    assert_eq!(visit(None, false, Version::HTTP_11), unknown("http"));
    assert_eq!(visit(Some("TLSv1.3"), false, Version::HTTP_11), unknown("https"));
    // Without TLS, browsers speak nothing else.
    assert_eq!(visit(None, true, Version::HTTP_11), unknown("http"));
    let own = |http, tls| (http, tls, "https".to_owned());
    assert_eq!(
        visit(Some("TLSv1.3"), true, Version::HTTP_2),
        own(HttpVersion::Two, TlsVersion::OneThree)
    );
    assert_eq!(
        visit(Some("TLSv1.2"), true, Version::HTTP_11),
        own(HttpVersion::One, TlsVersion::OneTwo)
    );
}

#[tokio::test]
async fn a_body_is_read_up_to_its_cap() {
    let ingress = ingress(None);
    let request = |body: &'static str| {
        let (head, ()) = HttpRequest::post("http://a/").body(()).unwrap().into_parts();
        let address = "203.0.113.7".parse().unwrap();
        let caller = Caller { address, tls: None, is_direct: true };
        ingress.inbound(head, "http://a/".to_owned(), Body::from(body), caller, NOW)
    };
    assert_eq!(request("four").source().read(None, 4).await, Ok(b"four".to_vec()));
    assert_eq!(request("fives").source().read(None, 4).await, Err(BodyError::TooLarge));
    assert_eq!(request("").source().read(Some(5), 4).await, Err(BodyError::TooLarge));
    let once = request("once");
    assert!(once.source().read(None, 4).await.is_ok());
    assert_eq!(once.source().read(None, 4).await, Err(BodyError::Broken));
}

#[test]
fn proxies_alone_ask_whether_a_request_may_continue_and_not_where_visitors_do() {
    let ingress = ingress(Some("https://captcha.example"));
    let headers = [("host", "captcha.example")];
    for (peer, is_operators) in [
        ("10.0.0.1", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("::ffff:127.0.0.1", true),
        ("192.0.2.1", false),
        ("192.168.0.1", false),
    ] {
        let asked = inbound(&ingress, peer, &headers, CLEARANCE_CHECK.path).unwrap();
        assert_eq!(asked.is_operators(), is_operators, "{peer}");
    }
    // A visitor's path that a proxy passes on as it came, and that a URL makes one.
    for path in [
        "/.well-known/munjigi/../../v1/clearance/check?path=/",
        "/.well-known/munjigi/..\\..\\v1\\clearance\\check?path=/",
        "/v1\\clearance\\check?path=/",
        "/v1/./clearance/check?path=/",
        "/v1/%2e/clearance/check?path=/",
    ] {
        let asked = inbound(&ingress, "10.0.0.1", &headers, path).unwrap();
        assert!(!asked.is_operators(), "{path}");
    }
    for base in [WELL_KNOWN, "/captcha", "/captcha/.well-known/munjigi"] {
        for (path, is_ours) in [("/v1/clearance/check?a=b", false), ("/clearance?to=b", true)] {
            let asked = inbound(&ingress, "10.0.0.1", &headers, &format!("{base}{path}")).unwrap();
            let is_it = path.starts_with(asked.url().path());
            assert_eq!(is_it, is_ours, "{base}{path}: {}", asked.url().path());
        }
    }
}
