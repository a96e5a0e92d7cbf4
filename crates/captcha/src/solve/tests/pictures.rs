use munjigi_protocol::{PictureKind, PictureType, Trace};

use super::*;
use crate::contract::Fault;

/// A world whose site has pictures and whose visitor must answer one.
fn risky() -> World {
    let mut world = World::new();
    world.site.pictures = vec![PictureKind::Grid];
    world.visit.agent = crate::visit::AgentKind::Program;
    world.signals.webdriver = Some(true);
    world
}

/// A picture of a new attempt.
fn picture(world: &mut World) -> ChallengeReply {
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let next = world.next(&request);
    assert!(matches!(next.step, Step::Picture(_)));
    next
}

fn wrong(world: &World, picture: &ChallengeReply) -> SolutionRequest {
    let mut cells = world.right_cells(picture);
    cells[1] ^= 8;
    world.answer(picture, cells)
}

#[test]
fn the_right_answer_is_a_token_that_says_so() {
    let mut world = risky();
    let picture = picture(&mut world);
    assert_eq!(picture.expires_in, 900);
    let request = world.answer(&picture, world.right_cells(&picture));
    let token = world.token(&request);
    let claims = token_claims(&world, &token);
    assert!(claims.interactive && claims.stepped);
    assert_eq!(claims.score, 60);
    assert!(world.verify(&token).success);
}

#[test]
fn interaction_only_raises_the_score() {
    let trace = Trace { first_act: 14, whole: 52, acts: 5, rhythm: 2, scatter: 1 };
    let keys = Trace { scatter: 0, ..trace };
    for (trace, seconds, score) in [
        (trace, 6, 75),
        (keys, 6, 70),
        (Trace::default(), 6, 60),
        // It claims more time than has passed by our clock.
        (trace, 1, 60),
        (Trace { whole: u16::MAX, acts: 255, rhythm: 255, scatter: 255, first_act: 0 }, 6, 60),
    ] {
        let mut world = risky();
        let picture = picture(&mut world);
        world.pass_seconds(seconds);
        let cells = vec![world.right_cells(&picture)];
        let mut request = world.want_work(&picture);
        request.want = None;
        request.answer = Some(Answer::Grid { cells, trace });
        let token = world.token(&request);
        assert_eq!(token_claims(&world, &token).score, score, "{trace:?} after {seconds} s");
    }
}

#[test]
fn an_answer_with_another_trace_is_the_same_answer() {
    let mut world = risky();
    let picture = picture(&mut world);
    let first = wrong(&world, &picture);
    assert_eq!(code(&mut world, &first), Code::AnswerWrong);
    let mut again = wrong(&world, &picture);
    if let Some(Answer::Grid { trace, .. }) = &mut again.answer {
        trace.acts = 9;
    }
    assert_eq!(code(&mut world, &again), Code::AnswerWrong);
}

#[test]
fn what_becomes_of_pictures_is_counted_by_pack() {
    use crate::contract::packs::OnePack;
    use crate::tally::PictureFate::{Dealt, Right, Way, Wrong};
    let mut world = risky();
    let fate = |solved: Result<Solved, Refusal>| {
        let tally = match solved {
            Ok(solved) => solved.tally,
            Err(refusal) => *refusal.tally.unwrap(),
        };
        let picture = tally.picture.unwrap();
        assert_eq!(picture.kind, PictureType::Grid);
        (picture.pack, picture.fate)
    };
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    assert_eq!(fate(world.solve(&request)), (Some(OnePack::ID), Dealt));
    let shown = picture(&mut world);
    let request = world.answer(&shown, world.right_cells(&shown));
    assert_eq!(fate(world.solve(&request)), (Some(OnePack::ID), Right));
    let shown = picture(&mut world);
    let request = wrong(&world, &shown);
    assert_eq!(fate(world.solve(&request)), (Some(OnePack::ID), Wrong));
    let shown = picture(&mut world);
    let request = world.want_work(&shown);
    assert_eq!(fate(world.solve(&request)), (Some(OnePack::ID), Way));
    world.site.pictures = vec![PictureKind::Turn];
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let solved = world.solve(&request).unwrap();
    let missing = solved.tally.picture.unwrap();
    assert_eq!((missing.kind, missing.pack, missing.fate), (PictureType::Turn, None, Dealt));
}

#[test]
fn a_lost_reply_costs_nothing() {
    let mut world = risky();
    let picture = picture(&mut world);
    let request = world.answer(&picture, world.right_cells(&picture));
    let (first, again) = (world.token(&request), world.token(&request));
    assert!(world.verify(&again).success);
    assert_eq!(world.verify(&first).error_codes, [SiteverifyCode::TimeoutOrDuplicate]);
}

