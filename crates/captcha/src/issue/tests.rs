use munjigi_protocol::{PictureKind, Rule, RuleMatch, Verdict};

use super::*;
use crate::address::Address;
use crate::contract::{FIREFOX, World, block_on, site_config};
use crate::site::{Exemption, Site};
use crate::solve::open;
use crate::vendor_keys::{ImportFilter, import_name};

fn claims(world: &World, reply: &ChallengeReply) -> ChallengeClaims {
    open(&world.authority, &world.want_work(reply)).unwrap().claims().clone()
}

fn refused(world: &mut World, request: &ChallengeRequest) -> Code {
    world.issue(request).unwrap_err().code
}

#[test]
fn a_challenge_seals_what_the_request_said_and_asks_for_a_puzzle() {
    let mut world = World::new();
    let request = world.request();
    let issued = world.issue(&request).unwrap();
    let claims = claims(&world, &issued.reply);
    let Step::Puzzle(step) = &issued.reply.step else { panic!("a puzzle comes first") };
    assert_eq!(
        (step.first, step.count, step.work, step.epoch_len, step.id),
        (0, 4, 8, munjigi_pow::EPOCH_LEN, claims.id)
    );
    assert_eq!(issued.reply.expires_in, 300);
    assert_eq!(claims.hostname.as_str(), "shop.example");
    assert_eq!(claims.action.as_str(), "login");
    assert_eq!(claims.cdata.as_str(), "order-17");
    assert_eq!(claims.store, 64);
    let issued_at = world.now.seconds();
    assert_eq!(claims.issued_at.seconds(), issued_at);
    assert_eq!(claims.expires_at.seconds(), issued_at + 300);
    assert_eq!(claims.keep_until.seconds(), issued_at + 300 + 900 + 300);
    assert_eq!(claims.owed, Owed { asked: 32, paid: 0, puzzles: 0, way: Way::Puzzle });
    assert_eq!(issued.tally.kind, CountKind::Issued);
    assert_eq!(issued.tally.algorithm, Some(Algorithm::HashWx));
    assert_eq!((issued.tally.hostname.as_str(), issued.tally.asn), ("shop.example", 64_500));
}

#[test]
fn two_challenges_have_two_ids() {
    let mut world = World::new();
    let (one, other) = (world.challenge(), world.challenge());
    assert_ne!(claims(&world, &one).id, claims(&world, &other).id);
    assert_ne!(one.challenge, other.challenge);
}

#[test]
fn hosts_that_are_not_the_sites_are_refused() {
    let mut world = World::new();
    for hostname in ["", "null", "other.example", "shop.example.", "SHOP.example", "localhost"] {
        let request = ChallengeRequest { hostname: hostname.into(), ..world.request() };
        assert_eq!(refused(&mut world, &request), Code::HostnameNotAllowed, "{hostname}");
    }
    let request = ChallengeRequest { hostname: "www.shop.example".into(), ..world.request() };
    assert!(world.issue(&request).is_ok());
}

#[test]
fn malformed_labels_and_unknown_algorithms_are_refused() {
    let mut world = World::new();
    for request in [
        ChallengeRequest { action: "log in".into(), ..world.request() },
        ChallengeRequest { cdata: "x".repeat(256), ..world.request() },
        ChallengeRequest { algorithms: vec![], ..world.request() },
        ChallengeRequest { algorithms: vec![AlgorithmName::Unknown], ..world.request() },
    ] {
        assert_eq!(refused(&mut world, &request), Code::MalformedRequest);
    }
}

#[test]
fn a_paused_site_refuses_and_is_counted() {
    let mut world = World::new();
    world.site.state = SiteState::Paused;
    let request = world.request();
    let refusal = world.issue(&request).unwrap_err();
    assert_eq!((refusal.code, refusal.status()), (Code::SitePaused, 403));
    let tally = refusal.tally.unwrap();
    assert_eq!((tally.kind, tally.code), (CountKind::Refused, Some(Code::SitePaused)));
}

#[test]
fn without_webassembly_the_site_decides() {
    let mut world = World::new();
    let request = ChallengeRequest { algorithms: vec![AlgorithmName::Sha256], ..world.request() };
    let reply = world.issue(&request).unwrap().reply;
    let Step::Puzzle(step) = &reply.step else { panic!("a puzzle") };
    assert_eq!(step.algorithm, Algorithm::Sha256);
    assert_eq!(step.work * u64::from(step.count), 16 * munjigi_pow::SHA256_WORK);
    world.site.fallback_allowed = false;
    assert_eq!(refused(&mut world, &request), Code::Blocked);
}

#[test]
fn a_blocked_visitor_learns_only_the_code() {
    let mut world = World::new();
    let mut config = site_config(&world.site.sitekey.to_string(), Vec::new());
    config.rules = vec![Rule {
        when: RuleMatch { prefix: Some("192.0.2.0/24".into()), ..RuleMatch::default() },
        verdict: Verdict::Block,
    }];
    world.site = Site::parse(&config, Exemption::Ignored).unwrap();
    let request = world.request();
    assert_eq!(refused(&mut world, &request), Code::Blocked);
    world.visit = crate::visit::Visit { address: Address::V4([198, 51, 100, 1]), ..FIREFOX };
    assert!(world.issue(&request).is_ok());
}

