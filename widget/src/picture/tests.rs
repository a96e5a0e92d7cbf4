use crate::machine::tests::{Paper, STEP, passed, solving, states};
use crate::{Machine, Mode, Outcome, Reason, Request, Retry, Step, Text, View};

/// The visitor pressed a widget, and a picture is loaded.
fn asked() -> Machine<Paper> {
    asked_by(Mode::Interactive, Retry::Auto, Machine::click)
}

fn asked_by(mode: Mode, retry: Retry, begin: fn(&mut Machine<Paper>)) -> Machine<Paper> {
    let mut widget = Machine::new(Paper::default());
    widget.start(mode, retry);
    begin(&mut widget);
    deal(&mut widget);
    widget
}

/// A puzzle is required and solved, then a picture is required and its images
/// load.
fn deal(widget: &mut Machine<Paper>) {
    widget.puzzle(Step { count: 2, ..STEP }, 0);
    widget.searched(0, 0, 1.0);
    widget.searched(0, 1, 1.0);
    widget.picture(900);
    widget.pictured();
}

fn requests(widget: &Machine<Paper>) -> Vec<Request> {
    widget.host.requests.iter().map(|(request, _)| *request).collect()
}

fn last(widget: &Machine<Paper>) -> (View, u32) {
    *widget.host.views.last().unwrap()
}

/// How the picture closed, each time.
fn closed(widget: &Machine<Paper>) -> Vec<&str> {
    let posted = widget.host.posted.iter();
    posted.filter(|(name, _)| name == "close").map(|(_, how)| how.as_str()).collect()
}

fn told(widget: &Machine<Paper>, message: &str) -> usize {
    widget.host.posted.iter().filter(|(name, _)| name == message).count()
}

#[test]
fn a_visitor_answers_and_passes() {
    let mut widget = asked();
    assert_eq!(last(&widget), (View::Asked, 0));
    assert_eq!(widget.host.picture_ms, 895_000);
    assert!(!widget.host.button, "the open picture has its own controls");
    widget.answer();
    assert_eq!(last(&widget), (View::Answering, 0));
    widget.passed(300);
    assert_eq!(last(&widget), (View::Closed, 0));
    assert_eq!((told(&widget, "open"), closed(&widget)), (1, vec![""]), "not set aside");
    assert_eq!(states(&widget), ["idle", "working", "asking", "working", "passed"]);
    let expected = [Request::Challenge, Request::Solution, Request::Images, Request::Answer];
    assert_eq!(requests(&widget), expected);
}

#[test]
fn a_visitor_who_only_fills_in_the_form_is_not_interrupted() {
    let mut widget = asked_by(Mode::Managed, Retry::Auto, Machine::interaction);
    assert_eq!((told(&widget, "open"), widget.host.views.len()), (0, 0));
    assert_eq!(widget.host.label, Some((Text::Asking, 0)));
    assert_eq!(widget.host.note, Some(Text::ShowPicture));
    assert!(widget.host.button);
    widget.click();
    assert_eq!(last(&widget), (View::Asked, 0));
    assert_eq!(told(&widget, "open"), 1);
}

#[test]
fn it_opens_by_itself_when_the_page_asks_or_nothing_else_can() {
    let execute = asked_by(Mode::Managed, Retry::Auto, Machine::execute);
    assert_eq!(told(&execute, "open"), 1);
    let invisible = asked_by(Mode::Invisible, Retry::Auto, Machine::interaction);
    assert_eq!(told(&invisible, "open"), 1);
}

#[test]
fn a_page_that_executes_while_the_puzzle_is_solved_gets_the_picture_opened() {
    let mut widget = solving();
    widget.execute();
    widget.picture(900);
    widget.pictured();
    assert_eq!(told(&widget, "open"), 1);
}

#[test]
fn a_closed_picture_is_kept_and_can_be_opened_again() {
    let mut widget = asked();
    widget.close();
    assert_eq!(last(&widget), (View::Closed, 0));
    assert!(widget.host.button);
    assert_eq!(states(&widget).last(), Some(&"asking"));
    widget.click();
    assert_eq!(last(&widget), (View::Asked, 0));
    assert_eq!(requests(&widget).len(), 3, "nothing is asked of the edge for that");
    assert_eq!(closed(&widget), ["aside"]);
}

#[test]
fn a_picture_that_is_closed_while_its_answer_is_checked_is_set_aside() {
    let mut widget = asked();
    widget.answer();
    widget.close();
    widget.passed(300);
    assert_eq!(closed(&widget), ["aside"], "and it closes once");
    let mut widget = asked();
    widget.answer();
    widget.refused(Outcome::NoConnection);
    widget.close();
    assert_eq!(closed(&widget), ["aside"]);
}

#[test]
fn a_wrong_answer_brings_another_picture_without_closing() {
    let mut widget = asked();
    for wrong in 1..=4 {
        widget.answer();
        widget.refused(Outcome::Wrong);
        assert!(widget.host.views.ends_with(&[(View::Wrong, 0), (View::Working, 0)]));
        assert_eq!(requests(&widget).last(), Some(&Request::Challenge));
        deal(&mut widget);
        assert_eq!(last(&widget), (View::Asked, wrong));
    }
    assert_eq!((told(&widget, "open"), told(&widget, "close")), (1, 0));
}

#[test]
fn another_picture_is_a_new_attempt_with_its_progress_shown() {
    let mut widget = asked();
    widget.another();
    assert_eq!(requests(&widget).last(), Some(&Request::Challenge));
    widget.puzzle(Step { count: 2, ..STEP }, 0);
    widget.searched(0, 0, 1.0);
    assert_eq!(last(&widget), (View::Working, 50));
    widget.another();
    widget.way();
    assert_eq!(requests(&widget).last(), Some(&Request::Challenge), "one at a time");
}