#[test]
fn a_wrong_answer_ends_the_attempt() {
    let mut world = risky();
    let picture = picture(&mut world);
    let request = wrong(&world, &picture);
    assert_eq!(code(&mut world, &request), Code::AnswerWrong);
    assert_eq!(code(&mut world, &request), Code::AnswerWrong);
    let right = world.answer(&picture, world.right_cells(&picture));
    assert_eq!(code(&mut world, &right), Code::AttemptsExhausted);
    let another_way = world.want_work(&picture);
    assert_eq!(code(&mut world, &another_way), Code::AttemptsExhausted);
}

#[test]
fn guessing_every_answer_passes_at_most_once_in_all() {
    let mut world = risky();
    let picture = picture(&mut world);
    let mut passed = 0;
    for cells in 0_u16..512 {
        let cells = (0..9).filter(|cell| cells & (1 << cell) != 0).collect();
        let request = world.answer(&picture, cells);
        passed += u32::from(world.solve(&request).is_ok());
    }
    assert!(passed <= 1);
}

#[test]
fn answers_without_end_or_of_another_kind_are_refused() {
    let mut world = risky();
    let picture = picture(&mut world);
    let long = world.answer(&picture, vec![0; 65]);
    assert_eq!(code(&mut world, &long), Code::MalformedRequest);
    let mut other = world.answer(&picture, vec![]);
    other.answer = Some(Answer::Turn { views: vec![1], trace: Trace::default() });
    assert_eq!(code(&mut world, &other), Code::AnswerWrong);
}

#[test]
fn prettier_signals_buy_nothing_once_a_picture_was_asked() {
    let mut world = risky();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    assert!(matches!(world.next(&request).step, Step::Picture(_)));
    // The same solution, by a visitor who looks like a person now.
    world.visit = FIREFOX;
    world.signals = Signals { pointer: Some(3), ..Signals::default() };
    let again = world.solution(&challenge);
    // Sealed at issue: the picture is owed even if the policy no longer asks.
    assert!(matches!(world.next(&again).step, Step::Picture(_)));
}

#[test]
fn a_token_from_before_the_picture_is_never_redeemable() {
    let mut world = World::new();
    world.site.pictures = vec![PictureKind::Grid];
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let early = world.token(&request);
    world.visit.agent = crate::visit::AgentKind::Program;
    world.signals.languages = Some(0);
    let risky = world.solution(&challenge);
    let picture = world.next(&risky);
    assert!(matches!(picture.step, Step::Picture(_)));
    assert_eq!(world.verify(&early).error_codes, [SiteverifyCode::InvalidInputResponse]);
    world.visit = FIREFOX;
    world.signals = Signals::default();
    let again = world.solution(&challenge);
    let late = world.token(&again);
    assert_eq!(world.verify(&late).error_codes, [SiteverifyCode::InvalidInputResponse]);
    let answer = world.answer(&picture, world.right_cells(&picture));
    let earned = world.token(&answer);
    assert!(world.verify(&earned).success);
}

#[test]
fn the_same_attempt_is_shown_the_same_picture() {
    let mut world = risky();
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let (one, again) = (world.next(&request), world.next(&request));
    assert_eq!(claims(&world, &one).step, claims(&world, &again).step);
    assert_eq!(one.step, again.step);
}

#[test]
fn a_spent_attempt_is_shown_no_picture() {
    let mut world = World::new();
    world.site.pictures = vec![PictureKind::Grid];
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let token = world.token(&request);
    assert!(world.verify(&token).success);
    world.visit.agent = crate::visit::AgentKind::Program;
    world.signals.languages = Some(0);
    let risky = world.solution(&challenge);
    assert_eq!(code(&mut world, &risky), Code::AttemptsExhausted);
}

#[test]
fn another_way_is_a_longer_puzzle_and_a_lower_score() {
    let mut world = risky();
    let picture = picture(&mut world);
    let request = world.want_work(&picture);
    let way = world.next(&request);
    let step = puzzle(&way).clone();
    assert_eq!((step.first, step.count), (4, 4));
    assert!(step.work >= 4 * 8);
    let request = world.solution(&way);
    let token = world.token(&request);
    let claims = token_claims(&world, &token);
    assert!(!claims.interactive && claims.stepped);
    assert!(claims.score <= 50);
    // After that choice, the picture can no longer be answered.
    let answer = world.answer(&picture, world.right_cells(&picture));
    assert_eq!(code(&mut world, &answer), Code::AttemptsExhausted);
    assert!(world.verify(&token).success);
}

