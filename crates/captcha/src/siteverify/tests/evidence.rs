//! What a visit came to, as each dialect tells it: a row for every reason, for a
//! site's own weights, and for rules that name a list or weigh.

use munjigi_protocol::{
    AlgorithmName, Code, Outcome as Reported, OutcomeReason, OutcomeRequest, Rule, RuleMatch,
    ScoreReason, ScoreWeights, Sign, Signals, SiteConfig, Step, UnderAttack, Verdict, Work,
};
use serde_json::{Value, json};

use super::dialects::ask;
use crate::address::Address;
use crate::contract::{World, block_on, site_config};
use crate::credentials::Vendor;
use crate::holds::Holds;
use crate::list::{Entry, List, Listings};
use crate::outcomes;
use crate::receipt::Receipt;
use crate::site::{Exemption, Site};
use crate::software::Software;
use crate::visit::AgentKind;
use ScoreReason::{
    Automation, Fleet, InconsistentClient, NetworkLoad, Outcomes, ReplayedTrace, SiteUnderAttack,
    SolvedElsewhere, TooLittleData, WorkAlone,
};

/// A visit, and what the site's back end is told of it.
struct Row {
    what: &'static str,
    /// Makes the visit and returns its token.
    visit: fn(&mut World) -> String,
    /// 0 = bot, 100 = person.
    score: u8,
    reasons: &'static [ScoreReason],
}

/// Scores by the weights that the protocol's page lists.
const ROWS: [Row; 15] = [
    Row { what: "nothing", visit: World::fresh_token, score: 100, reasons: &[] },
    Row { what: "a driven browser", visit: driven, score: 50, reasons: &[Automation] },
    Row { what: "a program", visit: program, score: 45, reasons: &[Automation] },
    Row { what: "forged headers", visit: forged, score: 70, reasons: &[InconsistentClient] },
    Row { what: "a replay", visit: replayed, score: 76, reasons: &[ReplayedTrace] },
    Row { what: "700 networks", visit: fleet, score: 95, reasons: &[Fleet] },
    Row { what: "another network", visit: moved, score: 95, reasons: &[SolvedElsewhere] },
    Row { what: "a busy address", visit: busy, score: 85, reasons: &[NetworkLoad] },
    Row { what: "an attack", visit: attacked, score: 95, reasons: &[SiteUnderAttack] },
    Row { what: "SHA-256", visit: fallback, score: 50, reasons: &[WorkAlone] },
    Row { what: "learned weights", visit: learned, score: 50, reasons: &[Outcomes] },
    Row { what: "no interaction", visit: silent, score: 95, reasons: &[TooLittleData] },
    Row { what: "six reasons", visit: everything, score: 21, reasons: STRONGEST },
    Row { what: "a list that weighs", visit: listed, score: 100, reasons: &[] },
    Row { what: "a weight", visit: weighed, score: 100, reasons: &[] },
];

/// Of six reasons, the last is left out.
const STRONGEST: &[ScoreReason] =
    &[Automation, InconsistentClient, ReplayedTrace, Fleet, SolvedElsewhere];

/// Published with a change; `World::new` has no rules, weights or lists.
fn configure(world: &mut World, change: impl FnOnce(&mut SiteConfig)) {
    let secret = world.secret.hash().as_str().to_owned();
    let mut config = site_config(&world.site.sitekey.to_string(), vec![secret]);
    config.work = Work { floor: 8, ceiling: 800 };
    config.count = 4;
    change(&mut config);
    world.site = Site::parse(&config, Exemption::Ignored).unwrap();
    world.publish();
}

/// A visitor who came eight seconds ago, moved the pointer and typed.
fn person(world: &mut World) {
    let signals = &mut world.signals;
    (signals.since_load_ms, signals.since_focus_ms) = (Some(8_000), Some(2_117));
    (signals.pointer, signals.keys) = (Some(3), Some(2));
}

/// Tokens of as many networks and systems, each its own but for what
/// `visit` leaves alike.
fn crowd(world: &mut World, size: u16, visit: impl Fn(&mut World, u16)) {
    let (own, signals) = (world.visit, world.signals);
    for number in 0..size {
        let [high, low] = number.to_be_bytes();
        world.visit.address = Address::V4([100, high, low, 1]);
        world.visit.asn = 4_200_000_000 + u32::from(number);
        world.visit.software = Software::numbered(1_000 + u64::from(number));
        visit(world, number);
        world.fresh_token();
        (world.visit, world.signals) = (own, signals);
    }
}

fn driven(world: &mut World) -> String {
    world.signals.webdriver = Some(true);
    world.fresh_token()
}

fn program(world: &mut World) -> String {
    world.visit.agent = AgentKind::Program;
    world.fresh_token()
}

fn forged(world: &mut World) -> String {
    world.visit.agent = AgentKind::Contradictory;
    world.fresh_token()
}

