//! Why a visitor's request is refused. The shell decides how the refusal is
//! encoded.
//!
//! **refuse**: to answer a request with an error and its code. A deny list **denies**:
//! what it names is refused everywhere at once. A second use of a token is
//! **rejected**, and counted; a **repeat** is the same call again, which gets the
//! first answer.

use munjigi_protocol::Code;

use crate::policy::Refused;
use crate::tally::Tally;

/// A refusal, answered as `application/problem+json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// For the integrator: what is wrong with this request. No internals.
    pub detail: &'static str,
    /// Seconds for `Retry-After`; `None` when a retry does not help.
    pub retry_after: Option<u32>,
    /// What to count; `None` while the site is unknown.
    pub tally: Option<Box<Tally>>,
}

impl Refusal {
    /// A refusal that no retry resolves.
    pub const fn new(code: Code, detail: &'static str) -> Self {
        Self { code, detail, retry_after: None, tally: None }
    }

    /// No live site has the sitekey.
    pub const fn unknown_sitekey() -> Self {
        Self::new(Code::UnknownSitekey, "no site has this sitekey")
    }

    /// A rule of the site refuses the visitor. It says no more than that: a
    /// blocked visitor should not learn which rule it was.
    pub const fn blocked() -> Self {
        Self::new(Code::Blocked, "a rule of the site refuses this visitor")
    }

    /// A required component did not answer.
    pub const fn unavailable(detail: &'static str) -> Self {
        Self {
            code: Code::Unavailable,
            detail,
            retry_after: Some(RETRY_AFTER_SECONDS),
            tally: None,
        }
    }

    /// Adds what is to be counted, unless something is set already.
    #[must_use]
    pub fn counted(mut self, tally: Tally) -> Self {
        self.tally.get_or_insert_with(|| Box::new(tally));
        self
    }

    /// The HTTP status of the answer.
    pub const fn status(&self) -> u16 {
        self.code.http_status()
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let (detail, seconds) = match refused {
            Refused::Blocked => return Self::blocked(),
            Refused::Network { seconds } => (
                "too many requests from this network to continue without WebAssembly; browsers that have it are not affected",
                seconds,
            ),
            Refused::Site { seconds } => (
                "too many visitors without WebAssembly are on this site right now; browsers that have it are not affected",
                seconds,
            ),
        };
        Self { code: Code::RateLimited, detail, retry_after: Some(seconds), tally: None }
    }
}

/// Failing stores recover within seconds: an object moves, a deployment runs.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 2;
