//! The widget's states and what moves it from one to the next. What each state looks like is
//! decided in `view`.

use crate::puzzle::Puzzle;
use crate::retry::back_off_seconds;
use crate::{Host, Outcome, Reason, Request, Step, Timer};

/// How the site wants the widget to behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Starts by itself at the first interaction with the form; also the invisible mode, which
    /// differs in its size only.
    Managed,
    /// Waits for the visitor's click.
    Interactive,
}

/// Whether the widget tries again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// After a pause.
    Auto,
    /// Only when the visitor says so.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Idle,
    Working,
    Passed,
    Expired,
    Offline(Wait),
    Failed(Reason),
}

/// What a pause is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Connection,
    Turn,
}

/// New attempts that the widget begins by itself when one has gone wrong.
const RESTARTS: u32 = 2;

/// The widget.
pub struct Machine<H> {
    pub(crate) host: H,
    pub(crate) state: State,
    mode: Mode,
    retry: Retry,
    /// Renews a confirmation that is still good: what happens is shown once that has expired.
    pub(crate) quiet: bool,
    /// The call to repeat after a pause.
    pending: Request,
    pub(crate) puzzle: Puzzle,
    /// Sub-puzzles of earlier puzzles of this attempt.
    pub(crate) solved_before: u32,
    failures: u32,
    restarts: u32,
    /// Spent working, or left to wait.
    pub(crate) seconds: u32,
    /// Percent last told to screen readers.
    pub(crate) told: u32,
}

impl<H: Host> Machine<H> {
    /// A widget that shows nothing yet.
    pub const fn new(host: H) -> Self {
        Self {
            host,
            state: State::Idle,
            mode: Mode::Managed,
            retry: Retry::Auto,
            quiet: false,
            pending: Request::Challenge,
            puzzle: Puzzle::EMPTY,
            solved_before: 0,
            failures: 0,
            restarts: 0,
            seconds: 0,
            told: 0,
        }
    }

    /// The page has said what it wants and the texts are there.
    pub fn start(&mut self, mode: Mode, retry: Retry) {
        self.mode = mode;
        self.retry = retry;
        self.enter(State::Idle);
    }

    /// Something refused the widget before it began.
    pub fn fail(&mut self, code: &[u8]) {
        let reason = match Outcome::of(403, code, 0) {
            Outcome::Failed(reason) => reason,
            _ => Reason::Unfinished,
        };
        self.enter(State::Failed(reason));
    }

    /// The visitor began to use the form.
    pub fn interaction(&mut self) {
        if self.state == State::Idle && self.mode == Mode::Managed {
            self.begin();
        }
    }

    /// The page wants a token now, also while one is still good.
    pub fn execute(&mut self) {
        match self.state {
            State::Working | State::Offline(_) => {}
            State::Passed => {
                self.quiet = true;
                self.begin();
            }
            State::Idle | State::Expired | State::Failed(_) => self.begin(),
        }
    }

    /// The visitor pressed the widget.
    pub fn click(&mut self) {
        match self.state {
            State::Idle | State::Expired | State::Failed(Reason::Unfinished) => self.begin(),
            State::Offline(_) => self.call(),
            _ => {}
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.host.stop();
        self.host.timer(Timer::Expiry, 0);
        self.quiet = false;
        self.enter(State::Idle);
    }

    /// The browser has a connection again.
    pub fn online(&mut self) {
        if let State::Offline(Wait::Connection) = self.state {
            self.call();
        }
    }

    /// A second has passed.
    pub fn second(&mut self) {
        match self.state {
            State::Offline(_) if self.seconds <= 1 => self.call(),
            State::Offline(_) => {
                self.seconds -= 1;
                self.update();
            }
            State::Working => {
                self.seconds += 1;
                self.update();
            }
            _ => {}
        }
    }

    /// The token's time is over.
    pub fn expiry(&mut self) {
        self.host.post("expired", "");
        if self.quiet {
            self.quiet = false;
            self.show();
        } else {
            self.enter(State::Expired);
        }
    }

    /// The edge asks for a puzzle.
    pub fn puzzle(&mut self, step: Step) {
        self.failures = 0;
        self.solved_before += self.puzzle.solved();
        let Some(puzzle) = Puzzle::new(step) else {
            self.host.refuse("unavailable");
            return self.enter(State::Failed(Reason::Unfinished));
        };
        self.puzzle = puzzle;
        for worker in 0..self.host.workers(step.most_workers()) {
            self.search(worker);
        }
        self.update();
    }

    /// The edge asks for a picture, which this widget cannot show yet: it asks for another way.
    pub fn picture(&mut self) {
        self.failures = 0;
        self.pending = Request::WantWork;
        self.call();
    }

    /// The attempt is complete.
    pub fn passed(&mut self, lifetime_seconds: u32) {
        self.host.stop();
        self.quiet = false;
        self.host.timer(Timer::Expiry, lifetime_seconds.min(86_400) * 1000);
        self.host.post("token", "");
        self.enter(State::Passed);
    }

    /// A call brought neither a step nor a token.
    pub fn refused(&mut self, outcome: Outcome) {
        let (wait, asked) = match outcome {
            Outcome::NoConnection => {
                self.host.refuse("offline");
                (Wait::Connection, 0)
            }
            Outcome::Busy(seconds) => (Wait::Turn, seconds),
            Outcome::Restart if self.restarts < RESTARTS => {
                self.restarts += 1;
                return self.fresh();
            }
            Outcome::Restart => return self.enter(State::Failed(Reason::Unfinished)),
            Outcome::Failed(reason) => return self.enter(State::Failed(reason)),
        };
        self.failures += 1;
        if self.retry == Retry::Never {
            return self.enter(State::Failed(Reason::Unfinished));
        }
        self.seconds = asked.max(back_off_seconds(self.failures)).min(3600);
        self.enter(State::Offline(wait));
    }

    /// A worker has searched its range of sub-puzzle `index`; without a find, `nonce` is negative.
    pub fn searched(&mut self, worker: u32, index: u32, nonce: f64) {
        if nonce >= 0.0 && self.puzzle.found(index, nonce) {
            self.update();
            if self.puzzle.is_solved() {
                self.host.stop();
                self.pending = Request::Solution;
                return self.call();
            }
        }
        self.search(worker);
    }

    fn search(&mut self, worker: u32) {
        if let Some(task) = self.puzzle.next(worker) {
            self.host.search(task, self.puzzle.step());
        }
    }

    fn begin(&mut self) {
        self.restarts = 0;
        self.failures = 0;
        self.fresh();
    }

    /// Begins a new attempt.
    fn fresh(&mut self) {
        self.puzzle = Puzzle::EMPTY;
        self.solved_before = 0;
        self.told = 0;
        self.pending = Request::Challenge;
        self.call();
    }

    fn call(&mut self) {
        if self.state != State::Working {
            self.seconds = 0;
            self.enter(State::Working);
        }
        self.host.request(self.pending, self.puzzle.nonces());
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        let ticking = matches!(state, State::Working | State::Offline(_));
        self.host.timer(Timer::Second, if ticking { 1000 } else { 0 });
        self.show();
    }
}

#[cfg(test)]
mod tests;
