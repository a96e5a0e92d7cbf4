//! Properties of puzzles: what is solved verifies, what is not does not, and nothing panics.

use munjigi_pow::{
    Algorithm, EPOCH_LEN, Function, MAX_NONCE, Puzzle, SolutionError, counts, seed, sha256, target,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::HashWx), Just(Algorithm::Sha256)]
}

prop_compose! {
    /// Small enough to solve.
    fn puzzle()(
        algorithm in algorithm(),
        id: [u8; 16],
        first: u32,
        count in 0..5_u32,
        work in 0..60_u64,
    ) -> Puzzle {
        Puzzle { algorithm, id, first, count, work }
    }
}

fn hash(puzzle: &Puzzle, index: u32, nonce: u64) -> u64 {
    match puzzle.algorithm {
        Algorithm::HashWx => {
            Function::from_seed(&seed(&puzzle.id, index, nonce / EPOCH_LEN)).hash(nonce)
        }
        Algorithm::Sha256 => sha256::hash(&puzzle.id, index, nonce),
    }
}

#[test]
fn targets_are_exact_at_the_edges() {
    let cases = [
        (0, u64::MAX),
        (1, u64::MAX),
        (2, 1 << 63),
        (3, 0x5555_5555_5555_5555),
        (40_000, 461_168_601_842_738),
        (1 << 32, 1 << 32),
        (1 << 63, 2),
        ((1 << 63) + 1, 1),
        (u64::MAX, 1),
    ];
    for (work, expected) in cases {
        assert_eq!(target(work), expected, "work {work}");
    }
}

#[test]
fn every_hash_counts_at_work_one_and_no_target_hash_above() {
    for work in [0, 1] {
        assert!(counts(0, work) && counts(u64::MAX, work));
    }
    assert!(counts(target(2) - 1, 2) && !counts(target(2), 2));
}

#[test]
fn a_nonce_beyond_its_epoch_is_hashed_by_the_next_function() {
    let puzzle = Puzzle { algorithm: Algorithm::HashWx, id: [3; 16], first: 0, count: 1, work: 50 };
    let found = puzzle.solve_one(0, EPOCH_LEN - 1, 10_000).unwrap();
    assert!(found >= EPOCH_LEN - 1);
    assert_eq!(puzzle.verify(&[found]), Ok(()));
    assert_ne!(seed(&puzzle.id, 0, 0), seed(&puzzle.id, 0, 1));
}

#[test]
fn solving_stops_at_the_limit_and_at_the_greatest_nonce() {
    let puzzle =
        Puzzle { algorithm: Algorithm::Sha256, id: [0; 16], first: 0, count: 1, work: u64::MAX };
    assert_eq!(puzzle.solve_one(0, 0, 0), None);
    assert_eq!(puzzle.solve_one(0, 5, 100), None);
    assert_eq!(puzzle.solve_one(0, MAX_NONCE - 10, u64::MAX), None);
    assert_eq!(puzzle.solve_one(0, u64::MAX, u64::MAX), None);
}

#[test]
fn indexes_past_the_last_continue_at_zero() {
    let puzzle =
        Puzzle { algorithm: Algorithm::Sha256, id: [9; 16], first: u32::MAX, count: 2, work: 9 };
    let nonces = puzzle.solve();
    assert_eq!(puzzle.verify(&nonces), Ok(()));
    assert!(counts(sha256::hash(&puzzle.id, 0, nonces[1]), 9));
}

