//! Signals: features of a visit, each with a name, a range and a reason;
//! never raw input.

use serde::{Deserialize, Serialize};

/// Features that the widget reports. An absent one is unknown, which is neither
/// good nor bad, except for those that every widget sends with a solution:
/// `webdriver`, `solve_ms` and `agreement`. Values out of range are read as the nearest bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Signals {
    /// Milliseconds from the page's load to the start of the attempt
    /// (0–86,400,000): scripts tend to start at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_load_ms: Option<u32>,
    /// Milliseconds from the first focus in the form to the start
    /// (0–86,400,000): a form filled within milliseconds was not typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_focus_ms: Option<u32>,
    /// Pointer use: 0 none, 1 one event, 2 a few, 3 many. Indicates that
    /// someone points; says nothing against those who do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<u8>,
    /// Key use, also 0–3; which keys were pressed is never recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<u8>,
    /// After thirty pointer moves, whether the browser put none of them together
    /// from several samples: injected moves come one by one, but so do those of
    /// slow mice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single: Option<bool>,
    /// Whether the page has almost the whole of its window: no developer tools
    /// are docked beside or below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<bool>,
    /// How often the focus moved between fields (0–255).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focus_changes: Option<u8>,
    /// `navigator.webdriver`: the browser says that it is automated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webdriver: Option<bool>,
    /// How many languages the browser lists (0–255): none is unusual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub languages: Option<u8>,
    /// Whether the device has a touch screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touch: Option<bool>,
    /// Logical processors (0–255): explains the solve time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<u8>,
    /// Milliseconds spent on the puzzle (0–86,400,000): a time that the
    /// claimed device cannot reach points to a farm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solve_ms: Option<u32>,
    /// Whether the page was visible while solving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Which of the [`Check`]s were made, and which of them found something:
    /// for the check numbered n, bit n says that it was made and bit 12 + n that
    /// it found something. Bits 24 to 31 are 0. All of it is combined by XOR
    /// with the first four bytes of the attempt's id, least significant first,
    /// so that the bits of one attempt mean nothing in another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<u32>,
}

/// A question that the frame asks its browser in several places: in itself, in
/// an empty frame inside it, and in a worker. Only whether the answers agree
/// leaves the browser, in `agreement`; `docs/privacy.md` has a row for each.
/// In the order of their numbers, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Check {
    /// `navigator.userAgent` differs between the three.
    #[serde(rename = "agent")]
    Agent,
    /// `navigator.languages` differs.
    #[serde(rename = "languages")]
    Languages,
    /// `navigator.platform` differs.
    #[serde(rename = "platform")]
    Platform,
    /// `navigator.webdriver` is true in the frame or in the empty one.
    #[serde(rename = "webdriver")]
    Webdriver,
    /// The user agent names a browser without a window, in any of the three.
    #[serde(rename = "headless")]
    Headless,
    /// The getter of `navigator.webdriver`, or `getCoalescedEvents`, is not the
    /// browser's own.
    #[serde(rename = "natives")]
    Natives,
    /// The client hints differ, or name another version than the user agent.
    #[serde(rename = "hints")]
    Hints,
    /// The device has touch points and no coarse pointer, or the other way
    /// round.
    #[serde(rename = "touch")]
    Touch,
    /// The graphics' name differs between the frame and a worker.
    #[serde(rename = "graphics")]
    Graphics,
    /// The browser's window has no width or no height.
    #[serde(rename = "window")]
    Window,
    /// Logs of scripts are being read, by a driver or by developer tools.
    #[serde(rename = "runtime")]
    Runtime,
}

impl Check {
    /// All checks, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Agent,
        Self::Languages,
        Self::Platform,
        Self::Webdriver,
        Self::Headless,
        Self::Natives,
        Self::Hints,
        Self::Touch,
        Self::Graphics,
        Self::Window,
        Self::Runtime,
    ];
}