#[test]
fn pictures_make_no_risk_cheaper() {
    // Risk that is there from the start, and risk that a solution reveals.
    for late in [false, true] {
        let mut totals = Vec::new();
        for pictures in [vec![], vec![PictureKind::Grid]] {
            let mut world = risky();
            world.site.pictures = pictures;
            let visit = world.visit;
            if late {
                world.visit = FIREFOX;
            }
            let mut reply = world.challenge();
            world.visit = visit;
            let mut paid = 0;
            let token = loop {
                let request = match &reply.step {
                    Step::Puzzle(step) => {
                        paid += step.work * u64::from(step.count);
                        world.solution(&reply)
                    }
                    Step::Picture(_) => world.want_work(&reply),
                };
                match world.solve(&request).unwrap().reply {
                    SolutionReply::Next(next) => reply = next,
                    SolutionReply::Passed { token, .. } => break token,
                }
            };
            assert!(world.verify(&token).success);
            totals.push(paid);
        }
        let [without, with] = totals[..] else { panic!("two sites") };
        assert!(with >= without, "{with} hashes with pictures, {without} without; late: {late}");
    }
}

#[test]
fn another_way_costs_more_with_each_use_and_is_never_refused() {
    let mut world = risky();
    let mut works = Vec::new();
    for _ in 0..12 {
        let picture = picture(&mut world);
        let request = world.want_work(&picture);
        works.push(puzzle(&world.next(&request)).work);
        // Another request costs the same and raises nothing.
        assert_eq!(puzzle(&world.next(&request)).work, works[works.len() - 1]);
    }
    assert!(works.windows(2).all(|pair| pair[0] <= pair[1]), "{works:?}");
    // The first makes eight times the floor together with the puzzle before.
    assert_eq!(works[..3], [48, 64, 128]);
    assert_eq!(works[works.len() - 1], world.site.work.ceiling);
    // Another network still pays the first price; so does this one tomorrow.
    world.visit.address = Address::V4([198, 51, 100, 1]);
    let elsewhere = picture(&mut world);
    let request = world.want_work(&elsewhere);
    assert_eq!(puzzle(&world.next(&request)).work, 48);
}

#[test]
fn another_way_is_one_puzzle_also_at_the_ceiling() {
    let mut world = risky();
    world.site.work.ceiling = world.site.work.floor;
    let picture = picture(&mut world);
    let request = world.want_work(&picture);
    let way = world.next(&request);
    assert_eq!(puzzle(&way).work, world.site.work.ceiling);
    let request = world.solution(&way);
    let token = world.token(&request);
    assert!(world.verify(&token).success);
}

#[test]
fn each_wrong_answer_raises_the_price_of_the_alternative_once() {
    let mut world = risky();
    for _ in 0..2 {
        let picture = picture(&mut world);
        let request = wrong(&world, &picture);
        assert_eq!(code(&mut world, &request), Code::AnswerWrong);
        assert_eq!(code(&mut world, &request), Code::AnswerWrong);
    }
    let picture = picture(&mut world);
    let request = world.want_work(&picture);
    assert_eq!(puzzle(&world.next(&request)).work, 4 * 32);
}

#[test]
fn without_its_stores_it_waits_or_costs_the_most() {
    let mut world = risky();
    let shown = picture(&mut world);
    let challenge = world.challenge();
    let solution = world.solution(&challenge);
    world.redemptions.set_fault(Fault::Unreachable);
    for request in
        [solution, world.answer(&shown, world.right_cells(&shown)), world.want_work(&shown)]
    {
        let refusal = world.solve(&request).unwrap_err();
        assert_eq!((refusal.code, refusal.status()), (Code::Unavailable, 503));
        assert!(refusal.retry_after.is_some());
    }
    world.redemptions.set_fault(Fault::None);
    world.prices.set_fault(Fault::Unreachable);
    let request = world.want_work(&shown);
    assert_eq!(puzzle(&world.next(&request)).work, world.site.work.ceiling);
}

#[test]
fn where_no_picture_can_be_dealt_work_is_required() {
    let mut world = risky();
    world.site.pictures = vec![PictureKind::Turn];
    let challenge = world.challenge();
    let request = world.solution(&challenge);
    let next = world.next(&request);
    // As much as where a site has no pictures at all: eight times the floor.
    assert_eq!(claims(&world, &next).owed.asked, 8 * 8 * 4);
    let request = world.solution(&next);
    let token = world.token(&request);
    assert!(world.verify(&token).success);
}

#[test]
fn steps_end_in_time_for_their_token() {
    let mut world = risky();
    let challenge = world.challenge();
    let keep_until = claims(&world, &challenge).keep_until;
    world.pass_seconds(299);
    let request = world.solution(&challenge);
    let picture = world.next(&request);
    world.pass_seconds(899);
    let request = world.want_work(&picture);
    let way = world.next(&request);
    let sealed = claims(&world, &way);
    assert_eq!(sealed.keep_until, keep_until);
    assert_eq!(sealed.expires_at.seconds(), keep_until.seconds() - 300);
    assert_eq!(way.expires_in, 2);
    world.pass_seconds(1);
    let request = world.solution(&way);
    let token = world.token(&request);
    assert!(token_claims(&world, &token).expires_at <= keep_until);
    world.pass_seconds(298);
    assert!(world.verify(&token).success);
}
