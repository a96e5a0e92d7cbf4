//! Which sub-puzzles are solved and which range each worker searches next.
//!
//! A worker takes the next sub-puzzle that no one has started. When all are
//! started, it helps with an unsolved one, on its next epoch, so that the last
//! sub-puzzle does not leave cores idle: this keeps slow solves close to the
//! typical one.

/// More sub-puzzles than any site may ask for.
const MOST: u32 = 64;

/// A puzzle as the edge sends it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Step {
    /// Index of the first sub-puzzle.
    pub first: u32,
    /// Number of sub-puzzles.
    pub count: u32,
    /// Expected hashes per sub-puzzle.
    pub work: f64,
    /// Nonces in an epoch.
    pub epoch_len: f64,
}

impl Step {
    /// Number of workers that are worth starting. Two solve the usual puzzle in
    /// an instant; more only get in each other's way if a browser claims cores
    /// that do not exist: WebKit says 4 on a machine with 2, and took 4.5 s
    /// with three workers, 1.5 s with two.
    pub(crate) fn most_workers(&self) -> u32 {
        if self.work * f64::from(self.count) > 2_000_000.0 { 4 } else { 2 }
    }
}

/// A range of nonces of one sub-puzzle, for one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Number of the worker, from 0.
    pub worker: u32,
    /// The sub-puzzle's index, counted from 0 over the whole attempt.
    pub index: u32,
    /// Number of the epoch whose nonces are searched.
    pub epoch: u32,
}

pub(crate) struct Puzzle {
    step: Step,
    /// One bit per solved sub-puzzle.
    solved: u64,
    nonces: [f64; MOST as usize],
    epochs: [u32; MOST as usize],
}

impl Puzzle {
    pub(crate) const EMPTY: Self = Self {
        step: Step { first: 0, count: 0, work: 0.0, epoch_len: 0.0 },
        solved: 0,
        nonces: [0.0; MOST as usize],
        epochs: [0; MOST as usize],
    };

    /// The state of a new puzzle; `None` if it has no or more than [`MOST`]
    /// sub-puzzles.
    pub(crate) fn new(step: Step) -> Option<Self> {
        (step.count.wrapping_sub(1) < MOST).then_some(Self { step, ..Self::EMPTY })
    }

    pub(crate) const fn step(&self) -> &Step {
        &self.step
    }

    pub(crate) const fn solved(&self) -> u32 {
        self.solved.count_ones()
    }

    pub(crate) const fn is_solved(&self) -> bool {
        self.solved() >= self.step.count
    }

    /// The solution, in order.
    pub(crate) fn nonces(&self) -> &[f64] {
        self.nonces.get(..self.step.count as usize).unwrap_or_default()
    }

    /// The next range for a worker.
    pub(crate) fn next(&mut self, worker: u32) -> Option<Task> {
        let mut best = None;
        for (place, epoch) in (0..self.step.count).zip(&mut self.epochs) {
            let open = self.solved >> place & 1 == 0;
            if open && best.as_ref().is_none_or(|(_, least): &(u32, &mut u32)| *epoch < **least) {
                best = Some((place, epoch));
            }
        }
        let (place, epoch) = best?;
        let task = Task { worker, index: self.step.first.wrapping_add(place), epoch: *epoch };
        *epoch += 1;
        Some(task)
    }

    /// Records the solution of sub-puzzle `index`; returns whether it is the
    /// first.
    pub(crate) fn found(&mut self, index: u32, nonce: f64) -> bool {
        let place = index.wrapping_sub(self.step.first);
        let bit = 1_u64.checked_shl(place).unwrap_or(0);
        match self.nonces.get_mut(place as usize) {
            Some(solution) if place < self.step.count && self.solved & bit == 0 => {
                *solution = nonce;
                self.solved |= bit;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn puzzle(count: u32) -> Puzzle {
        Puzzle::new(Step { first: 16, count, work: 40_000.0, epoch_len: 65_536.0 }).unwrap()
    }

    #[test]
    fn each_worker_begins_another_sub_puzzle() {
        let mut puzzle = puzzle(3);
        let tasks: Vec<_> = (0..3).filter_map(|w| puzzle.next(w)).collect();
        assert_eq!(tasks.iter().map(|t| t.index).collect::<Vec<_>>(), [16, 17, 18]);
        assert!(tasks.iter().all(|task| task.epoch == 0));
    }

    #[test]
    fn an_idle_worker_helps_with_the_next_epoch_of_an_open_one() {
        let mut puzzle = puzzle(2);
        puzzle.next(0);
        puzzle.next(1);
        assert!(puzzle.found(16, 5.0));
        assert_eq!(puzzle.next(0), Some(Task { worker: 0, index: 17, epoch: 1 }));
    }

    #[test]
    fn the_first_solution_of_a_sub_puzzle_counts() {
        let mut puzzle = puzzle(2);
        assert!(puzzle.found(17, 9.0));
        assert!(!puzzle.found(17, 70_000.0));
        assert!(!puzzle.is_solved());
        assert!(puzzle.found(16, 3.0));
        assert!(puzzle.is_solved());
        assert_eq!(puzzle.nonces(), [3.0, 9.0]);
        assert_eq!(puzzle.next(0), None);
    }

    #[test]
    fn a_stray_index_is_ignored() {
        let mut puzzle = puzzle(2);
        assert!(!puzzle.found(3, 1.0));
        assert!(!puzzle.found(18, 1.0));
        assert!(!puzzle.found(999, 1.0));
    }

    #[test]
    fn hard_puzzles_get_more_workers() {
        let step = |work| Step { first: 0, count: 16, work, epoch_len: 65_536.0 };
        assert_eq!(step(40_000.0).most_workers(), 2);
        assert_eq!(step(320_000.0).most_workers(), 4);
    }

    #[test]
    fn no_or_too_many_sub_puzzles_are_refused() {
        for count in [0, 65, u32::MAX] {
            let step = Step { first: 0, count, work: 1.0, epoch_len: 1.0 };
            assert!(Puzzle::new(step).is_none());
        }
    }
}
