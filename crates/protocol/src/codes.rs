//! The closed lists of codes. A code is stable for ever, is a metric label,
//! and names its page under `/errors/`.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every code, in the order of the protocol page.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The spelling on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// Why a request of the widget, the origin or an operator was refused
    /// (`application/problem+json`).
    Code {
        /// The request is not what the route takes: JSON, types, lengths, method or content type.
        MalformedRequest = "malformed-request",
        /// The body is longer than the route's cap.
        PayloadTooLarge = "payload-too-large",
        /// No live site has this sitekey.
        UnknownSitekey = "unknown-sitekey",
        /// The site's owner has paused it.
        SitePaused = "site-paused",
        /// The page's host name is empty, contradictory or not one of the site's.
        HostnameNotAllowed = "hostname-not-allowed",
        /// A rule of the site refuses this visitor.
        Blocked = "blocked",
        /// The challenge was not sealed by us, or was changed.
        ChallengeInvalid = "challenge-invalid",
        /// The challenge is older than its lifetime.
        ChallengeExpired = "challenge-expired",
        /// A nonce does not solve its sub-puzzle.
        SolutionWrong = "solution-wrong",
        /// The picture's answer is wrong; the attempt has ended.
        AnswerWrong = "answer-wrong",
        /// The picture was already answered otherwise.
        AttemptsExhausted = "attempts-exhausted",
        /// The path is protected, and the request carries no clearance that suffices.
        ClearanceRequired = "clearance-required",
        /// The browser sends no cookies back, so that clearance would have no effect.
        CookiesRequired = "cookies-required",
        /// A proxy asked for a decision without saying what about.
        ClearanceMisconfigured = "clearance-misconfigured",
        /// Too many requests from one place; try again after `Retry-After`.
        RateLimited = "rate-limited",
        /// An internal route was called without a signature.
        Unsigned = "unsigned",
        /// The signature does not match, or its key is unknown.
        SignatureInvalid = "signature-invalid",
        /// The signature's time is more than five minutes away from ours.
        ClockSkew = "clock-skew",
        /// The signature's nonce was used before.
        Replayed = "replayed",
        /// A newer version of this site's configuration is already here.
        StaleVersion = "stale-version",
        /// No such path.
        NotFound = "not-found",
        /// The path exists, the method does not.
        MethodNotAllowed = "method-not-allowed",
        /// A part that this answer needs is not there; try again after `Retry-After`.
        Unavailable = "unavailable",
    }
}

impl Code {
    /// The HTTP status of its answer.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::MalformedRequest => 400,
            Self::Unsigned | Self::SignatureInvalid | Self::ClockSkew | Self::Replayed => 401,
            Self::SitePaused
            | Self::HostnameNotAllowed
            | Self::Blocked
            | Self::ClearanceRequired
            | Self::CookiesRequired
            | Self::ClearanceMisconfigured => 403,
            Self::UnknownSitekey | Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::StaleVersion => 409,
            Self::ChallengeExpired => 410,
            Self::PayloadTooLarge => 413,
            Self::ChallengeInvalid
            | Self::SolutionWrong
            | Self::AnswerWrong
            | Self::AttemptsExhausted => 422,
            Self::RateLimited => 429,
            Self::Unavailable => 503,
        }
    }

    /// The code in words, as problem documents title it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::MalformedRequest => "Malformed request",
            Self::PayloadTooLarge => "Body too large",
            Self::UnknownSitekey => "Unknown sitekey",
            Self::SitePaused => "Site paused",
            Self::HostnameNotAllowed => "Host name not allowed",
            Self::Blocked => "Blocked",
            Self::ChallengeInvalid => "Challenge invalid",
            Self::ChallengeExpired => "Challenge expired",
            Self::SolutionWrong => "Solution wrong",
            Self::AnswerWrong => "Answer wrong",
            Self::AttemptsExhausted => "Already answered",
            Self::ClearanceRequired => "Clearance required",
            Self::CookiesRequired => "Cookies required",
            Self::ClearanceMisconfigured => "Clearance misconfigured",
            Self::RateLimited => "Too many requests",
            Self::Unsigned => "Not signed",
            Self::SignatureInvalid => "Signature invalid",
            Self::ClockSkew => "Clock skew",
            Self::Replayed => "Replayed",
            Self::StaleVersion => "Stale version",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::Unavailable => "Unavailable",
        }
    }
}

codes! {
    /// `error-codes` of siteverify, in the native dialect.
    SiteverifyCode {
        /// No `secret` was sent.
        MissingInputSecret = "missing-input-secret",
        /// The secret is malformed, unknown, or revoked.
        InvalidInputSecret = "invalid-input-secret",
        /// No `response` was sent.
        MissingInputResponse = "missing-input-response",
        /// The token was not sealed by us, was changed, or belongs to another site.
        InvalidInputResponse = "invalid-input-response",
        /// The token is too old or was already spent.
        TimeoutOrDuplicate = "timeout-or-duplicate",
        /// The request is not a POST body that siteverify takes.
        BadRequest = "bad-request",
        /// The edge could not decide; the token was not accepted. Try again.
        InternalError = "internal-error",
    }
}
