//! The replays that PROTOCOL names, the change of the shard count and the
//! rotation of keys, against the fake store.

use munjigi_protocol::{Rule, RuleMatch, Verdict};

use super::*;
use crate::contract::{Fault, ROOT_A, ROOT_B, authority};
use crate::site::{Exemption, Site};

#[test]
fn a_hundred_tokens_of_one_attempt_are_spent_once() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let tokens: Vec<String> = (0..100).map(|_| world.token(&request)).collect();
    let good = tokens.iter().filter(|token| world.verify(token).success).count();
    assert_eq!(good, 1);
}

/// A world whose network was calm when a challenge was issued and is busy when
/// its solution arrives; the solution, and what is required then.
fn dearer_since() -> (World, SolutionRequest, ChallengeReply) {
    let mut world = World::new();
    let challenge = world.challenge();
    let cheap = world.solution(&challenge);
    flood(&mut world);
    let next = world.next(&cheap);
    (world, cheap, next)
}

/// Solves a challenge and expects a valid token.
fn passes(world: &mut World, challenge: &ChallengeReply) {
    let solution = world.solution(challenge);
    let token = world.token(&solution);
    assert!(world.verify(&token).success);
}

/// Replaces the isolate by one that has just started and counted nothing.
fn another_isolate(world: &mut World) {
    world.counters = Shared::new(Counters::new(300));
}

#[test]
fn a_cheap_solution_replayed_after_the_price_rose_is_not_redeemable() {
    let (mut world, cheap, next) = dearer_since();
    another_isolate(&mut world);
    let token = world.token(&cheap);
    assert_eq!(world.verify(&token).error_codes, [SiteverifyCode::TimeoutOrDuplicate]);
    // A visitor who pays what is required passes.
    passes(&mut world, &next);
    assert!(!world.verify(&token).success);
}

#[test]
fn a_token_from_before_more_was_asked_is_worth_nothing() {
    let mut world = World::new();
    let challenge = world.challenge();
    let cheap = world.solution(&challenge);
    let token = world.token(&cheap);
    flood(&mut world);
    let next = world.next(&cheap);
    assert_eq!(world.verify(&token).error_codes, [SiteverifyCode::TimeoutOrDuplicate]);
    passes(&mut world, &next);
    // Nothing more is required of a spent attempt.
    assert_eq!(code(&mut world, &cheap), Code::AttemptsExhausted);
}

#[test]
fn nicer_signals_after_more_was_asked_buy_nothing() {
    let mut world = World::new();
    let challenge = world.challenge();
    let nice = world.solution(&challenge);
    world.signals.webdriver = Some(true);
    world.signals.languages = Some(0);
    let risky = world.solution(&challenge);
    let next = world.next(&risky);
    assert!(puzzle(&next).work > 8);
    let token = world.token(&nice);
    assert_eq!(world.verify(&token).error_codes, [SiteverifyCode::TimeoutOrDuplicate]);
}

/// The world's site with these rules.
fn of_rules(world: &World, rules: Vec<Rule>) -> Site {
    let mut config = crate::contract::site_config(&world.site.sitekey.to_string(), Vec::new());
    config.rules = rules;
    Site::parse(&config, Exemption::Ignored).unwrap()
}

/// A world whose site refuses what is driven.
fn refuses_automation() -> World {
    let mut world = World::new();
    let when = RuleMatch { reason: Some(ScoreReason::Automation), ..RuleMatch::default() };
    world.site = of_rules(&world, vec![Rule { when, verdict: Verdict::Block }]);
    world
}

#[test]
fn a_refusal_is_written_down() {
    let mut world = refuses_automation();
    let challenge = world.challenge();
    let nice = world.solution(&challenge);
    world.signals.webdriver = Some(true);
    let driven = world.solution(&challenge);
    assert_eq!(code(&mut world, &driven), Code::Blocked);
    // The same work with other signals, here and where no one has seen it.
    for elsewhere in [false, true] {
        if elsewhere {
            another_isolate(&mut world);
        }
        let token = world.token(&nice);
        assert_eq!(world.verify(&token).error_codes, [SiteverifyCode::TimeoutOrDuplicate]);
    }
    // Nor does more work pay for it, where the rule is not known yet.
    world.site = of_rules(&world, Vec::new());
    assert_eq!(code(&mut world, &driven), Code::Blocked);
    // A person who was refused by mistake begins again.
    world.signals = Signals::default();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let token = world.token(&request);
    assert!(world.verify(&token).success);
}

#[test]
fn without_its_store_no_one_is_refused_for_good_and_nothing_passes() {
    let mut world = refuses_automation();
    let challenge = world.challenge();
    world.signals.webdriver = Some(true);
    let driven = world.solution(&challenge);
    world.redemptions.set_fault(Fault::Unreachable);
    assert_eq!(code(&mut world, &driven), Code::Unavailable);
}

#[test]
fn a_solution_posted_again_is_asked_for_all_that_was_asked_before() {
    let (mut world, cheap, next) = dearer_since();
    another_isolate(&mut world);
    world.signals.webdriver = Some(true);
    world.signals.languages = Some(0);
    let risky = SolutionRequest { signals: world.signals, ..cheap };
    // On its own, this isolate would require less.
    let again = world.next(&risky);
    assert_eq!(puzzle(&again).work, puzzle(&next).work);
    passes(&mut world, &again);
}

