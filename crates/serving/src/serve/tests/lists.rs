//! Lists from their publication to the visitors that a rule finds on them.

use munjigi_captcha::List;
use munjigi_protocol::{Rule, RuleMatch, Verdict};

use super::*;
use crate::ports::Values;

/// The visitor of these tests.
const ON: &str = "192.0.2.0/24";
const OFF: &str = "198.51.100.0/24";

fn list(version: u64, entry: &str) -> Vec<u8> {
    List::of(version, [entry.parse().unwrap()]).write()
}

/// An edge whose site blocks everyone who is on `tor-exits`.
fn blocking() -> Edge {
    let edge = Edge::new();
    let when = RuleMatch { list: Some("tor-exits".to_owned()), ..RuleMatch::default() };
    let rules = vec![Rule { when, verdict: Verdict::Block }];
    let site = SiteConfig { version: 2, rules, ..edge.site() };
    let path = format!("/internal/sites/{}", edge.sitekey);
    let put = signed("PUT", &path, serde_json::to_vec(&site).unwrap(), 200);
    assert_eq!(edge.ask("PUT", &path, &put).status, 200);
    edge
}

impl Edge {
    fn change(&self, method: &str, body: Vec<u8>, nonce: u8) -> u16 {
        let path = "/internal/lists/tor-exits";
        self.ask(method, path, &signed(method, path, body, nonce)).status
    }

    /// The code of a challenge; empty if one is issued.
    fn says(&self) -> String {
        let request = json!({
            "sitekey": self.sitekey, "hostname": "shop.example", "action": "", "cdata": "",
            "locale": "en", "widget": "0.1.0", "algorithms": ["hashwx"],
        });
        let answer: Value = read(&self.post("/v1/challenges", &request));
        answer["code"].as_str().unwrap_or_default().to_owned()
    }

    fn logged(&self, event: &str) -> bool {
        self.platform.lines().iter().any(|line| line.contains(event))
    }
}

#[test]
fn a_rule_finds_who_is_on_its_list() {
    let edge = blocking();
    assert_eq!(edge.change("PUT", list(1, OFF), 10), 204);
    assert_eq!(edge.says(), "");
    assert_eq!(edge.change("PUT", list(2, ON), 11), 204);
    assert_eq!(edge.says(), "blocked");
    assert_eq!(edge.change("PUT", list(3, "AS64500"), 12), 204);
    assert_eq!(edge.says(), "blocked");
    let delete = json!({ "version": 4 }).to_string().into_bytes();
    assert_eq!(edge.change("DELETE", delete, 13), 204);
    assert_eq!(edge.says(), "");
    assert!(edge.logged("list-missing"));
}

#[test]
fn no_one_is_on_a_list_that_is_missing_or_unreadable() {
    let edge = blocking();
    assert_eq!(edge.says(), "");
    assert!(edge.logged("list-missing"));
    let values = edge.platform.values().unwrap();
    block_on(values.store("list:tor-exits", "AAAA")).unwrap();
    block_on(edge.platform.sleep(5_000));
    assert_eq!(edge.says(), "");
    assert!(edge.logged("list-unreadable"));
}

#[test]
fn a_list_is_loaded_again_after_a_minute() {
    let edge = blocking();
    assert_eq!(edge.change("PUT", list(1, OFF), 10), 204);
    assert_eq!(edge.says(), "");
    let values = edge.platform.values().unwrap();
    block_on(values.store("list:tor-exits", &base64::encode(&list(2, ON)))).unwrap();
    block_on(edge.platform.sleep(59_999));
    assert_eq!(edge.says(), "");
    block_on(edge.platform.sleep(1));
    assert_eq!(edge.says(), "blocked");
}

#[test]
fn an_older_list_is_refused_and_so_are_other_bytes() {
    let edge = blocking();
    let deletion = |version: u64| json!({ "version": version }).to_string().into_bytes();
    let calls = [
        ("PUT", list(2, ON), 204),
        ("PUT", list(2, ON), 204),
        ("PUT", list(2, OFF), 409),
        ("PUT", list(1, ON), 409),
        ("PUT", vec![1, 2, 3], 400),
        ("DELETE", deletion(1), 409),
        ("DELETE", deletion(3), 204),
        ("DELETE", deletion(3), 204),
        ("PUT", list(3, ON), 409),
        ("PUT", list(4, ON), 204),
        ("DELETE", b"{}".to_vec(), 400),
    ];
    for ((method, body, status), nonce) in calls.into_iter().zip(20..) {
        assert_eq!(edge.change(method, body, nonce), status, "{nonce}");
    }
    let path = "/internal/lists/Tor";
    assert_eq!(edge.ask("PUT", path, &signed("PUT", path, list(1, ON), 60)).status, 400);
}