#[test]
fn an_invented_sitekey_costs_no_look_up() {
    let world = World::new();
    let text = world.site.sitekey.to_string();
    assert_eq!(sitekey(&world.authority, &text).unwrap(), world.site.sitekey);
    let invented = ["mj_", &"0".repeat(26)].concat();
    for text in [invented.as_str(), "", "mj_", "6Lxyz"] {
        assert_eq!(sitekey(&world.authority, text).unwrap_err().code, Code::UnknownSitekey);
    }
}

#[test]
fn a_busy_address_pays_more_and_others_do_not() {
    let mut world = World::new();
    let asked = |world: &mut World| {
        let Step::Puzzle(step) = world.challenge().step else { panic!("a puzzle") };
        step.work
    };
    assert_eq!(asked(&mut world), 8);
    for _ in 0..200 {
        world.challenge();
    }
    let dear = asked(&mut world);
    assert!(dear >= 10 * 8, "{dear}");
    let attacker = world.visit;
    world.visit = crate::visit::Visit { address: Address::V4([198, 51, 100, 1]), ..FIREFOX };
    assert_eq!(asked(&mut world), 8);
    world.visit = attacker;
    world.pass_seconds(3_000);
    assert_eq!(asked(&mut world), 8);
}

#[test]
fn expensive_puzzles_live_longer_and_are_kept_longer() {
    let mut world = World::new();
    let mut config = site_config(&world.site.sitekey.to_string(), Vec::new());
    config.work.floor = 400_000;
    world.site = Site::parse(&config, Exemption::Ignored).unwrap();
    let reply = world.challenge();
    // 16 × 400,000 hashes take a slow phone 64 s.
    assert_eq!(reply.expires_in, 1_280);
    let claims = claims(&world, &reply);
    assert_eq!(claims.keep_until.seconds() - claims.issued_at.seconds(), 1_280 + 1_200);
}

#[test]
fn an_exempt_site_never_raises() {
    let mut world = World::new();
    world.site.exempt = true;
    world.site.pictures = vec![PictureKind::Grid];
    for _ in 0..300 {
        let reply = world.challenge();
        let Step::Puzzle(step) = &reply.step else { panic!("a puzzle") };
        assert_eq!(step.work, 8);
    }
}

const KEY: &str = "0x4AAAAAAADnPIDROrmt1Wwj";

/// A world whose site has imported a key for one of its hosts.
fn with_import() -> World {
    let mut world = World::new();
    let name = import_name(KEY, "shop.example");
    let mut config = site_config(&world.site.sitekey.to_string(), Vec::new());
    config.aliases = vec![name.clone()];
    world.site = Site::parse(&config, Exemption::Ignored).unwrap();
    world.publish();
    world.sites.publish_imports(ImportFilter::of(
        1,
        &[(name, "ab".repeat(32))],
        world.authority.check(),
    ));
    world
}

fn found(world: &World, key: &str, page: Option<&str>) -> Result<Sitekey, Code> {
    let page = page.map(|page| Hostname::parse(page).unwrap());
    let key = public_key(&world.authority, key).map_err(|refusal| refusal.code)?;
    let site = block_on(site(&world.sites, &key, page.as_ref()));
    site.map(|site| site.sitekey).map_err(|refusal| refusal.code)
}

#[test]
fn an_imported_key_is_its_site_s_on_its_hosts_alone() {
    let world = with_import();
    let sitekey = world.site.sitekey;
    for page in ["shop.example", "www.shop.example"] {
        assert_eq!(found(&world, KEY, Some(page)), Ok(sitekey), "{page}");
    }
    assert_eq!(world.sites.lookups(), 2);
    for page in [None, Some("other.example"), Some("localhost")] {
        assert_eq!(found(&world, KEY, page), Err(Code::UnknownSitekey), "{page:?}");
    }
    assert_eq!(world.sites.lookups(), 2);
    assert_eq!(found(&world, &sitekey.to_string(), None), Ok(sitekey));
    world.sites.fail();
    assert_eq!(found(&world, KEY, Some("shop.example")), Err(Code::Unavailable));
}

#[test]
fn an_invented_key_costs_no_look_up_in_any_format() {
    let world = with_import();
    let uuid = "0f8fad5b-d9cb-169f-a165-70867728950e";
    for key in ["0x4AAAAAAADnPIDROrmt1Wwk", uuid, &"6L".repeat(20), "x", "", &"열".repeat(12)] {
        let page = Some("shop.example");
        assert_eq!(found(&world, key, page), Err(Code::UnknownSitekey), "{key}");
    }
    assert_eq!(world.sites.lookups(), 0);
}

#[test]
fn a_key_that_its_site_dropped_is_unknown_although_the_filter_still_has_it() {
    let mut world = with_import();
    let config = site_config(&world.site.sitekey.to_string(), Vec::new());
    world.site = Site::parse(&config, Exemption::Ignored).unwrap();
    world.publish();
    assert_eq!(found(&world, KEY, Some("shop.example")), Err(Code::UnknownSitekey));
}
