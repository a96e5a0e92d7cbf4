//! Messages between the page's loader and the frame. Each is an object with
//! `munjigi: 1`, a `nonce` that the loader chose for this frame, and `type`.

use serde::{Deserialize, Serialize};

use crate::Signals;

/// Page → frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type")]
pub enum PageMessage {
    /// The frame said `ready`; these are the page's wishes.
    #[serde(rename = "start")]
    Start {
        /// The page's wishes.
        options: PageOptions,
    },
    /// Begin as the mode says: the visitor began to use the form, or the page
    /// does not wait for that.
    #[serde(rename = "interaction")]
    Interaction {
        /// What was seen of the visit so far.
        signals: Signals,
    },
    /// Begin now.
    #[serde(rename = "execute")]
    Execute {
        /// What was seen of the visit so far.
        signals: Signals,
    },
    /// Forget everything and begin anew.
    #[serde(rename = "reset")]
    Reset,
    /// The widget is being taken off the page.
    #[serde(rename = "remove")]
    Remove,
    /// The open picture step has room under the widget.
    #[serde(rename = "under")]
    Under,
    /// The open picture step lies over the whole page.
    #[serde(rename = "over")]
    Over,
}

/// Wishes of the page, from `data-*` or `munjigi.render`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PageOptions {
    /// `data-action`.
    pub action: String,
    /// `data-cdata`.
    pub cdata: String,
    /// `data-theme`.
    pub theme: WidgetTheme,
    /// `data-size`.
    pub size: WidgetSize,
    /// Language tag: `data-language`, else the page's, else the browser's.
    pub language: String,
    /// `data-tabindex`.
    pub tabindex: i32,
    /// `data-retry`.
    pub retry: WidgetRetry,
    /// What starts the check.
    pub start: WidgetStart,
}

/// What starts the check, where the site's mode leaves it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum WidgetStart {
    /// The page's message `interaction` or `execute`.
    #[serde(rename = "page")]
    Page,
    /// The visitor's click on the widget, or `execute`.
    #[serde(rename = "click")]
    Click,
}

/// Whether the widget tries again by itself after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum WidgetRetry {
    /// After a pause.
    #[serde(rename = "auto")]
    Auto,
    /// Only when the visitor says so.
    #[serde(rename = "never")]
    Never,
}

/// Colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum WidgetTheme {
    /// As the visitor's system says.
    #[serde(rename = "auto")]
    Auto,
    /// Dark on light.
    #[serde(rename = "light")]
    Light,
    /// Light on dark.
    #[serde(rename = "dark")]
    Dark,
}

/// Size of the widget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum WidgetSize {
    /// 300 × 65.
    #[serde(rename = "normal")]
    Normal,
    /// As wide as its place, at least 300.
    #[serde(rename = "flexible")]
    Flexible,
    /// 150 × 140.
    #[serde(rename = "compact")]
    Compact,
    /// Nothing until a picture is needed.
    #[serde(rename = "invisible")]
    Invisible,
}

/// Frame → page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type")]
pub enum FrameMessage {
    /// The frame listens.
    #[serde(rename = "ready")]
    Ready,
    /// What the widget shows.
    #[serde(rename = "state")]
    State {
        /// The state.
        state: FrameState,
    },
    /// The attempt is complete.
    #[serde(rename = "token")]
    Token {
        /// For the hidden field.
        token: String,
        /// Seconds until it expires.
        expires_in: u32,
    },
    /// The token is too old.
    #[serde(rename = "expired")]
    Expired,
    /// The attempt failed.
    #[serde(rename = "error")]
    Error {
        /// A code of the protocol, or `offline`, `timeout`, `unsupported`.
        code: String,
    },
    /// The frame wants this size, in CSS pixels; while the picture step is
    /// open, the size that it takes under the widget, the widget included.
    #[serde(rename = "resize")]
    Resize {
        /// Width.
        width: u32,
        /// Height.
        height: u32,
    },
    /// A picture step opens.
    #[serde(rename = "open")]
    Open,
    /// The picture step has closed.
    #[serde(rename = "close")]
    Close,
}

/// What the widget shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum FrameState {
    /// Waits for the visitor.
    #[serde(rename = "idle")]
    Idle,
    /// Solves.
    #[serde(rename = "working")]
    Working,
    /// A picture waits for the visitor.
    #[serde(rename = "asking")]
    Asking,
    /// Passed.
    #[serde(rename = "passed")]
    Passed,
    /// The confirmation has expired.
    #[serde(rename = "expired")]
    Expired,
    /// No connection; tries again.
    #[serde(rename = "offline")]
    Offline,
    /// Cannot go on without the visitor.
    #[serde(rename = "failed")]
    Failed,
}