fn replayed(world: &mut World) -> String {
    crowd(world, 40, |_, _| ());
    world.fresh_token()
}

fn fleet(world: &mut World) -> String {
    let software = world.visit.software;
    crowd(world, 700, |world, number| {
        world.visit.software = software;
        world.signals.since_focus_ms = Some(5_000 + u32::from(number));
    });
    world.fresh_token()
}

fn moved(world: &mut World) -> String {
    let challenge = world.challenge();
    world.visit.address = Address::V4([198, 51, 100, 1]);
    let solution = world.solution(&challenge);
    world.token(&solution)
}

fn busy(world: &mut World) -> String {
    let own = world.signals;
    for number in 0..40 {
        world.signals.since_focus_ms = Some(5_000 + number);
        world.challenge();
    }
    world.signals = own;
    world.fresh_token()
}

fn attacked(world: &mut World) -> String {
    configure(world, |config| config.under_attack = UnderAttack::On);
    world.fresh_token()
}

fn fallback(world: &mut World) -> String {
    let mut request = world.request();
    request.algorithms = vec![AlgorithmName::Sha256];
    let challenge = world.issue(&request).unwrap().reply;
    let solution = world.solution(&challenge);
    world.token(&solution)
}

/// The site learned that visitors who point a lot are frauds half of the time.
fn learned(world: &mut World) -> String {
    configure(world, |config| {
        let weights = [(Sign::MuchPointer, 2_944)].into();
        config.score_weights = Some(ScoreWeights { version: 1, bias: -2_944, weights });
    });
    world.fresh_token()
}

fn silent(world: &mut World) -> String {
    world.signals = Signals::default();
    world.fresh_token()
}

fn everything(world: &mut World) -> String {
    world.signals.webdriver = Some(true);
    world.visit.agent = AgentKind::Contradictory;
    replayed(world);
    fleet(world);
    busy(world);
    moved(world)
}

/// On a list by its network, which a rule adds 29 for.
fn listed(world: &mut World) -> String {
    configure(world, |config| config.rules = vec![by_list(Verdict::Weigh(29))]);
    put_on_the_list(world);
    world.fresh_token()
}

fn weighed(world: &mut World) -> String {
    configure(world, |config| {
        config.rules = vec![Rule { when: RuleMatch::default(), verdict: Verdict::Weigh(100) }];
    });
    world.fresh_token()
}

fn by_list(verdict: Verdict) -> Rule {
    Rule { when: RuleMatch { list: Some("tor-exits".to_owned()), ..RuleMatch::default() }, verdict }
}

fn put_on_the_list(world: &mut World) {
    let list = List::of(1, ["192.0.2.0/24".parse::<Entry>().unwrap()]);
    let holds = Holds::of(list.contains(world.visit.address, world.visit.asn));
    world.visit.listed = Listings::NONE.with(0, holds);
}

/// The whole answer to a row's token.
fn expected(path: Option<Vendor>, row: &Row) -> Value {
    let (person, bot) = (f64::from(row.score) / 100.0, f64::from(100 - row.score) / 100.0);
    let reasons: Vec<_> = row.reasons.iter().map(|reason| reason.as_str()).collect();
    let algorithm = if row.reasons == [WorkAlone] { "sha256" } else { "hashwx" };
    let (millis, seconds) = ("2025-11-20T07:30:00.250Z", "2025-11-20T07:30:00Z");
    match path {
        None => json!({
            "success": true, "challenge_ts": millis, "hostname": "shop.example",
            "action": "login", "cdata": "order-17", "score": person, "reasons": reasons,
            "metadata": {
                "interactive": false, "algorithm": algorithm, "country": "", "asn": 64_500,
            },
            "error-codes": [],
        }),
        Some(Vendor::Recaptcha) => json!({
            "success": true, "challenge_ts": seconds, "hostname": "shop.example",
            "score": person, "action": "login",
        }),
        Some(Vendor::Hcaptcha) => json!({
            "success": true, "challenge_ts": seconds, "hostname": "shop.example",
            "credit": false, "score": bot, "score_reason": reasons,
        }),
        // Its answers have a field for neither.
        Some(Vendor::Turnstile) => json!({
            "success": true, "challenge_ts": millis, "hostname": "shop.example",
            "error-codes": [], "action": "login", "cdata": "order-17",
            "metadata": { "interactive": false },
        }),
    }
}

const PATHS: [Option<Vendor>; 4] =
    [None, Some(Vendor::Recaptcha), Some(Vendor::Hcaptcha), Some(Vendor::Turnstile)];