#[test]
fn a_row_is_written_only_where_more_is_asked() {
    let (mut world, cheap, next) = dearer_since();
    assert_eq!(world.redemptions.writes(), 1);
    world.next(&cheap);
    let dear = world.solution(&next);
    let token = world.token(&dear);
    assert_eq!(world.redemptions.writes(), 1);
    assert!(world.verify(&token).success);
    assert_eq!(world.redemptions.writes(), 2);
}

#[test]
fn without_its_store_nothing_more_is_asked_and_nothing_passes() {
    let mut world = World::new();
    let challenge = world.challenge();
    let cheap = world.solution(&challenge);
    flood(&mut world);
    world.redemptions.set_fault(Fault::Unreachable);
    let refusal = world.solve(&cheap).unwrap_err();
    assert_eq!((refusal.code, refusal.status()), (Code::Unavailable, 503));
}

#[test]
fn a_solution_replayed_at_the_last_moment_is_not_redeemed_after_the_first_token_expired() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    // Redeem early.
    let first = world.token(&request);
    assert!(world.verify(&first).success);
    // Replay the solution just before the challenge ends.
    world.pass_seconds(299);
    let second = world.token(&request);
    // The first token expires; the second is still in its lifetime.
    world.pass_seconds(298);
    let duplicate = [SiteverifyCode::TimeoutOrDuplicate];
    assert!(token_claims(&world, &first).expires_at < world.now);
    assert!(token_claims(&world, &second).expires_at > world.now);
    assert_eq!(world.verify(&second).error_codes, duplicate);
    assert_eq!(world.verify(&first).error_codes, duplicate);
}

#[test]
fn no_token_outlives_the_row_of_its_attempt() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let token = world.token(&request);
    // The edge's clock stands still, the object's goes on.
    let keep_until = token_claims(&world, &token).keep_until;
    world.redemptions.set_clock(munjigi_keys::UnixMillis(keep_until.0 + 1));
    assert_eq!(world.verify(&token).error_codes, [SiteverifyCode::TimeoutOrDuplicate]);
}

#[test]
fn the_shard_count_changes_while_tokens_are_out() {
    let mut world = World::new();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let spent = world.token(&request);
    assert!(world.verify(&spent).success);
    let unspent = world.fresh_token();
    world.store = 7;
    // What was spent stays spent, what was not is spent once.
    assert!(!world.verify(&spent).success);
    let replayed = world.token(&request);
    assert!(!world.verify(&replayed).success);
    assert!(world.verify(&unspent).success);
    assert!(!world.verify(&unspent).success);
    let new = world.fresh_token();
    assert_eq!(token_claims(&world, &new).store, 7);
    assert!(world.verify(&new).success);
    assert!(!world.verify(&new).success);
}

#[test]
fn keys_rotate_in_four_steps_with_two_workers_half_a_step_apart() {
    let old = ROOT_A.to_owned();
    let added = [ROOT_A, ROOT_B].join(",");
    let promoted = [ROOT_B, ROOT_A].join(",");
    let new = ROOT_B.to_owned();
    // Ahead is where the new ring already arrived, behind where not yet.
    for (behind, ahead) in [(&old, &added), (&added, &promoted), (&promoted, &promoted)] {
        for (issuer, solver, verifier) in
            [(behind, ahead, behind), (ahead, behind, ahead), (ahead, ahead, behind)]
        {
            let mut world = World::new();
            world.authority = authority(issuer);
            let challenge = world.challenge();
            let request = world.solution(&challenge);
            world.authority = authority(solver);
            let token = world.token(&request);
            world.authority = authority(verifier);
            assert!(world.verify(&token).success);
            // The same attempt, whichever key seals it again.
            world.authority = authority(solver);
            let again = world.token(&request);
            assert!(!world.verify(&again).success);
        }
    }
    // Removed after `keep_until`: what the old key sealed opens no more.
    let mut world = World::new();
    world.authority = authority(&promoted);
    let by_new = world.fresh_token();
    world.authority = authority(&added);
    let by_old = world.fresh_token();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    world.authority = authority(&new);
    assert!(world.verify(&by_new).success);
    assert_eq!(world.verify(&by_old).error_codes, [SiteverifyCode::InvalidInputResponse]);
    assert_eq!(code(&mut world, &request), Code::ChallengeInvalid);
}

#[test]
fn a_commit_whose_reply_was_lost_is_not_a_duplicate() {
    let mut world = World::new();
    let token = world.fresh_token();
    world.redemptions.set_fault(Fault::LosesOneReply);
    assert!(world.verify(&token).success);
    assert_eq!(world.redemptions.writes(), 1);
    assert!(!world.verify(&token).success);
}

#[test]
fn a_store_that_does_not_answer_is_asked_twice_and_no_more() {
    let mut world = World::new();
    let token = world.fresh_token();
    world.redemptions.set_fault(Fault::Unreachable);
    assert_eq!(world.verify(&token).error_codes, [SiteverifyCode::InternalError]);
    assert_eq!(world.redemptions.calls(), 2);
}

#[test]
fn a_pass_without_trouble_writes_one_row() {
    let mut world = World::new();
    let token = world.fresh_token();
    assert_eq!(world.redemptions.writes(), 0);
    assert!(world.verify(&token).success);
    assert_eq!(world.redemptions.writes(), 1);
}
