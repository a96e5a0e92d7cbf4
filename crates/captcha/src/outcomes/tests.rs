use munjigi_protocol::{Sign, Signs};

use super::*;
use crate::contract::{World, block_on};
use SiteverifyCode::{
    BadRequest, InternalError, InvalidInputResponse, InvalidInputSecret, MissingInputResponse,
    MissingInputSecret,
};

/// A world in which a token was redeemed, and a report on it.
fn redeemed() -> (World, OutcomeRequest) {
    let mut world = World::new();
    let token = world.fresh_token();
    let verification = world.verification(&token);
    let id = world.siteverify(&verification).reply().metadata.map(|metadata| metadata.id);
    let request = OutcomeRequest {
        secret: verification.secret,
        id,
        outcome: Some("fraudulent".to_owned()),
        reason: Some("chargeback".to_owned()),
        idempotency_key: None,
    };
    (world, request)
}

fn sent(world: &World, request: &OutcomeRequest) -> Result<OutcomeReport, Vec<SiteverifyCode>> {
    let now = world.now;
    let presented = match read(&world.authority, request, now).map_err(|why| codes(&why))? {
        Read::Presented(presented) => presented,
        Read::Test => panic!("a test secret"),
    };
    let site = block_on(site(&world.sites, &presented)).map_err(|why| codes(&[why]))?;
    report(&site, &presented, now).map_err(|why| codes(&[why]))
}

#[test]
fn a_report_says_what_the_token_said() {
    let (world, request) = redeemed();
    let report = sent(&world, &request).unwrap();
    assert_eq!(report.sitekey, world.site.sitekey.to_string());
    assert_eq!((report.outcome, report.score), (Outcome::Fraudulent, 95));
    assert_eq!(report.reason, Some(OutcomeReason::Chargeback));
    assert_eq!(report.signs, Signs::NONE.with(Sign::Absent));
    assert_eq!((report.key, report.reported_at), (None, world.now.0));
    let bare = OutcomeRequest { reason: Some(String::new()), ..request };
    assert_eq!(sent(&world, &bare).unwrap().reason, None);
}

#[test]
fn the_token_serves_where_a_vendors_answer_has_no_id() {
    let mut world = World::new();
    let token = world.fresh_token();
    let verification = world.verification(&token);
    let id = world.siteverify(&verification).reply().metadata.map(|metadata| metadata.id);
    let secret = verification.secret;
    let outcome = Some("fraudulent".to_owned());
    let by_id = OutcomeRequest { secret, id, outcome, ..OutcomeRequest::default() };
    let by_token = OutcomeRequest { id: Some(token.clone()), ..by_id.clone() };
    assert_eq!(sent(&world, &by_token), sent(&world, &by_id));
    // As long as by its id, and no character of it may differ.
    world.now = UnixMillis(world.now.0 + DAYS * 86_400_000 - 10_000);
    assert!(sent(&world, &by_token).is_ok());
    let (kind, rest) = token.rsplit_once('.').unwrap();
    for (at, was) in rest.char_indices().take(40) {
        let mut tag = rest.to_owned();
        tag.replace_range(at..=at, if was == 'A' { "B" } else { "A" });
        let forged = OutcomeRequest { id: Some([kind, ".", &tag].concat()), ..by_token.clone() };
        assert_eq!(sent(&world, &forged), Err(vec![InvalidInputResponse]), "{at}");
    }
}

#[test]
fn a_key_names_the_report() {
    let (world, request) = redeemed();
    let with =
        |key: &str| OutcomeRequest { idempotency_key: Some(key.to_owned()), ..request.clone() };
    let key = |text| sent(&world, &with(text)).unwrap().key;
    assert_eq!(key("one"), key("one"));
    assert_ne!(key("one"), key("two"));
    assert_eq!(sent(&world, &with("열쇠")), Err(vec![BadRequest]));
    assert_eq!(sent(&world, &with(&"x".repeat(129))), Err(vec![BadRequest]));
}

#[test]
fn each_mistake_has_its_code() {
    let (world, good) = redeemed();
    let text = |text: &str| Some(text.to_owned());
    for (request, expected) in [
        (OutcomeRequest::default(), vec![MissingInputSecret, MissingInputResponse]),
        (OutcomeRequest { secret: None, ..good.clone() }, vec![MissingInputSecret]),
        (OutcomeRequest { id: text(""), ..good.clone() }, vec![MissingInputResponse]),
        (OutcomeRequest { outcome: None, ..good.clone() }, vec![BadRequest]),
        (OutcomeRequest { outcome: text("bad"), ..good.clone() }, vec![BadRequest]),
        (OutcomeRequest { reason: text("because"), ..good.clone() }, vec![BadRequest]),
        (OutcomeRequest { secret: text("mjs_x"), ..good.clone() }, vec![InvalidInputSecret]),
        (OutcomeRequest { id: text("mj1.a1.AA.AA"), ..good.clone() }, vec![InvalidInputResponse]),
        (
            OutcomeRequest { id: text(crate::test_sitekeys::TEST_RECEIPT), ..good.clone() },
            vec![InvalidInputResponse],
        ),
    ] {
        assert_eq!(sent(&world, &request), Err(expected), "{:?}", request.outcome);
    }
}

#[test]
fn only_the_site_s_own_redemptions_of_the_last_days_count() {
    let (mut world, request) = redeemed();
    let receipt = Receipt::open(&world.authority, request.id.as_deref().unwrap()).unwrap();
    let elsewhere = World::new().authority;
    let sitekey = elsewhere.check().mint_sitekey(world.rng());
    let id = Some(Receipt { sitekey, ..receipt }.seal(&world.authority));
    let foreign = OutcomeRequest { id, ..request.clone() };
    assert_eq!(sent(&world, &foreign), Err(vec![InvalidInputResponse]));
    world.now = UnixMillis(world.now.0 + DAYS * 86_400_000 - 10_000);
    assert!(sent(&world, &request).is_ok());
    world.now = UnixMillis(world.now.0 + 20_000);
    assert_eq!(sent(&world, &request), Err(vec![InvalidInputResponse]));
}

#[test]
fn without_the_store_of_sites_nothing_is_taken() {
    let (world, request) = redeemed();
    world.sites.fail();
    assert_eq!(sent(&world, &request), Err(vec![InternalError]));
}

#[test]
fn test_secrets_take_the_test_id_alone() {
    let (world, request) = redeemed();
    let test = |secret: &str, id: &str| {
        let request = OutcomeRequest {
            secret: Some(secret.to_owned()),
            id: Some(id.to_owned()),
            ..request.clone()
        };
        read(&world.authority, &request, world.now)
    };
    let id = crate::test_sitekeys::TEST_RECEIPT;
    assert!(matches!(test("mjs_test_passes", id), Ok(Read::Test)));
    assert!(test("mjs_test_fails", id).is_err());
    assert!(test("mjs_test_passes", request.id.as_deref().unwrap()).is_err());
}
