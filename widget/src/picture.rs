//! The picture step's part of the states: whether it is open, what the visitor
//! does there, and what follows a wrong answer. Only the module that draws it
//! knows which tiles are chosen.

use crate::machine::{RESTARTS, State};
use crate::{Host, Machine, Reason, Request, Timer, View};

/// A picture that expires this soon is not worth answering.
const MARGIN_SECONDS: u32 = 5;

impl<H: Host> Machine<H> {
    /// The edge requires a picture, which can be answered for this many
    /// seconds.
    pub fn picture(&mut self, lifetime_seconds: u32) {
        self.failures = 0;
        self.pending = Request::Images;
        let seconds = lifetime_seconds.clamp(2 * MARGIN_SECONDS, 86_400) - MARGIN_SECONDS;
        self.host.timer(Timer::Picture, seconds * 1000);
        self.call();
    }

    /// The picture's images are loaded.
    pub fn pictured(&mut self) {
        self.failures = 0;
        self.picture.is_stale = false;
        if self.picture.opens && !self.quiet {
            self.reveal();
        }
        self.enter(State::Asking);
    }

    /// Opens the picture, or a new one if it has expired.
    pub(crate) fn open(&mut self) {
        if self.quiet {
            return;
        }
        if self.picture.is_stale {
            self.begin();
            return self.picture.opens_by_itself();
        }
        self.reveal();
        self.show();
    }

    fn reveal(&mut self) {
        if !self.picture.is_open {
            self.picture.is_open = true;
            self.host.post("open", "");
        }
    }

    /// The visitor closed the picture: it is kept, and the widget shows that it
    /// is waiting.
    pub fn close(&mut self) {
        self.picture.opens = false;
        self.put_aside();
    }

    /// Closes the picture without an answer, and shows that it waits.
    fn put_aside(&mut self) {
        self.shut_as("aside");
        self.show();
    }

    /// Closes the picture because it was answered, or is needed no longer.
    pub(crate) fn shut(&mut self) {
        self.shut_as("");
    }

    fn shut_as(&mut self, how: &str) {
        if self.picture.is_open {
            self.picture.is_open = false;
            self.host.view(View::Closed, 0);
            self.host.post("close", how);
        }
    }

    /// The visitor confirmed their choice.
    pub fn answer(&mut self) {
        if self.state == State::Asking {
            self.restarts = 0;
            self.pending = Request::Answer;
            self.call();
        }
    }

    /// The visitor requested another picture.
    pub fn another(&mut self) {
        if self.state != State::Working {
            self.restarts = 0;
            self.fresh();
        }
    }

    /// The visitor chose another way instead of the picture.
    pub fn way(&mut self) {
        if self.state != State::Working {
            self.restarts = 0;
            self.pending = Request::WantWork;
            self.shut();
            self.call();
        }
    }

    /// The picture has expired. An answer that is being sent is left to its
    /// outcome.
    pub fn stale(&mut self) {
        if self.state != State::Asking {
            return;
        }
        if self.picture.is_open && self.restarts < RESTARTS {
            self.restarts += 1;
            self.host.view(View::Stale, 0);
            return self.fresh();
        }
        // A visitor who is away needs no further pictures until they return.
        self.picture.is_stale = true;
        self.put_aside();
    }

    /// The answer was wrong, and its attempt has ended.
    pub(crate) fn wrong(&mut self) {
        self.picture.wrong += 1;
        self.notice(View::Wrong);
        self.fresh();
    }

    /// A call failed on a page without retries: the visitor can retry.
    pub(crate) fn unsent(&mut self) {
        if self.pending != Request::Answer {
            return self.give_up(Reason::Unfinished);
        }
        self.enter(State::Asking);
        self.host.post("error", "");
        self.notice(View::Unsent);
    }

    /// A picture cannot be shown after all: takes the way that needs none.
    pub(crate) fn spare(&mut self) {
        self.pending = Request::WantWork;
        self.shut();
        self.call();
    }

    pub(crate) fn notice(&mut self, view: View) {
        if self.picture.is_open {
            self.host.view(view, 0);
        }
    }

    /// Updates the open picture step.
    pub(crate) fn update_view(&mut self, percent: u32) {
        if !self.picture.is_open {
            return;
        }
        let (view, number) = match self.state {
            State::Asking => (View::Asked, self.picture.wrong),
            State::Working if self.pending == Request::Answer => (View::Answering, 0),
            State::Working => (View::Working, percent),
            State::Offline(wait) => (wait.view(), self.seconds),
            State::Idle | State::Passed | State::Expired | State::Failed(_) => return,
        };
        self.host.view(view, number);
    }
}

#[cfg(test)]
mod tests;
