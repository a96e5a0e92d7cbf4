//! Messages between the page's loader and the frame. Each is an object with
//! `munjigi: 1`, a `nonce` that the loader chose for this frame, and `type`.

use serde::{Deserialize, Serialize};

use crate::Signals;

/// Messages from the page's loader to the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type")]
pub enum PageMessage {
    /// The answer to `ready`; contains the page's options.
    #[serde(rename = "start")]
    Start {
        /// The options of the page.
        options: PageOptions,
    },
    /// Start as the mode requires: the visitor began to use the form, or the
    /// page does not wait for that.
    #[serde(rename = "interaction")]
    Interaction {
        /// What was observed of the visit so far.
        signals: Signals,
    },
    /// Start now, without waiting for an interaction.
    #[serde(rename = "execute")]
    Execute {
        /// What was observed of the visit so far.
        signals: Signals,
    },
    /// Discard all state and start again.
    #[serde(rename = "reset")]
    Reset,
    /// The widget is being removed from the page.
    #[serde(rename = "remove")]
    Remove,
    /// The open picture step has room below the widget.
    #[serde(rename = "under")]
    Under,
    /// The open picture step covers the whole page.
    #[serde(rename = "over")]
    Over,
}

/// Options of the page, from `data-*` or `munjigi.render`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PageOptions {
    /// The attribute `data-action`.
    pub action: String,
    /// The attribute `data-cdata`.
    pub cdata: String,
    /// The attribute `data-theme`.
    pub theme: WidgetTheme,
    /// The attribute `data-size`.
    pub size: WidgetSize,
    /// Language tag: `data-language`, else the page's, else the browser's.
    pub language: String,
    /// The attribute `data-tabindex`.
    pub tabindex: i32,
    /// The attribute `data-retry`.
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

/// Whether the widget retries by itself after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum WidgetRetry {
    /// After a pause, by itself.
    #[serde(rename = "auto")]
    Auto,
    /// Only when the visitor asks for it.
    #[serde(rename = "never")]
    Never,
}

/// The colours of the widget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum WidgetTheme {
    /// Follows the visitor's system.
    #[serde(rename = "auto")]
    Auto,
    /// Dark text on a light background.
    #[serde(rename = "light")]
    Light,
    /// Light text on a dark background.
    #[serde(rename = "dark")]
    Dark,
}

/// Size of the widget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum WidgetSize {
    /// 300 × 65 CSS pixels.
    #[serde(rename = "normal")]
    Normal,
    /// As wide as its container, at least 300 CSS pixels.
    #[serde(rename = "flexible")]
    Flexible,
    /// 150 × 140 CSS pixels.
    #[serde(rename = "compact")]
    Compact,
    /// Nothing until a picture is needed.
    #[serde(rename = "invisible")]
    Invisible,
}

/// Messages from the frame to the page's loader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type")]
pub enum FrameMessage {
    /// The frame is listening.
    #[serde(rename = "ready")]
    Ready,
    /// The widget shows another state.
    #[serde(rename = "state")]
    State {
        /// The state that it shows now.
        state: FrameState,
    },
    /// The attempt is complete.
    #[serde(rename = "token")]
    Token {
        /// The value for the hidden field.
        token: String,
        /// Seconds until it expires.
        expires_in: u32,
    },
    /// The token has expired.
    #[serde(rename = "expired")]
    Expired,
    /// The attempt failed.
    #[serde(rename = "error")]
    Error {
        /// A code of the protocol, or `offline`, `timeout`, `unsupported`.
        code: String,
    },
    /// The frame needs this size, in CSS pixels; while the picture step is
    /// open, the size that it takes below the widget, including the widget.
    #[serde(rename = "resize")]
    Resize {
        /// The width, in CSS pixels.
        width: u32,
        /// The height, in CSS pixels.
        height: u32,
    },
    /// A picture step opens.
    #[serde(rename = "open")]
    Open,
    /// The picture step has closed.
    #[serde(rename = "close")]
    Close {
        /// Whether the visitor set it aside, or was away until it expired.
        aside: bool,
    },
}

/// What the widget shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum FrameState {
    /// Waiting for the visitor.
    #[serde(rename = "idle")]
    Idle,
    /// Solving a puzzle.
    #[serde(rename = "working")]
    Working,
    /// A picture waits for the visitor.
    #[serde(rename = "asking")]
    Asking,
    /// The visitor has passed.
    #[serde(rename = "passed")]
    Passed,
    /// The token has expired.
    #[serde(rename = "expired")]
    Expired,
    /// No connection; the widget retries.
    #[serde(rename = "offline")]
    Offline,
    /// The widget cannot continue without the visitor.
    #[serde(rename = "failed")]
    Failed,
}
