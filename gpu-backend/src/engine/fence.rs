//! The only thread that touches the adapter, and how long callers wait for it.
//! wgpu reports some errors to the next caller, so no one else may call; a
//! driver that hangs blocks this thread and no other. What the adapter is asked
//! to do is decided elsewhere.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::caught;
use crate::clock::Stopwatch;

/// How long the adapter may take before it counts as hung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For work that calls wait for: a batch.
    pub serving: Duration,
    /// For preparation, in which shaders are compiled.
    pub loading: Duration,
}

impl Patience {
    /// A third of the default deadline of a call.
    pub const REAL: Self =
        Self { serving: Duration::from_secs(10), loading: Duration::from_mins(1) };
    /// Software adapters are only used in tests, and may need minutes for a
    /// large batch.
    pub const SOFTWARE: Self =
        Self { serving: Duration::from_mins(10), loading: Duration::from_mins(10) };
}

/// Why there is no answer. After `Lost` there are no answers any more.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unanswered {
    /// The work panicked; caught here.
    #[error("{0}")]
    Panicked(String),
    /// The adapter is busy with something else, or not ready with this in time.
    /// Nothing is wrong so far.
    #[error("the adapter is busy")]
    Busy,
    /// The adapter hung or was lost, now or earlier.
    #[error("{0}")]
    Lost(String),
}

/// The thread. Clones share it; it ends with the last one.
#[derive(Clone, Debug)]
pub struct Fence(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    jobs: mpsc::Sender<Job>,
    state: Mutex<State>,
    changed: Condvar,
    patience: Patience,
}

type Job = Box<dyn FnOnce() + Send>;

#[derive(Debug, Default)]
struct State {
    /// The work that the thread is doing.
    at: Option<At>,
    /// The tickets of waiting callers, the first in front.
    waiting: VecDeque<u64>,
    tickets: u64,
    /// Why the adapter is no longer used.
    left: Option<String>,
}

#[derive(Debug)]
struct At {
    ticket: u64,
    since: Stopwatch,
    patience: Duration,
    /// Whether the caller no longer waits.
    is_given_up: bool,
}

impl Fence {
    /// Starts the thread; if that fails, the adapter is never used.
    pub fn new(patience: Patience) -> Self {
        let (jobs, todo) = mpsc::channel::<Job>();
        let thread = thread::Builder::new().name("adapter".to_owned());
        // Detached: one that hangs cannot be joined.
        let started = thread.spawn(move || {
            // Work that panics has told its caller; this thread is still
            // needed.
            for job in todo {
                drop(caught(job));
            }
        });
        let left = started.err().map(|error| format!("cannot start a thread for it: {error}"));
        let state = Mutex::new(State { left, ..State::default() });
        Self(Arc::new(Shared { jobs, state, changed: Condvar::new(), patience }))
    }

    /// Why the adapter is no longer used; `None` while it is.
    pub fn left(&self) -> Option<String> {
        self.0.state().left.clone()
    }

    /// Stops using the adapter.
    pub fn leave(&self, why: String) {
        self.0.state().left.get_or_insert(why);
        self.0.changed.notify_all();
    }

    /// Runs preparation on the thread.
    pub fn load<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        // No deadline is near: earlier callers may take their time.
        self.ask(None, self.0.patience.loading, work)
    }

    /// Runs work that a call waits for; `within` includes the wait for a turn.
    /// Late work continues there, and its answer is dropped.
    pub fn serve<T: Send + 'static>(
        &self,
        within: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        self.ask(Some(within), self.0.patience.serving, work)
    }

    /// Runs work at some point; no one waits for it.
    pub fn later(&self, work: impl FnOnce() + Send + 'static) {
        // The thread does not end before this sender does.
        let _ = self.0.jobs.send(Box::new(work));
    }

    fn ask<T: Send + 'static>(
        &self,
        within: Option<Duration>,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let asked = Stopwatch::start();
        let ticket = self.0.take_turn(within, patience)?;
        let (reply, answer) = mpsc::channel();
        let shared = Arc::clone(&self.0);
        self.later(move || {
            let done = caught(work);
            shared.end();
            // The caller may no longer wait.
            let _ = reply.send(done);
        });
        let left = within.map(|within| within.saturating_sub(asked.elapsed()));
        match answer.recv_timeout(left.map_or(patience, |left| left.min(patience))) {
            Ok(done) => done.map_err(Unanswered::Panicked),
            Err(_) => Err(self.0.give_up(ticket)),
        }
    }
}

impl Shared {
    /// No change to the state is left half-done, so a panic elsewhere does no
    /// harm.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the thread is free and all earlier callers have had their
    /// turn; without a `within`, for as long as that takes. Returns the ticket
    /// of the turn.
    fn take_turn(&self, within: Option<Duration>, patience: Duration) -> Result<u64, Unanswered> {
        let asked = Stopwatch::start();
        let mut state = self.state();
        let ticket = state.tickets;
        state.tickets += 1;
        state.waiting.push_back(ticket);
        let taken = loop {
            state.leave_what_hangs();
            if let Some(why) = &state.left {
                break Err(Unanswered::Lost(why.clone()));
            }
            let wait = within.map(|within| within.saturating_sub(asked.elapsed()));
            // A call does not wait for work that another call gave up on.
            let is_stuck = state.at.as_ref().is_some_and(|at| at.is_given_up) && wait.is_some();
            if is_stuck || wait == Some(Duration::ZERO) {
                break Err(Unanswered::Busy);
            }
            if state.at.is_none() && state.waiting.front() == Some(&ticket) {
                let since = Stopwatch::start();
                state.at = Some(At { ticket, since, patience, is_given_up: false });
                break Ok(ticket);
            }
            let hung = state.at.as_ref().map_or(patience, At::left);
            let wait = wait.map_or(hung, |wait| wait.min(hung));
            let woken = self.changed.wait_timeout(state, wait);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        };
        state.waiting.retain(|&other| other != ticket);
        drop(state);
        self.changed.notify_all();
        taken
    }

    fn end(&self) {
        self.state().at = None;
        self.changed.notify_all();
    }

    /// Stops waiting for the work of a ticket.
    fn give_up(&self, ticket: u64) -> Unanswered {
        let mut state = self.state();
        if let Some(at) = state.at.as_mut().filter(|at| at.ticket == ticket) {
            at.is_given_up = true;
        }
        state.leave_what_hangs();
        let left = state.left.clone();
        drop(state);
        self.changed.notify_all();
        left.map_or(Unanswered::Busy, Unanswered::Lost)
    }
}

impl State {
    fn leave_what_hangs(&mut self) {
        if let Some(at) = self.at.as_ref().filter(|at| at.left().is_zero()) {
            let seconds = at.patience.as_secs_f32();
            self.left.get_or_insert_with(|| {
                format!(
                    "the adapter did not respond within {seconds} s; abandoned until the next start"
                )
            });
        }
    }
}

impl At {
    fn left(&self) -> Duration {
        self.patience.saturating_sub(self.since.elapsed())
    }
}

#[cfg(test)]
mod tests;
