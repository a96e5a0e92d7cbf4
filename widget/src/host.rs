//! The interface to the browser.

use crate::{Step, Task, Text};

/// A part of the frame's document, by its place in the order of ids; 0 is the document element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Element {
    /// `<html>`: carries the state for the style sheet.
    Root,
    /// The text of the state.
    Label,
    /// A second line, usually empty.
    Note,
    /// The help link, with the code.
    Help,
    /// Covers the widget while it can be pressed.
    Button,
    Bar,
    /// Announced politely by screen readers.
    Status,
    /// Announced immediately by screen readers.
    Alert,
}

/// A call to the edge. The glue, which keeps the opaque strings, builds its
/// body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Request {
    /// `POST /v1/challenges`.
    Challenge,
    /// `POST /v1/solutions` with the nonces.
    Solution,
    /// `POST /v1/solutions`, requesting a puzzle instead of the picture.
    WantWork,
    /// `POST /v1/solutions` with the visitor's answer to the picture.
    Answer,
    /// No call to the edge: loads the module that shows pictures, if it is not
    /// there yet, and the step's images.
    Images,
    /// No call: the workers search, and the machine deals out their ranges.
    Search,
}

/// What the open picture step shows. The module that draws it is next to this
/// one (README.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum View {
    /// Nothing: it is closed but kept.
    Closed,
    /// The picture, to be answered, with the number of wrong answers so far.
    Asked,
    /// The same picture: the answer did not get through, and the page allows no
    /// retries.
    Unsent,
    /// The answer is being sent.
    Answering,
    /// Another picture is being prepared, with the percentage.
    Working,
    /// From now on: the answer was wrong.
    Wrong,
    /// From now on: the picture can no longer be answered.
    Stale,
    /// No connection, with the seconds to wait.
    Offline,
    /// The edge asks to wait, with the seconds.
    Busy,
}

/// What a timer is for; setting it again replaces it, 0 ms cancels it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Timer {
    /// Counts the seconds of working and of waiting.
    Second,
    /// The expiry of the token.
    Expiry,
    /// The expiry of the picture.
    Picture,
}

pub trait Host {
    /// Shows a text; `number` replaces its placeholder.
    fn say(&mut self, place: Element, text: Text, number: u32);
    /// Sets an attribute.
    fn set(&mut self, place: Element, name: &str, value: &str);
    fn hide(&mut self, place: Element, hidden: Hidden);
    /// Draws the progress, in percent.
    fn progress(&mut self, percent: u32);
    /// Writes the text and the code of the last refusal into the help link.
    fn help(&mut self, text: Text);
    /// Gives the page the size that the content needs.
    fn fit(&mut self);
    /// Sets one of our own codes as that of the last refusal.
    fn refuse(&mut self, code: &str);
    /// Posts a message to the page; the message's type defines the meaning of
    /// `value`.
    fn post(&mut self, message: &str, value: &str);
    /// Calls the edge; its answer arrives through [`crate::Machine::reply`].
    fn request(&mut self, request: Request, nonces: &[f64]);
    fn view(&mut self, view: View, number: u32);
    fn timer(&mut self, timer: Timer, milliseconds: u32);
    /// Starts workers that are not running yet: as many as the device can
    /// spare, at least 1 and at most `most`. Returns their number.
    fn workers(&mut self, most: u32) -> u32;
    /// Lets a worker search a range; the result arrives through
    /// [`crate::Machine::searched`].
    fn search(&mut self, task: Task, step: &Step);
    fn stop(&mut self);
}

/// Whether a part is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Hidden {
    No,
    Yes,
}

impl From<bool> for Hidden {
    fn from(hidden: bool) -> Self {
        if hidden { Self::Yes } else { Self::No }
    }
}
