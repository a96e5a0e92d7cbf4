mod dialects;
mod evidence;

use munjigi_protocol::{AlgorithmName, Metadata, ScoreReason, SiteverifyCode, Step};

use super::*;
use crate::contract::{Admitted, Fault, World, block_on, together};
use crate::credentials::Secret;
use SiteverifyCode::{
    BadRequest, InternalError, InvalidInputResponse, InvalidInputSecret, MissingInputResponse,
    MissingInputSecret, TimeoutOrDuplicate,
};

fn codes(world: &mut World, request: &SiteverifyRequest) -> Vec<SiteverifyCode> {
    let outcome = world.siteverify(request);
    assert_eq!((outcome.status, outcome.retry_after), (200, None));
    let reply = outcome.reply();
    assert!(!reply.success);
    reply.error_codes
}

#[test]
fn a_good_token_says_everything() {
    let mut world = World::new();
    world.visit.country = crate::visit::Country::parse("KR");
    let token = world.fresh_token();
    let request = world.verification(&token);
    let outcome = world.siteverify(&request);
    assert_eq!(outcome.sitekey, Some(world.site.sitekey));
    let id = outcome.reply().metadata.unwrap().id;
    assert_eq!(
        outcome.reply(),
        SiteverifyReply {
            success: true,
            challenge_ts: Some("2025-11-20T07:30:00.250Z".to_owned()),
            hostname: Some("shop.example".to_owned()),
            action: Some("login".to_owned()),
            cdata: Some("order-17".to_owned()),
            score: Some(0.95),
            reasons: Some(vec![ScoreReason::TooLittleData]),
            metadata: Some(Metadata {
                id,
                interactive: false,
                algorithm: AlgorithmName::HashWx,
                country: "KR".to_owned(),
                asn: 64_500,
            }),
            error_codes: Vec::new(),
        }
    );
}

#[test]
fn the_shape_comes_first() {
    let mut world = World::new();
    let token = world.fresh_token();
    let good = world.verification(&token);
    let bad_key = |key: String| SiteverifyRequest { idempotency_key: Some(key), ..good.clone() };
    for (request, expected) in [
        (SiteverifyRequest::default(), vec![MissingInputSecret, MissingInputResponse]),
        (SiteverifyRequest { secret: None, ..good.clone() }, vec![MissingInputSecret]),
        (
            SiteverifyRequest { secret: Some(String::new()), ..good.clone() },
            vec![MissingInputSecret],
        ),
        (SiteverifyRequest { response: None, ..good.clone() }, vec![MissingInputResponse]),
        (
            SiteverifyRequest { secret: Some("x".into()), response: None, ..good.clone() },
            vec![MissingInputResponse],
        ),
        (bad_key("x".repeat(129)), vec![BadRequest]),
        (bad_key("tab\there".into()), vec![BadRequest]),
        (bad_key("열쇠".into()), vec![BadRequest]),
    ] {
        assert_eq!(codes(&mut world, &request), expected, "{request:?}");
    }
    assert_eq!(world.sites.lookups(), 0);
    for key in [String::new(), "x".repeat(128), "a b~".into()] {
        let token = world.fresh_token();
        let request =
            SiteverifyRequest { idempotency_key: Some(key), ..world.verification(&token) };
        assert!(world.siteverify(&request).reply().success);
    }
}

#[test]
fn an_invented_secret_costs_no_look_up_and_an_unknown_one_is_refused() {
    let mut world = World::new();
    let token = world.fresh_token();
    for secret in
        ["x".to_owned(), "mjs_".to_owned() + &"0".repeat(52), world.site.sitekey.to_string()]
    {
        let request = SiteverifyRequest { secret: Some(secret), ..world.verification(&token) };
        assert_eq!(codes(&mut world, &request), [InvalidInputSecret]);
    }
    assert_eq!(world.sites.lookups(), 0);
    let check = world.authority.check().clone();
    let unknown = check.mint_secret(world.rng()).reveal().to_string();
    // The secret is checked before the seal.
    for response in [token.as_str(), "garbage"] {
        let request =
            SiteverifyRequest { secret: Some(unknown.clone()), ..world.verification(response) };
        assert_eq!(codes(&mut world, &request), [InvalidInputSecret]);
    }
    assert_eq!(world.sites.lookups(), 2);
    assert!(world.verify(&token).success);
}

