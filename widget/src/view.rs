//! What each state looks and sounds like. Only texts and visibility are decided
//! here.

use crate::machine::{Machine, State, Wait};
use crate::{Element, Host, Reason, Text, View};

/// Seconds after which the widget explains the delay, and after which it offers
/// another way.
const SLOW_SECONDS: u32 = 20;
const TOO_SLOW_SECONDS: u32 = 60;

impl<H: Host> Machine<H> {
    /// Shows a state that was just entered, and tells the page and screen readers.
    pub(crate) fn show(&mut self) {
        if self.quiet {
            return;
        }
        let (name, spoken, alarm) = match self.state {
            State::Idle => ("idle", Text::Empty, Text::Empty),
            State::Working => ("working", Text::NoAction, Text::Empty),
            State::Asking => ("asking", Text::Asking, Text::Empty),
            State::Passed => ("passed", Text::Passed, Text::Empty),
            State::Expired => ("expired", Text::Expired, Text::Empty),
            State::Offline(wait) => ("offline", Text::Empty, wait.text()),
            State::Failed(reason) => ("failed", Text::Empty, reason.text()),
        };
        let actionable = match self.state {
            State::Idle | State::Asking | State::Expired | State::Offline(_) => true,
            State::Failed(reason) => reason == Reason::Unfinished,
            State::Working | State::Passed => false,
        };
        let failed = matches!(self.state, State::Failed(_));
        self.host.set(Element::Root, "data-state", name);
        // The open picture step has controls and announcements of its own.
        let open = self.picture.is_open;
        self.host.hide(Element::Button, (!actionable || open).into());
        self.host.hide(Element::Bar, (self.state != State::Working).into());
        self.host.hide(Element::Help, (!failed).into());
        if failed {
            self.host.help(Text::Help);
        }
        self.host.say(Element::Status, if open { Text::Empty } else { spoken }, 0);
        self.host.say(Element::Alert, if open { Text::Empty } else { alarm }, self.seconds);
        self.update();
        self.host.post("state", name);
        if !alarm.is_empty() {
            self.host.post("error", "");
        }
    }

    /// Updates texts and progress within a state.
    pub(crate) fn update(&mut self) {
        if self.quiet {
            return;
        }
        let percent = match self.state {
            State::Idle | State::Expired | State::Failed(_) => 0,
            State::Working | State::Offline(_) => self.percent(),
            State::Asking => 50,
            State::Passed => 100,
        };
        self.host.progress(percent);
        let mut number = self.seconds;
        let mut note = Text::Empty;
        let label = match self.state {
            State::Idle => Text::Idle,
            State::Working => {
                number = percent;
                if self.way_seconds > 0 {
                    note = Text::MayTake;
                } else if self.seconds >= SLOW_SECONDS {
                    note = Text::Slow;
                }
                // Another way takes as long as it takes; the visitor was told
                // how long.
                if self.seconds == TOO_SLOW_SECONDS.max(2 * self.way_seconds) {
                    self.host.refuse("timeout");
                    self.host.post("error", "");
                    self.host.help(Text::AnotherWay);
                    self.host.hide(Element::Help, false.into());
                }
                if number >= self.told + 25 {
                    self.told = number - number % 25;
                    if number < 100 && !self.picture.is_open {
                        self.host.say(Element::Status, Text::Percent, self.told);
                    }
                }
                if self.seconds == SLOW_SECONDS && note == Text::Slow {
                    self.host.say(Element::Status, Text::Slow, 0);
                }
                Text::Working
            }
            State::Asking => {
                if !self.picture.is_open {
                    note = Text::ShowPicture;
                }
                Text::Asking
            }
            State::Passed => Text::Passed,
            State::Expired => Text::Expired,
            State::Offline(wait) => {
                if !self.picture.is_open {
                    note = Text::RetryNow;
                }
                wait.text()
            }
            State::Failed(reason) => {
                if reason == Reason::Unfinished {
                    note = Text::TryAgain;
                }
                reason.text()
            }
        };
        self.host.say(Element::Label, label, number);
        self.host.say(Element::Note, note, self.way_seconds);
        self.update_view(percent);
        self.host.fit();
    }

    /// Share of sub-puzzles solved so far. A further puzzle adds to both
    /// numbers.
    fn percent(&self) -> u32 {
        let asked = self.solved_before + self.puzzle.step().count;
        (100 * (self.solved_before + self.puzzle.solved())).checked_div(asked).unwrap_or(0)
    }
}

impl Wait {
    const fn text(self) -> Text {
        match self {
            Self::Connection => Text::Offline,
            Self::Turn => Text::Busy,
        }
    }

    pub(crate) const fn view(self) -> View {
        match self {
            Self::Connection => View::Offline,
            Self::Turn => View::Busy,
        }
    }
}

impl Text {
    fn is_empty(self) -> bool {
        self == Self::Empty
    }
}
