//! What solutions lead to: puzzles (here), SHA-256 (`fallback`), pictures and
//! other ways (`pictures`), replays and the life of keys and shards (`replays`).

mod fallback;
mod pictures;
mod replays;

use munjigi_protocol::{
    Algorithm, AlgorithmName, Answer, ChallengeReply, ChallengeRequest, PuzzleStep, ScoreReason,
    ScoreWeights, Sign, Signals, SiteState, SiteverifyCode, Step, Trace, UnderAttack, Want,
};

use super::*;
use crate::address::Address;
use crate::contract::{FIREFOX, World};
use crate::naming::counter_keys;
use crate::token::TokenClaims;
use crate::visit::Visit;
use crate::weights::{BIAS, CONVICTION, Weights};

fn code(world: &mut World, request: &SolutionRequest) -> Code {
    world.solve(request).unwrap_err().code
}

fn puzzle(reply: &ChallengeReply) -> &PuzzleStep {
    match &reply.step {
        Step::Puzzle(step) => step,
        Step::Picture(_) => panic!("a picture"),
    }
}

fn claims(world: &World, reply: &ChallengeReply) -> ChallengeClaims {
    open(&world.authority, &world.want_work(reply)).unwrap().claims().clone()
}

fn token_claims(world: &World, token: &str) -> TokenClaims {
    TokenClaims::open(&world.authority, token).unwrap()
}

/// Puts the world's address under pressure, as 200 challenges do.
fn flood(world: &mut World) {
    for _ in 0..200 {
        world.challenge();
    }
}

#[test]
fn a_first_visit_does_not_pay_for_its_own_challenge() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    // Its owner says that the site is under attack before the solution comes.
    world.site.under_attack = UnderAttack::On;
    world.publish();
    let further = world.next(&request);
    let (first, further) = (puzzle(&challenge), puzzle(&further));
    let total = |step: &PuzzleStep| step.work * u64::from(step.count);
    assert_eq!((total(first) + total(further)) * 2, total(first) * 7);
}

#[test]
fn a_solved_puzzle_is_a_token_that_verifies() {
    let mut world = World::new();
    let challenge = world.challenge();
    let mut request = world.solution(&challenge);
    request.signals.solve_ms = Some(700);
    world.pass_seconds(2);
    let solved = world.solve(&request).unwrap();
    let SolutionReply::Passed { token, expires_in } = solved.reply else { panic!("not passed") };
    assert_eq!(expires_in, 300);
    assert_eq!((solved.tally.kind, solved.tally.solve_ms), (CountKind::Solved, Some(700)));
    let token_claims = token_claims(&world, &token);
    let sealed = claims(&world, &challenge);
    assert_eq!(token_claims.id, sealed.id);
    assert_eq!(token_claims.keep_until, sealed.keep_until);
    assert_eq!(token_claims.solved_at, world.now);
    assert_eq!(token_claims.expires_at.seconds(), world.now.seconds() + 300);
    assert_eq!(
        (token_claims.score, token_claims.interactive, token_claims.stepped),
        (95, false, false)
    );
    let reply = world.verify(&token);
    assert!(reply.success);
    assert_eq!(reply.challenge_ts.as_deref(), Some("2025-11-20T07:30:02.250Z"));
    assert_eq!(reply.score, Some(0.95));
}

#[test]
fn a_score_follows_the_sites_own_weights_and_its_price_does_not() {
    let mut world = World::new();
    let challenge = world.challenge();
    let convicting = [Sign::SeenDriven, Sign::SeenInconsistent].map(|sign| (sign, CONVICTION));
    let weights = convicting.into_iter().chain([(Sign::Absent, 3_000)]).collect();
    let weights = ScoreWeights { version: 1, bias: BIAS, weights };
    world.site.weights = Some(Weights::parse(&weights).unwrap());
    world.publish();
    let dearer = world.challenge();
    assert_eq!(puzzle(&challenge).work, puzzle(&dearer).work);
    let request = world.solution(&dearer);
    let token = world.token(&request);
    let token_claims = token_claims(&world, &token);
    assert_eq!(token_claims.score, 49);
    assert!(token_claims.signs.has(Sign::Outcomes));
    let reply = world.verify(&token);
    assert_eq!(reply.reasons.unwrap(), [ScoreReason::Outcomes, ScoreReason::TooLittleData]);
}

