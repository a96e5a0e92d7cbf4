use munjigi_protocol::{FrameMessage, FrameState, PageOptions};
use serde_json::json;

use super::*;
use crate::{Element, Hidden, Task, Text, View};

/// A browser that records what it is told.
#[derive(Default)]
pub(crate) struct Paper {
    pub(crate) label: Option<(Text, u32)>,
    pub(crate) note: Option<Text>,
    pub(crate) spoken: Vec<Text>,
    pub(crate) alarms: Vec<Text>,
    pub(crate) posted: Vec<(String, String)>,
    pub(crate) requests: Vec<(Request, Vec<f64>)>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) percent: u32,
    pub(crate) button: bool,
    pub(crate) code: String,
    pub(crate) stops: u32,
    pub(crate) second: bool,
    pub(crate) expiry_ms: u32,
    pub(crate) picture_ms: u32,
    pub(crate) views: Vec<(View, u32)>,
    pub(crate) note_number: u32,
}

impl Host for Paper {
    fn say(&mut self, place: Element, text: Text, number: u32) {
        match place {
            Element::Label => self.label = Some((text, number)),
            Element::Note => (self.note, self.note_number) = (Some(text), number),
            Element::Status if text != Text::Empty => self.spoken.push(text),
            Element::Alert if text != Text::Empty => self.alarms.push(text),
            _ => {}
        }
    }
    fn set(&mut self, place: Element, name: &str, _: &str) {
        assert_eq!((place, name), (Element::Root, "data-state"));
    }
    fn hide(&mut self, place: Element, hidden: Hidden) {
        if place == Element::Button {
            self.button = hidden == Hidden::No;
        }
    }
    fn progress(&mut self, percent: u32) {
        self.percent = percent;
    }
    fn help(&mut self, _: Text) {}
    fn fit(&mut self) {}
    fn refuse(&mut self, code: &str) {
        code.clone_into(&mut self.code);
    }
    fn post(&mut self, message: &str, value: &str) {
        self.posted.push((message.to_owned(), value.to_owned()));
    }
    fn request(&mut self, request: Request, nonces: &[f64]) {
        self.requests.push((request, nonces.to_vec()));
    }
    fn view(&mut self, view: View, number: u32) {
        self.views.push((view, number));
    }
    fn timer(&mut self, timer: Timer, milliseconds: u32) {
        match timer {
            Timer::Second => self.second = milliseconds > 0,
            Timer::Expiry => self.expiry_ms = milliseconds,
            Timer::Picture => self.picture_ms = milliseconds,
        }
    }
    fn workers(&mut self, most: u32) -> u32 {
        most
    }
    fn search(&mut self, task: Task, _: &Step) {
        self.tasks.push(task);
    }
    fn stop(&mut self) {
        self.stops += 1;
    }
}

pub(crate) const STEP: Step = Step { first: 0, count: 4, work: 40_000.0, epoch_len: 65_536.0 };

pub(crate) fn idle() -> Machine<Paper> {
    let mut widget = Machine::new(Paper::default());
    widget.start(Mode::Managed, Retry::Auto);
    widget
}

pub(crate) fn solving() -> Machine<Paper> {
    let mut widget = idle();
    widget.interaction();
    widget.puzzle(STEP, 0);
    widget
}

pub(crate) fn passed() -> Machine<Paper> {
    let mut widget = solving();
    for index in 0..4 {
        widget.searched(0, index, f64::from(index));
    }
    widget.passed(300);
    widget
}

pub(crate) fn states(widget: &Machine<Paper>) -> Vec<&str> {
    let posted = widget.host.posted.iter();
    posted.filter(|(message, _)| message == "state").map(|(_, state)| state.as_str()).collect()
}

#[test]
fn a_visitor_passes() {
    let widget = passed();
    assert_eq!(states(&widget), ["idle", "working", "passed"]);
    let nonces = vec![0.0, 1.0, 2.0, 3.0];
    assert_eq!(widget.host.requests, [(Request::Challenge, vec![]), (Request::Solution, nonces)]);
    assert_eq!(widget.host.label, Some((Text::Passed, 0)));
    assert_eq!(widget.host.expiry_ms, 300_000);
    assert!(!widget.host.button && !widget.host.second);
}

