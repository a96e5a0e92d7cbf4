//! The widget's states and the transitions between them. `view` decides what
//! each state looks like.

use crate::puzzle::Puzzle;
use crate::retry::back_off_seconds;
use crate::{Host, Outcome, Reason, Request, Step, Timer, View};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Starts when the page allows it.
    Managed,
    /// Waits for the visitor's click.
    Interactive,
    /// Like managed, but shows nothing until a picture is needed.
    Invisible,
}

/// Whether the widget retries by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// After a pause.
    Auto,
    /// Only when the visitor asks for it.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Idle,
    Working,
    /// A picture waits for an answer.
    Asking,
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

/// The pictures of a visit so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) is_open: bool,
    /// It opens once it is loaded: someone has asked for the confirmation, by
    /// a click or through the page. A visitor who is only filling in the form
    /// is not interrupted.
    pub(crate) opens: bool,
    /// It can no longer be answered.
    pub(crate) is_stale: bool,
    /// Number of wrong answers.
    pub(crate) wrong: u32,
}

impl Picture {
    pub(crate) const NONE: Self = Self { is_open: false, opens: false, is_stale: false, wrong: 0 };

    pub(crate) const fn opens_by_itself(&mut self) {
        self.opens = true;
    }
}

/// New attempts that the widget starts by itself after a failed one.
pub(crate) const RESTARTS: u32 = 2;