proptest! {
    #[test]
    fn a_target_is_the_quotient(work in 2..=u64::MAX) {
        prop_assert_eq!(u128::from(target(work)), (1_u128 << 64) / u128::from(work));
    }

    #[test]
    fn seeds_are_the_sha256_of_their_fields(id: [u8; 16], index: u32, epoch: u64) {
        let message = [
            &b"munjigi/v1/pow"[..],
            &id,
            &index.to_le_bytes(),
            &epoch.to_le_bytes(),
        ]
        .concat();
        prop_assert_eq!(seed(&id, index, epoch), <[u8; 32]>::from(Sha256::digest(message)));
    }

    #[test]
    fn the_fallback_is_the_first_eight_bytes(id: [u8; 16], index: u32, nonce: u64) {
        let message = [
            &b"munjigi/v1/sha256"[..],
            &id,
            &index.to_le_bytes(),
            &nonce.to_le_bytes(),
        ]
        .concat();
        let digest = <[u8; 32]>::from(Sha256::digest(message));
        let first = digest.first_chunk().copied().map(u64::from_be_bytes);
        prop_assert_eq!(Some(sha256::hash(&id, index, nonce)), first);
    }

    #[test]
    fn a_solved_puzzle_verifies_and_its_nonces_are_the_first(puzzle in puzzle()) {
        let nonces = puzzle.solve();
        prop_assert_eq!(puzzle.verify(&nonces), Ok(()));
        for (i, nonce) in (0..).zip(&nonces) {
            let index = puzzle.first.wrapping_add(i);
            prop_assert!((0..*nonce).all(|n| !counts(hash(&puzzle, index, n), puzzle.work)));
        }
    }

    #[test]
    fn a_changed_nonce_fails_unless_it_is_a_solution_too(
        puzzle in puzzle(),
        at: prop::sample::Index,
        change in 1..MAX_NONCE,
    ) {
        prop_assume!(puzzle.count > 0);
        let mut nonces = puzzle.solve();
        let at = at.index(nonces.len());
        nonces[at] = (nonces[at] ^ change) & MAX_NONCE;
        let index = puzzle.first.wrapping_add(u32::try_from(at).unwrap());
        let still = counts(hash(&puzzle, index, nonces[at]), puzzle.work);
        let expected = if still { Ok(()) } else { Err(SolutionError::NotSolved) };
        prop_assert_eq!(puzzle.verify(&nonces), expected);
    }

    #[test]
    fn a_solution_of_another_length_is_refused(puzzle in puzzle(), extra in 0..4_usize) {
        let mut nonces = puzzle.solve();
        if extra == 0 {
            prop_assume!(nonces.pop().is_some());
        }
        nonces.extend(std::iter::repeat_n(0, extra));
        prop_assert_eq!(puzzle.verify(&nonces), Err(SolutionError::WrongCount));
    }

    #[test]
    fn a_nonce_above_the_greatest_is_refused(
        puzzle in puzzle(),
        at: prop::sample::Index,
        nonce in MAX_NONCE + 1..,
    ) {
        prop_assume!(puzzle.count > 0);
        let mut nonces = puzzle.solve();
        let at = at.index(nonces.len());
        nonces[at] = nonce;
        prop_assert_eq!(puzzle.verify(&nonces), Err(SolutionError::NonceOutOfRange));
    }

    #[test]
    fn solutions_of_one_attempt_do_not_fit_another(puzzle in puzzle(), id: [u8; 16]) {
        prop_assume!(id != puzzle.id && puzzle.work > 1 && puzzle.count > 0);
        let other = Puzzle { id, ..puzzle };
        let nonces = puzzle.solve();
        let fits = (0..).zip(&nonces).all(|(i, nonce)| {
            counts(hash(&other, puzzle.first.wrapping_add(i), *nonce), puzzle.work)
        });
        prop_assert_eq!(other.verify(&nonces).is_ok(), fits);
    }

    #[test]
    fn anything_can_be_verified(
        algorithm in algorithm(),
        id: [u8; 16],
        first: u32,
        count in prop_oneof![0..20_u32, any::<u32>()],
        work: u64,
        nonces in prop::collection::vec(prop_oneof![0..=MAX_NONCE, any::<u64>()], 0..20),
    ) {
        let puzzle = Puzzle { algorithm, id, first, count, work };
        let verdict = puzzle.verify(&nonces);
        if nonces.len() as u64 != u64::from(count) {
            prop_assert_eq!(verdict, Err(SolutionError::WrongCount));
        }
    }
}