#[test]
fn names_that_a_client_invents_are_counted_once_they_are_paid_for() {
    let mut world = World::new();
    let request = ChallengeRequest {
        hostname: "invented.shop.example".to_owned(),
        action: "invented".to_owned(),
        ..world.request()
    };
    let page = |tally: &Tally| (tally.hostname.clone(), tally.action.clone());
    let unpaid = ("shop.example".to_owned(), String::new());
    let issued = world.issue(&request).unwrap();
    assert_eq!(page(&issued.tally), unpaid);
    let refusal = (1..5).find_map(|change| wrong(&mut world, &issued.reply, change)).unwrap();
    assert_eq!(page(&refusal.tally.unwrap()), unpaid);
    let solution = world.solution(&issued.reply);
    let solved = world.solve(&solution).unwrap();
    let paid = ("invented.shop.example".to_owned(), "invented".to_owned());
    assert_eq!(page(&solved.tally), paid);
    world.site.state = SiteState::Paused;
    assert_eq!(page(&world.solve(&solution).unwrap_err().tally.unwrap()), unpaid);
    // A host not yet known to be the site's is counted for no one.
    let request = ChallengeRequest { hostname: "other.example".to_owned(), ..request };
    let unnamed = (String::new(), String::new());
    assert_eq!(page(&world.issue(&request).unwrap_err().tally.unwrap()), unnamed);
}

#[test]
fn a_challenge_ends_at_its_second_and_is_counted_as_abandoned() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    world.pass_seconds(299);
    assert!(world.solve(&request).is_ok());
    world.pass_seconds(1);
    let refusal = world.solve(&request).unwrap_err();
    assert_eq!(refusal.code, Code::ChallengeExpired);
    assert_eq!(refusal.tally.unwrap().kind, CountKind::Abandoned);
}

/// A request whose nonces are wrong.
fn wrong(world: &mut World, challenge: &ChallengeReply, change: u64) -> Option<Refusal> {
    let mut request = world.solution(challenge);
    if let Some(nonce) = request.nonces.as_mut().and_then(|nonces| nonces.last_mut()) {
        *nonce += change;
    }
    // Of eight nonces in a row one solves its sub-puzzle.
    let refusal = world.solve(&request).err()?;
    assert_eq!(refusal.code, Code::SolutionWrong);
    Some(refusal)
}

#[test]
fn an_attempt_fails_once_however_many_wrong_bodies_come() {
    let mut world = World::new();
    let challenge = world.challenge();
    let refusals: Vec<Refusal> =
        (1..100).filter_map(|change| wrong(&mut world, &challenge, change)).collect();
    assert!(refusals.len() > 60);
    let tallies: Vec<CountKind> =
        refusals.into_iter().filter_map(|refusal| refusal.tally.map(|tally| tally.kind)).collect();
    assert_eq!(tallies, [CountKind::Failed]);
    // The sender's neighbours pay what they paid before.
    assert_eq!(puzzle(&world.challenge()).work, 8);
}

#[test]
fn failed_attempts_raise_their_networks_price_up_to_a_bound() {
    let mut world = World::new();
    let mut failed = 0;
    while failed < 4 {
        let challenge = world.challenge();
        failed += u32::from((1..5).any(|change| wrong(&mut world, &challenge, change).is_some()));
    }
    // 5 challenges and four failures, each worth 8 but together at most 32.
    let dear = puzzle(&world.challenge()).work;
    assert!((17..=24).contains(&dear), "{dear}");
}