#[test]
fn each_row_is_told_in_every_dialect() {
    for row in &ROWS {
        for path in PATHS {
            let mut world = World::new();
            person(&mut world);
            let token = (row.visit)(&mut world);
            let request = world.verification(&token);
            let mut answer = ask(&mut world, path, &request);
            // Only native answers name the redemption for a report.
            let metadata = answer.get_mut("metadata").and_then(Value::as_object_mut);
            let id = metadata.and_then(|metadata| metadata.remove("id"));
            assert_eq!(id.is_some(), path.is_none(), "{}: {path:?}", row.what);
            if let Some(id) = id {
                let receipt = Receipt::open(&world.authority, id.as_str().unwrap()).unwrap();
                assert_eq!(receipt.score, row.score, "{}", row.what);
            }
            assert_eq!(answer, expected(path, row), "{}: {path:?}", row.what);
        }
    }
}

#[test]
fn every_reason_has_a_row_of_its_own() {
    for reason in ScoreReason::ALL {
        assert!(ROWS.iter().any(|row| row.reasons == [reason]), "{}", reason.as_str());
    }
}

/// Hashes per sub-puzzle of a new challenge; the site's floor is 8.
fn work(world: &mut World) -> u64 {
    let Step::Puzzle(step) = world.challenge().step else { panic!("not a puzzle") };
    step.work
}

#[test]
fn a_list_that_a_rule_names_decides_who_passes_and_for_how_much() {
    for (verdict, on_it) in [
        (Verdict::Block, None),
        (Verdict::Harder, Some(64)),
        (Verdict::Weigh(29), Some(8)),
        (Verdict::Weigh(30), Some(16)),
        // The site has no pictures.
        (Verdict::Weigh(60), Some(64)),
        (Verdict::Picture, Some(64)),
    ] {
        for path in PATHS {
            let mut world = World::new();
            person(&mut world);
            configure(&mut world, |config| config.rules = vec![by_list(verdict)]);
            assert_eq!(work(&mut world), 8, "not on the list: {verdict:?}");
            put_on_the_list(&mut world);
            let request = world.request();
            match (world.issue(&request), on_it) {
                (Err(refusal), None) => assert_eq!(refusal.code, Code::Blocked),
                (Ok(_), Some(expected)) => {
                    assert_eq!(work(&mut world), expected, "{verdict:?}");
                    // The score stays what the visit came to.
                    let token = world.fresh_token();
                    let request = world.verification(&token);
                    let answer = ask(&mut world, path, &request);
                    let score = if path == Some(Vendor::Hcaptcha) { 0.0 } else { 1.0 };
                    let told = answer.get("score");
                    let expected = (path != Some(Vendor::Turnstile)).then(|| json!(score));
                    assert_eq!(told, expected.as_ref(), "{verdict:?} {path:?}");
                }
                (issued, _) => panic!("{verdict:?}: {issued:?}"),
            }
        }
    }
}

#[test]
fn weights_lift_a_risk_and_lower_it_without_a_word_to_the_back_end() {
    let rule = |weight| Rule { when: RuleMatch::default(), verdict: Verdict::Weigh(weight) };
    // A visit of risk 50.
    for (weights, expected) in [
        (vec![], 16),
        (vec![-21], 8),
        (vec![-20], 16),
        (vec![9], 16),
        (vec![10], 64),
        (vec![-60, 40], 16),
    ] {
        let mut world = World::new();
        person(&mut world);
        world.signals.webdriver = Some(true);
        let rules = weights.iter().copied().map(rule).collect();
        configure(&mut world, |config| config.rules = rules);
        assert_eq!(work(&mut world), expected, "{weights:?}");
        let token = world.fresh_token();
        let reply = world.verify(&token);
        assert_eq!(
            (reply.score, reply.reasons),
            (Some(0.5), Some(vec![Automation])),
            "{weights:?}"
        );
    }
}

#[test]
fn every_row_s_redemption_takes_every_outcome() {
    for row in &ROWS {
        let mut world = World::new();
        person(&mut world);
        let token = (row.visit)(&mut world);
        let request = world.verification(&token);
        let id = world.siteverify(&request).reply().metadata.map(|metadata| metadata.id);
        for outcome in Reported::ALL {
            for reason in OutcomeReason::ALL {
                let sent = OutcomeRequest {
                    secret: request.secret.clone(),
                    id: id.clone(),
                    outcome: Some(outcome.as_str().to_owned()),
                    reason: Some(reason.as_str().to_owned()),
                    idempotency_key: None,
                };
                let outcomes::Read::Presented(presented) =
                    outcomes::read(&world.authority, &sent, world.now).unwrap()
                else {
                    panic!("a test secret")
                };
                let site = block_on(outcomes::site(&world.sites, &presented)).unwrap();
                let report = outcomes::report(&site, &presented, world.now).unwrap();
                assert_eq!((report.outcome, report.reason), (outcome, Some(reason)));
                assert_eq!(report.score, row.score, "{}", row.what);
                let reasons: Vec<_> = report.signs.reasons().take(5).collect();
                assert_eq!(reasons, row.reasons, "{}", row.what);
            }
        }
    }
}