#[test]
fn another_way_closes_the_picture_and_says_how_long_it_may_take() {
    let mut widget = asked();
    widget.way();
    assert_eq!(last(&widget), (View::Closed, 0));
    assert_eq!(closed(&widget), [""], "exchanged");
    assert_eq!(requests(&widget).last(), Some(&Request::WantWork));
    widget.puzzle(Step { first: 2, ..STEP }, 45);
    assert_eq!(widget.host.note, Some(Text::MayTake));
    assert_eq!(widget.host.note_number, 45);
    for _ in 0..80 {
        widget.second();
    }
    assert_eq!(told(&widget, "error"), 0, "it was said that it takes its time");
    for _ in 80..90 {
        widget.second();
    }
    assert_eq!(told(&widget, "error"), 1);
}

#[test]
fn a_visitor_whose_images_fail_to_load_is_not_kept_waiting() {
    let mut widget = asked();
    widget.another();
    widget.picture(900);
    assert_eq!(requests(&widget).last(), Some(&Request::Images));
    widget.refused(Outcome::Busy(60));
    assert_eq!(requests(&widget).last(), Some(&Request::WantWork));
    assert_eq!(last(&widget), (View::Closed, 0));
}

#[test]
fn a_call_that_fails_keeps_the_answer_and_repeats_it() {
    for (outcome, view) in [(Outcome::NoConnection, View::Offline), (Outcome::Busy(2), View::Busy)]
    {
        let mut widget = asked();
        widget.answer();
        widget.refused(outcome);
        assert_eq!(last(&widget), (view, 2));
        assert!(widget.host.alarms.is_empty(), "the open picture says it itself");
        widget.second();
        assert_eq!(last(&widget), (view, 1));
        widget.second();
        assert!(requests(&widget).ends_with(&[Request::Answer, Request::Answer]));
        assert_eq!(last(&widget), (View::Answering, 0));
        widget.refused(outcome);
        widget.click();
        assert_eq!(requests(&widget).last(), Some(&Request::Answer), "retried at once");
    }
}

#[test]
fn on_a_page_without_retries_the_visitor_confirms_again() {
    let mut widget = asked_by(Mode::Interactive, Retry::Never, Machine::click);
    widget.answer();
    widget.refused(Outcome::NoConnection);
    assert_eq!(last(&widget), (View::Unsent, 0));
    assert_eq!(told(&widget, "error"), 1);
    widget.answer();
    assert!(requests(&widget).ends_with(&[Request::Answer, Request::Answer]));
}

#[test]
fn an_old_picture_is_replaced_only_while_it_is_looked_at() {
    let mut widget = asked();
    for _ in 0..2 {
        widget.stale();
        assert!(widget.host.views.ends_with(&[(View::Stale, 0), (View::Working, 0)]));
        deal(&mut widget);
    }
    widget.stale();
    assert_eq!(last(&widget), (View::Closed, 0));
    assert_eq!(closed(&widget), ["aside"]);
    let before = requests(&widget).len();
    assert!(widget.host.button);
    widget.click();
    assert_eq!(requests(&widget).len(), before + 1, "a new attempt");
    deal(&mut widget);
    assert_eq!(last(&widget), (View::Asked, 0));
}

#[test]
fn an_answer_that_comes_too_late_brings_another_picture() {
    let mut widget = asked();
    widget.answer();
    widget.refused(Outcome::Restart);
    assert!(widget.host.views.ends_with(&[(View::Stale, 0), (View::Working, 0)]));
}

#[test]
fn images_that_cannot_be_loaded_lead_to_the_way_without_them() {
    let mut widget = asked();
    for _ in 0..3 {
        widget.another();
        widget.puzzle(STEP, 0);
        widget.picture(900);
        widget.refused(Outcome::Restart);
    }
    widget.picture(900);
    widget.refused(Outcome::Restart);
    widget.picture(900);
    widget.refused(Outcome::Restart);
    assert_eq!(requests(&widget).last(), Some(&Request::WantWork));
    assert_eq!(last(&widget), (View::Closed, 0));
}

#[test]
fn images_wait_for_a_connection() {
    let mut widget = asked();
    widget.another();
    widget.puzzle(STEP, 0);
    widget.picture(900);
    widget.refused(Outcome::NoConnection);
    widget.online();
    assert_eq!(requests(&widget).last(), Some(&Request::Images));
}

#[test]
fn a_refusal_for_good_closes_the_picture() {
    let mut widget = asked();
    widget.answer();
    widget.refused(Outcome::Failed(Reason::Blocked));
    assert_eq!(last(&widget), (View::Closed, 0));
    assert_eq!(states(&widget).last(), Some(&"failed"));
}

#[test]
fn a_reset_closes_the_picture() {
    let mut widget = asked();
    widget.reset();
    assert_eq!(last(&widget), (View::Closed, 0));
    assert_eq!(told(&widget, "close"), 1);
}

#[test]
fn a_picture_for_a_renewal_waits_until_the_confirmation_has_expired() {
    let mut widget = passed();
    widget.execute();
    deal(&mut widget);
    widget.execute();
    assert_eq!(widget.host.label, Some((Text::Passed, 0)));
    assert!(widget.host.views.is_empty());
    widget.expiry();
    assert_eq!(widget.host.label, Some((Text::Asking, 0)));
    assert!(widget.host.button);
}