#[test]
fn a_secret_that_the_site_dropped_is_refused_although_the_index_still_has_it() {
    let mut world = World::new();
    let token = world.fresh_token();
    let config = crate::contract::site_config(&world.site.sitekey.to_string(), Vec::new());
    world.site = crate::site::Site::parse(&config, crate::site::Exemption::Ignored).unwrap();
    world.publish();
    assert_eq!(world.verify(&token).error_codes, [InvalidInputSecret]);
}

#[test]
fn what_is_no_token_of_the_site_is_an_invalid_response() {
    let mut world = World::new();
    let token = world.fresh_token();
    let challenge = world.challenge().challenge;
    let mut other = World::new();
    let check = other.authority.check().clone();
    let sitekey = check.mint_sitekey(other.rng());
    other.site.sitekey = sitekey;
    let elsewhere = other.fresh_token();
    for response in
        ["x", "mj1...", &challenge, &elsewhere, &token[1..], &"A".repeat(100_000), "토큰"]
    {
        assert_eq!(world.verify(response).error_codes, [InvalidInputResponse]);
    }
    assert_eq!(world.redemptions.writes(), 0);
    assert!(world.verify(&token).success);
}

#[test]
fn a_token_ends_at_its_second() {
    let mut world = World::new();
    let (in_time, late) = (world.fresh_token(), world.fresh_token());
    world.pass_seconds(299);
    assert!(world.verify(&in_time).success);
    world.pass_seconds(1);
    assert_eq!(world.verify(&late).error_codes, [TimeoutOrDuplicate]);
    // Age is checked before single use, also for a repeat.
    assert_eq!(world.verify(&in_time).error_codes, [TimeoutOrDuplicate]);
    assert_eq!(world.redemptions.writes(), 1);
}

#[test]
fn a_site_may_have_shorter_tokens() {
    let mut world = World::new();
    world.site.token_lifetime_seconds = 30;
    let token = world.fresh_token();
    world.pass_seconds(30);
    assert_eq!(world.verify(&token).error_codes, [TimeoutOrDuplicate]);
}

#[test]
fn a_repeat_with_the_same_key_gets_the_first_answer_again() {
    let mut world = World::new();
    let token = world.fresh_token();
    let with = |world: &World, key: &str| SiteverifyRequest {
        idempotency_key: Some(key.to_owned()),
        ..world.verification(&token)
    };
    let (one, other) = (with(&world, "one"), with(&world, "other"));
    let first = world.siteverify(&one);
    assert!(first.reply().success);
    assert_eq!(world.siteverify(&one), first);
    assert_eq!(codes(&mut world, &other), [TimeoutOrDuplicate]);
    let request = world.verification(&token);
    assert_eq!(codes(&mut world, &request), [TimeoutOrDuplicate]);
    assert_eq!(world.siteverify(&one), first);
}

#[test]
fn two_tokens_of_an_attempt_under_one_key_are_not_a_repeat() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let first = world.token(&request);
    world.pass_seconds(1);
    let second = world.token(&request);
    let with = |token: &str, world: &World| SiteverifyRequest {
        idempotency_key: Some("one".to_owned()),
        ..world.verification(token)
    };
    let (first, second) = (with(&first, &world), with(&second, &world));
    assert!(world.siteverify(&first).reply().success);
    assert_eq!(codes(&mut world, &second), [TimeoutOrDuplicate]);
}

#[test]
fn without_its_stores_it_fails_closed() {
    let mut world = World::new();
    let token = world.fresh_token();
    let request = world.verification(&token);
    world.redemptions.set_fault(Fault::Unreachable);
    let outcome = world.siteverify(&request);
    assert_eq!(outcome.reply().error_codes, [InternalError]);
    assert_eq!((outcome.status, outcome.retry_after), (503, Some(2)));
    world.redemptions.set_fault(Fault::None);
    world.sites.fail();
    let outcome = world.siteverify(&request);
    assert_eq!((outcome.status, outcome.reply().error_codes), (503, vec![InternalError]));
}

#[test]
fn the_deny_list_revokes_at_once() {
    let mut world = World::new();
    let token = world.fresh_token();
    world.redemptions.deny_attempt(TokenClaims::open(&world.authority, &token).unwrap().id.0);
    assert_eq!(world.verify(&token).error_codes, [InvalidInputResponse]);
    let token = world.fresh_token();
    world.redemptions.deny(world.secret.hash().as_str());
    assert_eq!(world.verify(&token).error_codes, [InvalidInputSecret]);
    assert_eq!(world.redemptions.writes(), 0);
}

