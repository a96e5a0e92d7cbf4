//! Each vendor's fields, codes and lifetimes, at its own path and by the
//! shape of the secret.

use munjigi_protocol::SiteverifyRequest;
use serde_json::{Value, json};

use crate::contract::{Fault, World};
use crate::credentials::Vendor;
use crate::receipt::Receipt;
use crate::siteverify::{Body, Dialect, Outcome};
use crate::test_sitekeys::DUMMY_TOKEN;

fn body(outcome: &Outcome) -> Value {
    serde_json::to_value(Body(outcome)).unwrap()
}

/// The answer at a path, which must have status 200.
pub(super) fn ask(world: &mut World, path: Option<Vendor>, request: &SiteverifyRequest) -> Value {
    let outcome = world.siteverify_at(path, request);
    assert_eq!((outcome.status, outcome.retry_after), (200, None));
    body(&outcome)
}

fn refusal(code: &str) -> Value {
    json!({ "success": false, "error-codes": [code] })
}

#[test]
fn a_valid_token_is_described_as_each_vendor_does() {
    let good = json!({ "success": true, "hostname": "shop.example" });
    let with = |more: Value| {
        let mut all = good.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    for (path, expected) in [
        (
            None,
            with(json!({
                "challenge_ts": "2025-11-20T07:30:00.250Z", "action": "login",
                "cdata": "order-17", "score": 0.95, "reasons": ["too-little-data"], "error-codes": [],
                "metadata": {
                    "id": "", "interactive": false, "algorithm": "hashwx", "country": "", "asn": 64_500,
                },
            })),
        ),
        (
            Some(Vendor::Recaptcha),
            with(json!({
                "challenge_ts": "2025-11-20T07:30:00Z", "score": 0.95, "action": "login",
            })),
        ),
        (
            Some(Vendor::Hcaptcha),
            with(json!({
                "challenge_ts": "2025-11-20T07:30:00Z", "credit": false,
                "score": 0.05, "score_reason": ["too-little-data"],
            })),
        ),
        (
            Some(Vendor::Turnstile),
            with(json!({
                "challenge_ts": "2025-11-20T07:30:00.250Z", "error-codes": [], "action": "login",
                "cdata": "order-17", "metadata": { "interactive": false },
            })),
        ),
    ] {
        let mut world = World::new();
        let token = world.fresh_token();
        let request = world.verification(&token);
        let mut answer = ask(&mut world, path, &request);
        if let Some(id) = answer.pointer_mut("/metadata/id") {
            assert!(Receipt::open(&world.authority, id.as_str().unwrap()).is_ok());
            *id = "".into();
        }
        assert_eq!(answer, expected, "{path:?}");
    }
}

#[test]
fn what_is_refused_has_each_vendor_s_code() {
    use Vendor::{Hcaptcha, Recaptcha, Turnstile};
    for path in [None, Some(Recaptcha), Some(Hcaptcha), Some(Turnstile)] {
        let is_hcaptcha = path == Some(Hcaptcha);
        let of = |general: &'static str, own: &'static str| {
            refusal(if is_hcaptcha { own } else { general })
        };
        let mut world = World::new();
        let token = world.fresh_token();
        let good = world.verification(&token);
        let nothing = SiteverifyRequest::default();
        assert_eq!(
            ask(&mut world, path, &nothing),
            json!({
                "success": false,
                "error-codes": ["missing-input-secret", "missing-input-response"],
            })
        );
        let request = SiteverifyRequest { secret: Some("0x1".to_owned()), ..good.clone() };
        assert_eq!(ask(&mut world, path, &request), refusal("invalid-input-secret"));
        let request = world.verification("garbage");
        assert_eq!(ask(&mut world, path, &request), refusal("invalid-input-response"));
        let request = world.verification(DUMMY_TOKEN);
        assert_eq!(
            ask(&mut world, path, &request),
            of("invalid-input-response", "not-using-dummy-passcode")
        );
        let other = SiteverifyRequest { sitekey: Some("mj_other".to_owned()), ..good.clone() };
        assert_eq!(
            ask(&mut world, path, &other),
            of("invalid-input-response", "sitekey-secret-mismatch")
        );
        let own = world.site.sitekey.to_string();
        let named = SiteverifyRequest { sitekey: Some(own), ..good.clone() };
        assert_eq!(ask(&mut world, path, &named)["success"], true);
        assert_eq!(
            ask(&mut world, path, &good),
            of("timeout-or-duplicate", "already-seen-response")
        );
        let token = world.fresh_token();
        let late = world.verification(&token);
        world.now.0 += 301_000;
        assert_eq!(
            ask(&mut world, path, &late),
            of("timeout-or-duplicate", "expired-input-response")
        );
    }
}

#[test]
fn a_token_lives_as_long_as_each_vendor_s_does() {
    for (path, seconds) in [
        (None, 300),
        (Some(Vendor::Recaptcha), 120),
        (Some(Vendor::Hcaptcha), 120),
        (Some(Vendor::Turnstile), 300),
    ] {
        for (after, is_good) in [(seconds - 1, true), (seconds, false)] {
            let mut world = World::new();
            let token = world.fresh_token();
            let request = world.verification(&token);
            world.now.0 += after * 1_000;
            let said = ask(&mut world, path, &request);
            assert_eq!(said["success"], is_good, "{path:?} after {after} s");
        }
    }
}

#[test]
fn a_repeat_by_its_key_is_told_the_same_where_the_vendor_has_such_keys() {
    for (path, again) in [
        (None, true),
        (Some(Vendor::Recaptcha), false),
        (Some(Vendor::Hcaptcha), false),
        (Some(Vendor::Turnstile), true),
    ] {
        let mut world = World::new();
        let token = world.fresh_token();
        let key = Some("5f2b7b7e-3a3f-4d55-9d2c-6a9d4a8f0b11".to_owned());
        let request = SiteverifyRequest { idempotency_key: key, ..world.verification(&token) };
        assert_eq!(ask(&mut world, path, &request)["success"], true);
        assert_eq!(ask(&mut world, path, &request)["success"], again, "{path:?}");
    }
}

#[test]
fn without_its_store_it_says_so_in_every_dialect() {
    for (path, code) in [
        (None, "internal-error"),
        (Some(Vendor::Recaptcha), "bad-request"),
        (Some(Vendor::Hcaptcha), "bad-request"),
        (Some(Vendor::Turnstile), "internal-error"),
    ] {
        let mut world = World::new();
        let token = world.fresh_token();
        let request = world.verification(&token);
        world.redemptions.set_fault(Fault::Unreachable);
        let outcome = world.siteverify_at(path, &request);
        assert_eq!((outcome.status, outcome.retry_after.is_some()), (503, true));
        assert_eq!((body(&outcome), outcome.code()), (refusal(code), Some(code)));
    }
}

#[test]
fn the_shared_path_answers_in_the_dialect_of_the_secret() {
    let world = World::new();
    let check = world.authority.check().clone();
    let mut rng = super::rand_chacha_from(7);
    for vendor in Vendor::ALL {
        let secret = check.mint_secret_of(Some(vendor), &mut rng).reveal();
        assert_eq!(Dialect::of(None, Some(secret.as_str())), Dialect::Of(vendor));
        for path in Vendor::ALL {
            assert_eq!(Dialect::of(Some(path), Some(secret.as_str())), Dialect::Of(path));
        }
    }
    for secret in [None, Some(""), Some("mjs_x"), Some("0x4"), Some("nothing")] {
        assert_eq!(Dialect::of(None, secret), Dialect::Native, "{secret:?}");
    }
}

#[test]
fn test_secrets_need_no_look_up_and_accept_only_test_tokens() {
    const TURNSTILE: &str = "0000000000000000000000000000000AA";
    let hcaptcha = format!("0x{}", "0".repeat(40));
    let token_of = |number: u8| format!("{number}0000000-aaaa-bbbb-cccc-00000000000{number}");
    let mut world = World::new();
    let real = world.fresh_token();
    for (secret, response, expected) in [
        (format!("1x{TURNSTILE}"), DUMMY_TOKEN.to_owned(), Ok("example.com")),
        (format!("1x{TURNSTILE}"), real.clone(), Err("invalid-input-secret")),
        (format!("2x{TURNSTILE}"), DUMMY_TOKEN.to_owned(), Err("invalid-input-response")),
        (format!("3x{TURNSTILE}"), DUMMY_TOKEN.to_owned(), Err("timeout-or-duplicate")),
        (hcaptcha.clone(), token_of(1), Ok("dummy-key-pass")),
        (hcaptcha.clone(), token_of(2), Ok("dummy-key-pass")),
        (hcaptcha.clone(), token_of(3), Ok("dummy-key-pass")),
        (hcaptcha, real.clone(), Err("sitekey-secret-mismatch")),
        (
            "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe".to_owned(),
            real.clone(),
            Ok("testkey.google.com"),
        ),
        ("mjs_test_passes".to_owned(), DUMMY_TOKEN.to_owned(), Ok("example.com")),
        ("mjs_test_passes".to_owned(), real.clone(), Err("invalid-input-response")),
        ("mjs_test_fails".to_owned(), DUMMY_TOKEN.to_owned(), Err("invalid-input-response")),
        ("mjs_test_spent".to_owned(), DUMMY_TOKEN.to_owned(), Err("timeout-or-duplicate")),
    ] {
        let request = SiteverifyRequest {
            secret: Some(secret.clone()),
            response: Some(response),
            ..SiteverifyRequest::default()
        };
        let said = ask(&mut world, None, &request);
        match expected {
            Ok(hostname) => {
                assert_eq!((&said["success"], &said["hostname"]), (&json!(true), &json!(hostname)));
                assert!(said["challenge_ts"].is_string());
            }
            Err(code) => assert_eq!(said, refusal(code), "{secret}"),
        }
    }
    assert_eq!(world.sites.lookups(), 0);
    // And the token of a test sitekey passes with no real secret.
    for token in [DUMMY_TOKEN.to_owned(), token_of(1), token_of(2), token_of(3)] {
        let request = world.verification(&token);
        assert_eq!(ask(&mut world, None, &request), refusal("invalid-input-response"));
    }
    assert_eq!(world.sites.lookups(), 0);
}