#[test]
fn everything_posted_is_a_message_of_the_protocol() {
    let mut widget = passed();
    widget.expiry();
    widget.click();
    widget.refused(Outcome::NoConnection);
    widget.refused(Outcome::Failed(Reason::Blocked));
    for (message, value) in &widget.host.posted {
        let text = json!({"type": message, "state": value, "code": "x", "token": "t", "expires_in": 1, "aside": true});
        serde_json::from_value::<FrameMessage>(text).unwrap();
    }
    for state in states(&widget) {
        serde_json::from_value::<FrameState>(json!(state)).unwrap();
    }
    let options = json!({"action": "", "cdata": "", "theme": "auto", "size": "normal",
        "language": "", "tabindex": 0, "retry": "never", "start": "click"});
    serde_json::from_value::<PageOptions>(options).unwrap();
}

#[test]
fn progress_has_one_step_for_each_sub_puzzle_and_is_told_at_each_quarter() {
    let mut widget = solving();
    let mut percents = Vec::new();
    for index in 0..4 {
        percents.push(widget.host.percent);
        widget.searched(0, index, 1.0);
    }
    assert_eq!(percents, [0, 25, 50, 75]);
    assert_eq!(widget.host.percent, 100);
    let told = [Text::NoAction, Text::Percent, Text::Percent, Text::Percent];
    assert_eq!(widget.host.spoken, told);
}

#[test]
fn a_further_puzzle_continues_the_progress() {
    let mut widget = solving();
    for index in 0..4 {
        widget.searched(0, index, 1.0);
    }
    widget.puzzle(Step { first: 4, ..STEP }, 0);
    assert_eq!(widget.host.percent, 50);
    assert_eq!(widget.host.tasks.last().unwrap().index, 5);
    for index in 4..8 {
        widget.searched(0, index, 1.0);
    }
    assert_eq!(widget.host.requests.last().unwrap().0, Request::Solution);
    assert_eq!(widget.host.requests.last().unwrap().1.len(), 4);
}

#[test]
fn a_range_without_a_solution_leads_to_another_one() {
    let mut widget = solving();
    widget.searched(0, 0, -1.0);
    assert_eq!(widget.host.tasks.last(), Some(&Task { worker: 0, index: 2, epoch: 0 }));
    assert_eq!(widget.host.percent, 0);
}

#[test]
fn an_interactive_site_waits_for_the_click() {
    let mut widget = Machine::new(Paper::default());
    widget.start(Mode::Interactive, Retry::Auto);
    widget.interaction();
    assert!(widget.host.requests.is_empty());
    assert_eq!(states(&widget), ["idle", "idle"], "the page is told that it waits");
    assert!(widget.host.button);
    widget.click();
    assert_eq!(widget.host.requests.len(), 1);
}

#[test]
fn without_a_connection_it_counts_down_and_repeats_the_same_call() {
    let mut widget = solving();
    for index in 0..4 {
        widget.searched(0, index, 7.0);
    }
    widget.refused(Outcome::NoConnection);
    assert_eq!(widget.host.label, Some((Text::Offline, 2)));
    assert_eq!(widget.host.code, "offline");
    widget.second();
    assert_eq!(widget.host.label, Some((Text::Offline, 1)));
    widget.second();
    assert_eq!(widget.host.requests.last(), Some(&(Request::Solution, vec![7.0; 4])));
    widget.refused(Outcome::NoConnection);
    assert_eq!(widget.host.label, Some((Text::Offline, 4)));
    widget.online();
    assert_eq!(widget.host.requests.len(), 4);
}

#[test]
fn workers_that_could_not_be_fetched_are_started_again_on_the_same_puzzle() {
    let mut widget = solving();
    widget.searched(0, 0, 7.0);
    let dealt = widget.host.tasks.len();
    widget.refused(Outcome::NoConnection);
    assert_eq!(widget.host.label, Some((Text::Offline, 2)));
    assert_eq!(widget.host.percent, 25, "what is solved is kept");
    widget.online();
    assert_eq!(states(&widget).last(), Some(&"working"));
    assert_eq!(widget.host.tasks.len(), dealt + 2);
    assert_eq!(widget.host.requests.len(), 1, "the edge is asked for nothing more");
    for index in 1..4 {
        widget.searched(0, index, 7.0);
    }
    assert_eq!(widget.host.requests.last(), Some(&(Request::Solution, vec![7.0; 4])));
}

