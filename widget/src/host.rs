//! What the interface needs of the browser.

use crate::{Step, Task, Text};

/// A part of the frame's document, by its place in the order of ids; 0 is the document element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Place {
    /// `<html>`: carries the state for the style sheet.
    Root,
    /// The word of state.
    Label,
    /// A second line, mostly empty.
    Note,
    /// Help, with the code.
    Help,
    /// Covers the widget while it can be pressed.
    Button,
    /// The progress bar.
    Bar,
    /// Read politely by screen readers.
    Status,
    /// Read at once by screen readers.
    Alert,
}

/// A call to the edge. Its body is put together by the glue, which keeps the opaque strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Request {
    /// `POST /v1/challenges`.
    Challenge,
    /// `POST /v1/solutions` with the nonces.
    Solution,
    /// `POST /v1/solutions`, asking for a puzzle instead of the picture.
    WantWork,
    /// `POST /v1/solutions` with what the visitor has answered to the picture.
    Answer,
    /// Nothing to the edge: brings the module that shows pictures, where it is not there yet, and
    /// the step's images.
    Images,
    /// Nothing to anybody: the workers search, which the machine deals out itself.
    Search,
}

/// What the open picture step shows. The module that draws it lies beside this one (README.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum View {
    /// Nothing: it is closed, and kept.
    Closed,
    /// The picture, to be answered; with the number of wrong answers so far.
    Asked,
    /// The same picture: the answer did not get through and the page wants no retries.
    Unsent,
    /// The answer is on its way.
    Answering,
    /// Another picture is on its way; with the percentage.
    Working,
    /// From here on: the answer was wrong.
    Wrong,
    /// From here on: the picture cannot be answered any more.
    Stale,
    /// No connection; with seconds.
    Offline,
    /// The edge asks to wait; with seconds.
    Busy,
}

/// What a timer is for; setting it again replaces it, 0 ms cancels it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Timer {
    /// Counts the seconds of working and of waiting.
    Second,
    /// The token's end.
    Expiry,
    /// The picture's end.
    Picture,
}

/// The browser.
pub trait Host {
    /// Shows a text; `number` stands in for its placeholder.
    fn say(&mut self, place: Place, text: Text, number: u32);
    /// Sets an attribute.
    fn set(&mut self, place: Place, name: &str, value: &str);
    /// Shows or hides a part.
    fn hide(&mut self, place: Place, hidden: Hidden);
    /// Draws the progress, in percent.
    fn progress(&mut self, percent: u32);
    /// Writes the text and the code of the last refusal into the help link.
    fn help(&mut self, text: Text);
    /// Gives the page the size that the content needs.
    fn fit(&mut self);
    /// Takes a code of our own as that of the last refusal.
    fn refuse(&mut self, code: &str);
    /// Tells the page; `value` belongs to the message as its type says.
    fn post(&mut self, message: &str, value: &str);
    /// Calls the edge; its answer comes as [`crate::Machine::reply`].
    fn request(&mut self, request: Request, nonces: &[f64]);
    /// Shows the picture step.
    fn view(&mut self, view: View, number: u32);
    /// Sets a timer.
    fn timer(&mut self, timer: Timer, milliseconds: u32);
    /// Starts workers where they are not running yet: as many as the device can spare, at least 1
    /// and at most `most`. Answers how many there are.
    fn workers(&mut self, most: u32) -> u32;
    /// Has a worker search a range; the answer comes as [`crate::Machine::searched`].
    fn search(&mut self, task: Task, step: &Step);
    /// Ends all workers.
    fn stop(&mut self);
}

/// Whether a part is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Hidden {
    /// It is shown.
    No,
    /// It is not.
    Yes,
}

impl From<bool> for Hidden {
    fn from(hidden: bool) -> Self {
        if hidden { Self::Yes } else { Self::No }
    }
}