pub struct Machine<H> {
    pub(crate) host: H,
    pub(crate) state: State,
    mode: Mode,
    retry: Retry,
    /// Renews a confirmation that is still valid, and shows nothing until that
    /// has expired.
    pub(crate) quiet: bool,
    /// The call to repeat after a pause.
    pub(crate) pending: Request,
    pub(crate) picture: Picture,
    pub(crate) puzzle: Puzzle,
    /// Number of sub-puzzles in earlier puzzles of this attempt.
    pub(crate) solved_before: u32,
    pub(crate) failures: u32,
    pub(crate) restarts: u32,
    /// How long another way may take; 0 if it was not chosen.
    pub(crate) way_seconds: u32,
    /// Seconds spent working, or left to wait.
    pub(crate) seconds: u32,
    /// Percentage last announced to screen readers.
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
            picture: Picture::NONE,
            puzzle: Puzzle::EMPTY,
            solved_before: 0,
            failures: 0,
            restarts: 0,
            way_seconds: 0,
            seconds: 0,
            told: 0,
        }
    }

    /// The page has sent its options, and the texts are loaded.
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

    /// The page lets it begin: usually because the visitor began to use the
    /// form.
    pub fn interaction(&mut self) {
        match self.state {
            // Posted again, so that the page knows that it waits for the click.
            State::Idle if self.mode == Mode::Interactive => self.show(),
            State::Idle => self.begin(),
            _ => {}
        }
    }

    /// The page requests a token now, even if one is still valid.
    pub fn execute(&mut self) {
        match self.state {
            // An attempt is in progress; if it leads to a picture, that opens
            // by itself.
            State::Working | State::Offline(_) => {
                if !self.quiet {
                    self.picture.opens_by_itself();
                }
            }
            State::Asking => self.open(),
            State::Passed => {
                self.quiet = true;
                self.begin();
            }
            State::Idle | State::Expired | State::Failed(_) => {
                self.begin();
                self.picture.opens_by_itself();
            }
        }
    }

    /// The visitor pressed the widget.
    pub fn click(&mut self) {
        match self.state {
            State::Idle | State::Expired | State::Failed(Reason::Unfinished) => {
                self.begin();
                self.picture.opens_by_itself();
            }
            State::Asking => self.open(),
            State::Offline(_) => self.call(),
            _ => {}
        }
    }

    /// Discards all state.
    pub fn reset(&mut self) {
        self.host.stop();
        self.host.timer(Timer::Expiry, 0);
        self.shut();
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

    pub fn expiry(&mut self) {
        self.host.post("expired", "");
        if self.quiet {
            self.quiet = false;
            self.show();
        } else {
            self.enter(State::Expired);
        }
    }

    /// The edge requires a puzzle that may take this many seconds; 0 if that is
    /// unknown.
    pub fn puzzle(&mut self, step: Step, seconds: u32) {
        self.failures = 0;
        self.solved_before += self.puzzle.solved();
        let Some(puzzle) = Puzzle::new(step) else {
            self.host.refuse("unavailable");
            return self.give_up(Reason::Unfinished);
        };
        self.puzzle = puzzle;
        self.way_seconds = if self.pending == Request::WantWork { seconds } else { 0 };
        self.pending = Request::Search;
        self.deal();
        self.update();
    }

    pub fn passed(&mut self, lifetime_seconds: u32) {
        self.host.stop();
        self.host.timer(Timer::Expiry, lifetime_seconds.min(86_400) * 1000);
        // Before the picture closes, so that the page can tell that it was
        // answered.
        self.host.post("token", "");
        self.shut();
        self.quiet = false;
        self.enter(State::Passed);
    }

    /// A call returned neither a step nor a token, or the workers' script
    /// failed to load.
    pub fn refused(&mut self, outcome: Outcome) {
        let (wait, asked) = match outcome {
            Outcome::NoConnection => {
                self.host.refuse("offline");
                (Wait::Connection, 0)
            }
            // Does not wait for a picture: another way needs none.
            Outcome::Busy(_) if self.pending == Request::Images => return self.spare(),
            Outcome::Busy(seconds) => (Wait::Turn, seconds),
            Outcome::Wrong => return self.wrong(),
            Outcome::Restart => return self.restart(),
            Outcome::Failed(reason) => return self.give_up(reason),
        };
        self.failures += 1;
        if self.retry == Retry::Never {
            return self.unsent();
        }
        self.seconds = asked.max(back_off_seconds(self.failures)).min(3600);
        self.enter(State::Offline(wait));
    }

    /// The attempt cannot continue: starts a new one, unless there were too
    /// many.
    fn restart(&mut self) {
        if self.restarts >= RESTARTS {
            return match self.pending {
                Request::Images => self.spare(),
                _ => self.give_up(Reason::Unfinished),
            };
        }
        if self.pending == Request::Answer {
            self.notice(View::Stale);
        }
        self.restarts += 1;
        self.fresh();
    }

    /// Stops until the visitor acts.
    pub(crate) fn give_up(&mut self, reason: Reason) {
        self.shut();
        self.enter(State::Failed(reason));
    }

    /// A worker has searched its range of sub-puzzle `index`; `nonce` is negative if it found none.
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

    /// Gives each worker a range; new workers join the same puzzle.
    fn deal(&mut self) {
        for worker in 0..self.host.workers(self.puzzle.step().most_workers()) {
            self.search(worker);
        }
    }

    fn search(&mut self, worker: u32) {
        if let Some(task) = self.puzzle.next(worker) {
            self.host.search(task, self.puzzle.step());
        }
    }

    pub(crate) fn begin(&mut self) {
        self.restarts = 0;
        self.failures = 0;
        self.picture = Picture::NONE;
        if self.mode == Mode::Invisible {
            self.picture.opens_by_itself();
        }
        self.fresh();
    }

    /// Starts a new attempt.
    pub(crate) fn fresh(&mut self) {
        self.puzzle = Puzzle::EMPTY;
        self.solved_before = 0;
        self.way_seconds = 0;
        self.told = 0;
        self.pending = Request::Challenge;
        self.call();
    }

    pub(crate) fn call(&mut self) {
        if self.state == State::Working {
            self.update();
        } else {
            self.seconds = 0;
            self.enter(State::Working);
        }
        if self.pending == Request::Search {
            return self.deal();
        }
        self.host.request(self.pending, self.puzzle.nonces());
    }

    pub(crate) fn enter(&mut self, state: State) {
        self.state = state;
        let ticking = matches!(state, State::Working | State::Offline(_));
        self.host.timer(Timer::Second, if ticking { 1000 } else { 0 });
        self.show();
    }
}

#[cfg(test)]
pub(crate) mod tests;