#[test]
fn a_busy_edge_gets_the_time_it_asked_for() {
    let mut widget = idle();
    widget.interaction();
    widget.refused(Outcome::Busy(9));
    assert_eq!(widget.host.label, Some((Text::Busy, 9)));
    widget.online();
    assert_eq!(widget.host.requests.len(), 1, "a connection does not shorten the wait");
    widget.click();
    assert_eq!(widget.host.requests.len(), 2);
}

#[test]
fn a_page_without_retries_gets_a_failure_that_can_be_pressed() {
    let mut widget = Machine::new(Paper::default());
    widget.start(Mode::Managed, Retry::Never);
    widget.interaction();
    widget.refused(Outcome::NoConnection);
    assert_eq!(states(&widget).last(), Some(&"failed"));
    assert!(widget.host.button && !widget.host.second);
    widget.click();
    assert_eq!(widget.host.requests.len(), 2);
}

#[test]
fn a_failed_attempt_is_restarted_twice() {
    let mut widget = solving();
    for _ in 0..2 {
        widget.refused(Outcome::Restart);
        assert_eq!(states(&widget).last(), Some(&"working"));
    }
    widget.refused(Outcome::Restart);
    assert_eq!(states(&widget).last(), Some(&"failed"));
    assert_eq!(widget.host.requests.len(), 3);
    assert_eq!(widget.host.note, Some(Text::TryAgain));
}

#[test]
fn a_refusal_for_good_offers_no_button() {
    for (reason, text) in [
        (Reason::Blocked, Text::Blocked),
        (Reason::Misconfigured, Text::Misconfigured),
        (Reason::Unsupported, Text::Unsupported),
    ] {
        let mut widget = idle();
        widget.interaction();
        widget.refused(Outcome::Failed(reason));
        assert_eq!(widget.host.alarms, [text]);
        assert!(!widget.host.button);
        widget.click();
        assert_eq!(widget.host.requests.len(), 1);
    }
}

#[test]
fn a_frame_that_may_not_begin_says_so() {
    let mut widget = Machine::new(Paper::default());
    widget.fail(b"hostname-not-allowed");
    assert_eq!(widget.host.label, Some((Text::Misconfigured, 0)));
}

#[test]
fn an_expired_confirmation_can_be_renewed() {
    let mut widget = passed();
    widget.expiry();
    assert_eq!(states(&widget).last(), Some(&"expired"));
    assert!(widget.host.posted.contains(&("expired".to_owned(), String::new())));
    widget.interaction();
    assert_eq!(widget.host.requests.len(), 2, "only the page or a click renews it");
    widget.click();
    assert_eq!(widget.host.requests.len(), 3);
}

#[test]
fn a_confirmation_is_renewed_silently() {
    let mut widget = passed();
    let said = widget.host.posted.len();
    widget.execute();
    widget.puzzle(STEP, 0);
    widget.refused(Outcome::NoConnection);
    widget.second();
    widget.second();
    assert_eq!(widget.host.posted.len(), said);
    assert_eq!(widget.host.label, Some((Text::Passed, 0)));
    widget.passed(300);
    assert_eq!(states(&widget), ["idle", "working", "passed", "passed"]);
}

#[test]
fn a_renewal_that_comes_too_late_is_shown() {
    let mut widget = passed();
    widget.execute();
    widget.expiry();
    assert_eq!(states(&widget).last(), Some(&"working"));
}

#[test]
fn it_says_why_it_takes_long_and_then_where_to_find_another_way() {
    let mut widget = solving();
    for _ in 0..20 {
        assert_eq!(widget.host.note, Some(Text::Empty));
        widget.second();
    }
    assert_eq!(widget.host.note, Some(Text::Slow));
    for _ in 20..60 {
        widget.second();
    }
    assert_eq!(widget.host.code, "timeout");
    assert!(widget.host.posted.contains(&("error".to_owned(), String::new())));
}

#[test]
fn a_reset_forgets_everything() {
    let mut widget = solving();
    widget.reset();
    assert_eq!(states(&widget).last(), Some(&"idle"));
    assert_eq!((widget.host.stops, widget.host.percent), (1, 0));
    widget.interaction();
    assert_eq!(widget.host.requests.last(), Some(&(Request::Challenge, vec![])));
}

#[test]
fn an_impossible_puzzle_is_refused() {
    let mut widget = idle();
    widget.interaction();
    widget.puzzle(Step { count: 1000, ..STEP }, 0);
    assert_eq!(states(&widget).last(), Some(&"failed"));
    assert_eq!(widget.host.code, "unavailable");
}