#[test]
fn a_token_is_spent_once_under_contention() {
    let mut world = World::new();
    let token = world.fresh_token();
    let request = world.verification(&token);
    let mut sources: Vec<_> = (0..1_000_u64).map(rand_chacha_from).collect();
    let edge = Admitted(&world.redemptions);
    let calls = sources.iter_mut().map(|rng| {
        siteverify(&world.authority, &world.sites, &edge, (None, &request), world.now, rng)
    });
    let outcomes = block_on(together(calls.collect()));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.reply().success).count(), 1);
    let spent = |outcome: &&Outcome| outcome.reply().error_codes == [TimeoutOrDuplicate];
    assert_eq!(outcomes.iter().filter(spent).count(), 999);
}

fn rand_chacha_from(seed: u64) -> rand_chacha::ChaCha20Rng {
    rand_core::SeedableRng::seed_from_u64(seed)
}

#[test]
fn a_challenge_is_no_token_even_before_it_is_solved() {
    let mut world = World::new();
    let reply = world.challenge();
    assert!(matches!(reply.step, Step::Puzzle(_)));
    assert_eq!(world.verify(&reply.challenge).error_codes, [InvalidInputResponse]);
}

const FOREIGN: &str = "0x4AAAAAAADnPIDROrmt1WwjAAAAAAAAAAA";

/// A world whose site has imported a secret, and a request with it.
fn with_import() -> (World, SiteverifyRequest) {
    let mut world = World::new();
    let (key, host) = ("10000000-cafe-7777-aaaa-000000000001", "shop.example");
    let name = crate::vendor_keys::import_name(key, host);
    let hash = Secret::foreign(FOREIGN).unwrap().hash();
    let mut config = crate::contract::site_config(
        &world.site.sitekey.to_string(),
        vec![world.secret.hash().as_str().to_owned(), hash.as_str().to_owned()],
    );
    config.work = munjigi_protocol::Work { floor: 8, ceiling: 800 };
    config.count = 4;
    config.aliases = vec![name.clone()];
    world.site = Site::parse(&config, crate::site::Exemption::Ignored).unwrap();
    world.sites.publish(world.site.clone(), vec![world.secret.hash(), hash.clone()]);
    let imports = [(name, hash.as_str().to_owned())];
    let filter = crate::vendor_keys::ImportFilter::of(1, &imports, world.authority.check());
    world.sites.publish_imports(filter);
    let token = world.fresh_token();
    let request = SiteverifyRequest {
        secret: Some(FOREIGN.to_owned()),
        sitekey: Some(key.to_owned()),
        ..world.verification(&token)
    };
    (world, request)
}

#[test]
fn an_imported_secret_is_as_good_as_the_site_s_own() {
    let (mut world, request) = with_import();
    let token = world.fresh_token();
    let own = world.verification(&token);
    let outcome = world.siteverify(&request);
    assert_eq!(outcome.dialect, Dialect::Of(Vendor::Turnstile));
    assert!(outcome.reply().success);
    assert_eq!(codes(&mut world, &request), [TimeoutOrDuplicate]);
    assert!(world.siteverify(&own).reply().success);
    let dummy = SiteverifyRequest {
        response: Some(crate::test_sitekeys::DUMMY_TOKEN.to_owned()),
        ..request.clone()
    };
    assert_eq!(world.siteverify(&dummy).verdict, Err(vec![Reason::TestResponse]));
    let mismatch = SiteverifyRequest { sitekey: Some("x".to_owned()), ..request };
    assert_eq!(world.siteverify(&mismatch).verdict, Err(vec![Reason::OtherSite]));
}

#[test]
fn an_invented_secret_in_a_vendor_s_shape_costs_no_look_up() {
    let (mut world, request) = with_import();
    for secret in [
        format!("0x4{}", "A".repeat(30)),
        format!("ES_{}", "0".repeat(32)),
        format!("0x{}", "1".repeat(40)),
        "6L".repeat(20),
    ] {
        let request = SiteverifyRequest { secret: Some(secret), ..request.clone() };
        assert_eq!(codes(&mut world, &request), [InvalidInputSecret]);
    }
    assert_eq!(world.sites.lookups(), 0);
    world.sites.fail();
    let outcome = world.siteverify(&request);
    assert_eq!((outcome.status, outcome.reply().error_codes), (503, vec![InternalError]));
}