#[test]
fn a_solution_posted_again_is_counted_once() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let repeated: Vec<bool> = (0..5).map(|_| world.solve(&request).unwrap().repeated).collect();
    assert_eq!(repeated, [false, true, true, true, true]);
    let place = world.counters.with(|counters| {
        let sitekey = &world.site.sitekey;
        let place = counter_keys(counters, &world.authority, sitekey, &world.visit, world.now);
        counters.pressure(&place, world.now)
    });
    assert_eq!((place.address.issued, place.address.solved), (1, 1));
    // Nor are steps and expiry counted more than once in replays.
    let challenge = world.challenge();
    flood(&mut world);
    let request = world.solution(&challenge);
    let repeated: Vec<bool> = (0..3).map(|_| world.solve(&request).unwrap().repeated).collect();
    assert_eq!(repeated, [false, true, true]);
    world.pass_seconds(300);
    assert!(world.solve(&request).unwrap_err().tally.is_some());
    assert_eq!(world.solve(&request).unwrap_err().tally, None);
}

#[test]
fn the_price_of_the_challenges_own_network_is_not_left_behind() {
    let mut world = World::new();
    let challenge = world.challenge();
    // Collected where it has become expensive, posted from where it is not.
    for address in 0..200 {
        world.visit.address = Address::V4([192, 0, 2, address]);
        world.challenge();
        world.challenge();
    }
    world.visit = Visit { address: Address::V4([198, 51, 100, 1]), ..FIREFOX };
    let request = world.solution(&challenge);
    let next = world.next(&request);
    assert_eq!(claims(&world, &next).owed.asked, 4 * 8 * 4);
    // A newcomer there is asked for as much as before.
    assert_eq!(puzzle(&world.challenge()).work, 8);
}

#[test]
fn solutions_of_another_shape_are_refused() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let nonces = request.nonces.clone().unwrap();
    let with = |nonces: Vec<u64>| SolutionRequest { nonces: Some(nonces), ..request.clone() };
    let answer = Some(Answer::Grid { cells: vec![vec![1]], trace: Trace::default() });
    for request in [
        with(vec![]),
        with(nonces[..3].to_vec()),
        with([&nonces[..], &[1]].concat()),
        with(vec![1 << 48; 4]),
        with(vec![u64::MAX; 4]),
        SolutionRequest { nonces: None, ..request.clone() },
        SolutionRequest { answer: answer.clone(), ..request.clone() },
        SolutionRequest { want: Some(Want::Work), ..request.clone() },
        SolutionRequest { nonces: None, answer, ..request.clone() },
        SolutionRequest { nonces: None, want: Some(Want::Work), ..request.clone() },
    ] {
        assert_eq!(code(&mut world, &request), Code::MalformedRequest, "{request:?}");
    }
}

#[test]
fn nonces_of_another_challenge_are_no_solution() {
    let mut world = World::new();
    let (one, other) = (world.challenge(), world.challenge());
    let request = SolutionRequest { challenge: other.challenge.clone(), ..world.solution(&one) };
    assert_eq!(code(&mut world, &request), Code::SolutionWrong);
}

#[test]
fn what_is_no_challenge_is_invalid() {
    let mut world = World::new();
    let token = world.fresh_token();
    let challenge = world.challenge();
    for text in ["", "mj1", &token, &format!("{}A", challenge.challenge)] {
        let request = SolutionRequest { challenge: text.to_owned(), ..world.solution(&challenge) };
        assert_eq!(code(&mut world, &request), Code::ChallengeInvalid);
    }
    // Validly sealed, judged by a shell that loaded another site.
    let request = world.solution(&challenge);
    let mut other = World::new();
    let sitekey = {
        let check = other.authority.check().clone();
        check.mint_sitekey(other.rng())
    };
    other.site.sitekey = sitekey;
    assert_eq!(code(&mut other, &request), Code::ChallengeInvalid);
}

