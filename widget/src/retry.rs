//! What a refusal means for the visitor, and how long to wait before a retry.

use crate::Text;

/// Why the widget cannot continue without the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A rule of the site blocks the visitor.
    Blocked,
    /// The integrator has to correct something.
    Misconfigured,
    /// The browser lacks what is needed.
    Unsupported,
    /// Anything else; a retry may help.
    Unfinished,
}

impl Reason {
    pub(crate) const fn text(self) -> Text {
        match self {
            Self::Blocked => Text::Blocked,
            Self::Misconfigured => Text::Misconfigured,
            Self::Unsupported => Text::Unsupported,
            Self::Unfinished => Text::Unfinished,
        }
    }
}

/// How a call to the edge ended when it did not bring a step or a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No answer at all.
    NoConnection,
    /// Asked to wait: seconds, 0 if the answer does not say.
    Busy(u32),
    /// The answer to the picture was wrong, and the attempt has ended.
    Wrong,
    /// The attempt cannot be continued; a new one may pass.
    Restart,
    /// A retry would not help.
    Failed(Reason),
}

impl Outcome {
    /// Reads a refusal: its HTTP status (0 without an answer), its code and `Retry-After`.
    pub fn of(status: u32, code: &[u8], retry_after_seconds: u32) -> Self {
        match status {
            0 => return Self::NoConnection,
            429 | 500.. => return Self::Busy(retry_after_seconds),
            _ => {}
        }
        match code {
            b"blocked" => Self::Failed(Reason::Blocked),
            b"unknown-sitekey"
            | b"site-paused"
            | b"hostname-not-allowed"
            | b"malformed-request" => Self::Failed(Reason::Misconfigured),
            b"answer-wrong" => Self::Wrong,
            b"unsupported" => Self::Failed(Reason::Unsupported),
            _ => Self::Restart,
        }
    }
}

/// Seconds to wait after this many consecutive failures: 2, 4, 8 … 64.
pub(crate) fn back_off_seconds(failures: u32) -> u32 {
    1 << failures.clamp(1, 6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use munjigi_protocol::Code;

    #[test]
    fn waits_double_up_to_about_a_minute() {
        let waits: Vec<u32> = (1..9).map(back_off_seconds).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 64, 64]);
    }

    #[test]
    fn every_code_of_the_protocol_has_its_outcome() {
        for code in Code::ALL {
            let expected = match code {
                Code::Blocked => Outcome::Failed(Reason::Blocked),
                Code::MalformedRequest
                | Code::UnknownSitekey
                | Code::SitePaused
                | Code::HostnameNotAllowed => Outcome::Failed(Reason::Misconfigured),
                Code::AnswerWrong => Outcome::Wrong,
                _ => Outcome::Restart,
            };
            assert_eq!(Outcome::of(403, code.as_str().as_bytes(), 0), expected, "{code}");
        }
    }

    #[test]
    fn an_overloaded_edge_is_given_the_time_it_asks_for() {
        assert_eq!(Outcome::of(429, b"rate-limited", 7), Outcome::Busy(7));
        assert_eq!(Outcome::of(503, b"unavailable", 0), Outcome::Busy(0));
        assert_eq!(Outcome::of(0, b"", 0), Outcome::NoConnection);
    }
}
