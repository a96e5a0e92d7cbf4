use proptest::prelude::*;

use super::*;

#[test]
fn hosts_as_browsers_spell_them_are_read() {
    let longest =
        format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61));
    for text in [
        "shop.example",
        "a",
        "xn--bcher-kva.example",
        "1.example",
        "a--b.example",
        "localhost",
        "app.localhost",
        "192.0.2.7",
        "[2001:db8::1]",
        "[::1]",
        "[::ffff:c000:207]",
        longest.as_str(),
    ] {
        assert_eq!(Hostname::parse(text).map(|host| host.to_string()), Ok(text.to_owned()));
    }
}

#[test]
fn other_texts_are_refused_with_the_rule_they_break() {
    let long_label = format!("{}.example", "a".repeat(64));
    let long = format!("{}e", "abc.".repeat(63)).replace("abc.e", "abcd.e");
    for (text, error) in [
        ("", HostError::Empty),
        ("null", HostError::Empty),
        (long.as_str(), HostError::TooLong),
        (long_label.as_str(), HostError::TooLong),
        ("shop.example.", HostError::EmptyLabel),
        (".shop.example", HostError::EmptyLabel),
        ("shop..example", HostError::EmptyLabel),
        ("Shop.example", HostError::BadLabel),
        ("shop.example:443", HostError::BadLabel),
        ("shop_1.example", HostError::BadLabel),
        ("-a.example", HostError::BadLabel),
        ("a-.example", HostError::BadLabel),
        ("bücher.example", HostError::BadLabel),
        ("a.example,b.example", HostError::BadLabel),
        ("a b", HostError::BadLabel),
        ("*.example.com", HostError::BadLabel),
        ("192.0.2", HostError::BadAddress),
        ("192.0.2.256", HostError::BadAddress),
        ("192.0.2.07", HostError::BadAddress),
        ("3221225991", HostError::BadAddress),
        ("0x7f000001", HostError::BadAddress),
        ("a.0x1", HostError::BadAddress),
        ("[::1", HostError::BadAddress),
        ("[0:0:0:0:0:0:0:1]", HostError::BadAddress),
        ("[2001:DB8::1]", HostError::BadAddress),
        ("[2001:0db8::1]", HostError::BadAddress),
        ("[::ffff:192.0.2.7]", HostError::BadAddress),
        ("[fe80::1%eth0]", HostError::BadAddress),
        ("[192.0.2.7]", HostError::BadAddress),
        ("::1", HostError::BadLabel),
    ] {
        assert_eq!(Hostname::parse(text), Err(error), "{text}");
    }
}

#[test]
fn patterns_match_what_they_say() {
    for (pattern, host, matches) in [
        ("example.com", "example.com", true),
        ("example.com", "www.example.com", false),
        ("*.example.com", "example.com", true),
        ("*.example.com", "www.example.com", true),
        ("*.example.com", "a.b.example.com", true),
        ("*.example.com", "badexample.com", false),
        ("*.example.com", "example.com.evil.example", false),
        ("192.0.2.7", "192.0.2.7", true),
        ("[2001:db8::1]", "[2001:db8::1]", true),
        ("localhost", "localhost", true),
    ] {
        let parsed = HostPattern::parse(pattern).unwrap();
        assert_eq!(parsed.to_string(), pattern);
        assert_eq!(parsed.matches(&Hostname::parse(host).unwrap()), matches, "{pattern} {host}");
    }
}

#[test]
fn wildcards_over_too_much_are_refused() {
    for pattern in ["*.com", "*.localhost", "*.a.localhost", "*.192.0.2.7", "*.[::1]"] {
        assert_eq!(HostPattern::parse(pattern), Err(HostError::BadWildcard), "{pattern}");
    }
    assert_eq!(HostPattern::parse("*"), Err(HostError::BadLabel));
    assert_eq!(HostPattern::parse("*.*.example.com"), Err(HostError::BadLabel));
    assert_eq!(HostPattern::parse("a.*.example.com"), Err(HostError::BadLabel));
    assert_eq!(HostPattern::parse("*."), Err(HostError::Empty));
}

#[test]
fn loopback_names_are_known() {
    for (text, loopback) in [
        ("localhost", true),
        ("app.localhost", true),
        ("127.0.0.1", true),
        ("127.255.3.9", true),
        ("[::1]", true),
        ("notlocalhost", false),
        ("localhost.example", false),
        ("128.0.0.1", false),
        ("127.example", false),
    ] {
        assert_eq!(Hostname::parse(text).unwrap().is_loopback(), loopback, "{text}");
    }
}

#[test]
fn the_host_of_a_header_is_read_without_its_port() {
    for (url, host) in [
        ("https://shop.example", Some("shop.example")),
        ("https://shop.example:8443/a?b#c", Some("shop.example")),
        ("http://127.0.0.1:8788/", Some("127.0.0.1")),
        ("http://[::1]:8788/x", Some("[::1]")),
        ("http://[::1]", Some("[::1]")),
        ("null", None),
        ("", None),
        ("about:srcdoc", None),
        ("file:///etc/hosts", None),
        ("https://user@shop.example/", None),
        ("https:///path", None),
    ] {
        assert_eq!(Hostname::of_url(url).map(|host| host.to_string()).as_deref(), host, "{url}");
    }
}

proptest! {
    #[test]
    fn what_is_read_is_spelt_as_it_was(text in "[a-zA-Z0-9.:*_\\[\\]-]{0,40}") {
        if let Ok(host) = Hostname::parse(&text) {
            prop_assert_eq!(host.as_str(), text.as_str());
        }
        if let Ok(pattern) = HostPattern::parse(&text) {
            prop_assert_eq!(pattern.to_string(), text);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,300}") {
        let _ = Hostname::parse(&text);
        let _ = HostPattern::parse(&text);
        let _ = Hostname::of_url(&text);
    }

    #[test]
    fn names_of_labels_are_read(labels in prop::collection::vec("[a-z]([a-z0-9-]{0,20}[a-z0-9])?", 1..6)) {
        let name = labels.join(".");
        prop_assume!(name != "null");
        prop_assert!(Hostname::parse(&name).is_ok());
    }
}