#[test]
fn the_site_is_checked_again() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    world.site.state = SiteState::Paused;
    assert_eq!(code(&mut world, &request), Code::SitePaused);
    let mut config = crate::contract::site_config(&world.site.sitekey.to_string(), Vec::new());
    config.hosts = vec!["elsewhere.example".to_owned()];
    world.site = crate::site::Site::parse(&config, crate::site::Exemption::Ignored).unwrap();
    assert_eq!(code(&mut world, &request), Code::HostnameNotAllowed);
}

#[test]
fn work_that_has_multiplied_since_is_paid_by_a_further_puzzle() {
    let mut world = World::new();
    let challenge = world.challenge();
    let first = puzzle(&challenge).clone();
    flood(&mut world);
    let request = world.solution(&challenge);
    let next = world.next(&request);
    let further = puzzle(&next).clone();
    assert_eq!(further.id, first.id);
    assert_eq!((further.first, further.count), (first.first + first.count, first.count));
    // Together with the first it is what the policy asks by now.
    assert!(first.work + further.work >= 10 * first.work, "{}", further.work);
    let (sealed, before) = (claims(&world, &next), claims(&world, &challenge));
    assert_eq!(sealed.keep_until, before.keep_until);
    assert_eq!((sealed.owed.paid, sealed.owed.puzzles), (32, 1));
    assert!(sealed.owed.asked >= 320);
    let request = world.solution(&next);
    let token = world.token(&request);
    assert!(world.verify(&token).success);
}

#[test]
fn a_small_rise_since_is_not_charged() {
    let mut world = World::new();
    let challenge = world.challenge();
    for _ in 0..28 {
        world.challenge();
    }
    assert!(puzzle(&world.challenge()).work > 8);
    let request = world.solution(&challenge);
    assert!(matches!(world.solve(&request).unwrap().reply, SolutionReply::Passed { .. }));
}

#[test]
fn further_puzzles_are_limited() {
    let mut world = World::new();
    let mut challenge = world.challenge();
    let mut puzzles = 1;
    loop {
        // Each time, the total required has multiplied again.
        world.site.work.ceiling *= 4;
        world.site.work.floor *= 4;
        let request = world.solution(&challenge);
        match world.solve(&request).unwrap().reply {
            SolutionReply::Next(next) => challenge = next,
            SolutionReply::Passed { .. } => break,
        }
        puzzles += 1;
    }
    assert_eq!(puzzles, 4);
}

#[test]
fn sealed_work_is_owed_even_if_the_policy_relaxes() {
    let mut world = World::new();
    flood(&mut world);
    let challenge = world.challenge();
    let dear = puzzle(&challenge).work;
    world.pass_seconds(299);
    let request = world.solution(&challenge);
    assert!(dear >= 80);
    let token = world.token(&request);
    // The worse of the two risks stays with the token.
    assert!(token_claims(&world, &token).score <= 90);
}

#[test]
fn a_solution_from_another_network_gets_a_lower_score() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    world.visit = Visit { address: Address::V4([198, 51, 100, 1]), ..FIREFOX };
    let token = world.token(&request);
    assert_eq!(token_claims(&world, &token).score, 90);
    assert!(world.verify(&token).success);
}

#[test]
fn a_blocked_visitor_is_refused_and_costs_the_store_nothing_without_work() {
    let mut world = World::new();
    let challenge = world.challenge();
    let mut request = world.solution(&challenge);
    request.nonces = Some(vec![0; 4]);
    let mut config = crate::contract::site_config(&world.site.sitekey.to_string(), Vec::new());
    config.rules = vec![munjigi_protocol::Rule {
        when: munjigi_protocol::RuleMatch::default(),
        verdict: munjigi_protocol::Verdict::Block,
    }];
    world.site = crate::site::Site::parse(&config, crate::site::Exemption::Ignored).unwrap();
    assert_eq!(code(&mut world, &request), Code::Blocked);
    assert_eq!(world.redemptions.writes(), 0);
}
