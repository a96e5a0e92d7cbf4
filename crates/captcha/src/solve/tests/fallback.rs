//! Attempts without WebAssembly: what they pay, and when they are turned away.

use munjigi_protocol::AttemptId;

use super::*;
use crate::contract::{Fault, block_on};
use crate::ports::{Payer, PriceStore};

fn begin(world: &mut World) -> Result<ChallengeReply, Refusal> {
    let request = ChallengeRequest { algorithms: vec![AlgorithmName::Sha256], ..world.request() };
    world.issue(&request).map(|issued| issued.reply)
}

/// Solves challenges until the attempt passes; returns its work in puzzles of
/// the usual size, and the token.
fn go_on(world: &mut World, mut challenge: ChallengeReply) -> Result<(u64, String), Refusal> {
    let mut total = 0;
    loop {
        let step = puzzle(&challenge);
        assert_eq!(step.algorithm, Algorithm::Sha256);
        total += step.work * u64::from(step.count);
        let request = world.solution(&challenge);
        match world.solve(&request)?.reply {
            SolutionReply::Next(next) => challenge = next,
            SolutionReply::Passed { token, .. } => {
                return Ok((total / (16 * munjigi_pow::SHA256_WORK), token));
            }
        }
    }
}

fn attempt(world: &mut World) -> Result<(u64, String), Refusal> {
    let challenge = begin(world)?;
    go_on(world, challenge)
}

fn wait_of(refusal: &Refusal) -> u32 {
    assert_eq!((refusal.code, refusal.status()), (Code::RateLimited, 429));
    refusal.retry_after.unwrap()
}

#[test]
fn without_webassembly_the_price_doubles_with_each_use_until_it_cannot() {
    let mut world = World::new();
    for price in [1, 2, 4] {
        let (paid, token) = attempt(&mut world).unwrap();
        assert_eq!(paid, price);
        assert_eq!(token_claims(&world, &token).score, 50);
        let reply = world.verify(&token);
        assert_eq!(reply.metadata.unwrap().algorithm, AlgorithmName::Sha256);
    }
    let waiting = begin(&mut world).unwrap();
    let request = world.solution(&waiting);
    for _ in 0..3 {
        assert_eq!(wait_of(&world.solve(&request).unwrap_err()), 600);
    }
    // A browser with WebAssembly is not affected.
    let token = world.fresh_token();
    assert!(world.verify(&token).success);
    // Being turned away has raised nothing: after one step of decay the next
    // use costs what the last one did.
    world.pass_seconds(1_800);
    assert_eq!(attempt(&mut world).unwrap().0, 4);
}

#[test]
fn a_solution_that_was_turned_away_is_accepted_later() {
    let mut world = World::new();
    let payer = payer(&mut world);
    for _ in 0..3 {
        block_on(world.prices.raise(&payer)).unwrap();
    }
    world.pass_seconds(1_300);
    let challenge = begin(&mut world).unwrap();
    let request = world.solution(&challenge);
    assert_eq!(wait_of(&world.solve(&request).unwrap_err()), 500);
    world.pass_seconds(500);
    assert!(world.solve(&request).is_ok());
}

#[test]
fn what_was_paid_is_not_asked_again() {
    let mut world = World::new();
    attempt(&mut world).unwrap();
    attempt(&mut world).unwrap();
    // Its price is the last one offered; the reply is lost, and it asks again.
    let challenge = begin(&mut world).unwrap();
    let request = world.solution(&challenge);
    let (first, again) = (world.next(&request), world.next(&request));
    assert_eq!(puzzle(&first), puzzle(&again));
    assert!(go_on(&mut world, again).is_ok());
}

#[test]
fn nothing_passes_while_the_price_is_unknown() {
    let mut world = World::new();
    let challenge = begin(&mut world).unwrap();
    let request = world.solution(&challenge);
    world.prices.set_fault(Fault::Unreachable);
    assert_eq!(code(&mut world, &request), Code::Unavailable);
    world.prices.set_fault(Fault::None);
    assert!(world.solve(&request).is_ok());
}

#[test]
fn under_pressure_only_webassembly_continues() {
    let mut world = World::new();
    let early = begin(&mut world).unwrap();
    flood(&mut world);
    assert_eq!(wait_of(&begin(&mut world).unwrap_err()), 330);
    // Nor is a challenge from before a way around it.
    let request = world.solution(&early);
    assert_eq!(wait_of(&world.solve(&request).unwrap_err()), 330);
    assert!(puzzle(&world.challenge()).work >= 80);
    // A price that was charged stays.
    world.pass_seconds(600);
    assert!(begin(&mut world).is_ok());
}

#[test]
fn many_networks_together_use_up_what_a_site_takes() {
    let mut world = World::new();
    let waiting = begin(&mut world).unwrap();
    world.counters.with(|counters| {
        let sitekey = &world.site.sitekey;
        let place = counter_keys(counters, &world.authority, sitekey, &world.visit, world.now);
        for number in 0..63 {
            counters.note_fallback(&place, &AttemptId([number; 16]), world.now);
        }
    });
    // Requests are not attempts: only solutions count, each once.
    for network in 0..70 {
        world.visit.address = Address::V4([198, 51, network, 1]);
        assert!(begin(&mut world).is_ok());
    }
    let challenge = begin(&mut world).unwrap();
    let request = world.solution(&challenge);
    assert!(world.solve(&request).is_ok());
    assert_eq!(wait_of(&begin(&mut world).unwrap_err()), 30);
    let request = world.solution(&waiting);
    assert_eq!(wait_of(&world.solve(&request).unwrap_err()), 30);
    assert_eq!(puzzle(&world.challenge()).algorithm, Algorithm::HashWx);
    world.pass_seconds(30);
    assert!(begin(&mut world).is_ok());
}

#[test]
fn an_exempt_site_turns_no_one_away() {
    let mut world = World::new();
    world.site.exempt = true;
    for _ in 0..80 {
        assert!(attempt(&mut world).is_ok());
    }
}

fn payer(world: &mut World) -> Payer {
    let challenge = world.challenge();
    Payer { sitekey: world.site.sitekey, visitor: claims(world, &challenge).visitor }
}
