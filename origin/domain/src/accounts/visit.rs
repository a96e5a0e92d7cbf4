//! What our own widget says about the sender of a public form: how far to trust
//! it, and how often the sender may try. A visitor without the widget, because
//! of missing scripts or a missing edge, is never turned away for that; they
//! only get fewer attempts.

use super::limits::{self, Limit};

/// What is known about the sender of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// No widget is set up here.
    Unasked,
    /// The widget was passed, on our page, for this form.
    Passed,
    /// The form came without a token: no scripts, or sent too early.
    Unshown,
    /// The token is worthless: forged, spent, expired, from another page or
    /// another form.
    Refused,
    /// The edge is unavailable, or does not know our secret.
    EdgeAway,
}

/// The edge's verdict on a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word<'a> {
    /// The token was valid, for the page and action given here.
    Good {
        /// Host name of the page.
        hostname: &'a str,
        /// Action of the widget there.
        action: &'a str,
    },
    /// The token was not valid.
    Bad,
    /// No verdict: the edge is unavailable, or our secret is wrong.
    None,
}

/// The limits of an attempt to log in, in the order in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogInLimits {
    /// One account, tried from one network.
    pub by_account_and_prefix: &'static Limit,
    /// Any account, tried from one network.
    pub by_prefix: &'static Limit,
    /// One account, tried from anywhere.
    pub by_account: &'static Limit,
}

impl Visit {
    /// For a form whose widget is on a page of this host.
    pub fn of(word: &Word<'_>, hostname: &str, action: &str) -> Self {
        match word {
            Word::Good { hostname: on, action: of } if *on == hostname && *of == action => {
                Self::Passed
            }
            Word::Good { .. } | Word::Bad => Self::Refused,
            Word::None => Self::EdgeAway,
        }
    }

    /// For metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unasked => "unasked",
            Self::Passed => "passed",
            Self::Unshown => "unshown",
            Self::Refused => "refused",
            Self::EdgeAway => "edge-away",
        }
    }

    /// How often log-in may be tried. Attempts with and without the widget are
    /// counted separately: programs that use up one limit do not lock a person
    /// out by the other.
    pub const fn log_in(self) -> LogInLimits {
        if self.is_vouched_for() {
            LogInLimits {
                by_account_and_prefix: &limits::LOG_IN_BY_ACCOUNT_AND_PREFIX,
                by_prefix: &limits::LOG_IN_BY_PREFIX,
                by_account: &limits::LOG_IN_BY_ACCOUNT,
            }
        } else {
            LogInLimits {
                by_account_and_prefix: &limits::LOG_IN_UNSHOWN_BY_ACCOUNT_AND_PREFIX,
                by_prefix: &limits::LOG_IN_UNSHOWN_BY_PREFIX,
                by_account: &limits::LOG_IN_UNSHOWN_BY_ACCOUNT,
            }
        }
    }

    /// How often a network may trigger emails.
    pub const fn emails(self) -> &'static Limit {
        if self.is_vouched_for() {
            &limits::EMAILS_BY_PREFIX
        } else {
            &limits::EMAILS_UNSHOWN_BY_PREFIX
        }
    }

    const fn is_vouched_for(self) -> bool {
        matches!(self, Self::Unasked | Self::Passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "console.example";

    #[test]
    fn a_token_counts_on_our_page_for_its_form_alone() {
        let good = |hostname, action| Word::Good { hostname, action };
        for (word, visit) in [
            (good(HOST, "log-in"), Visit::Passed),
            (good(HOST, "sign-up"), Visit::Refused),
            (good(HOST, ""), Visit::Refused),
            (good("shop.example", "log-in"), Visit::Refused),
            (good("", "log-in"), Visit::Refused),
            (Word::Bad, Visit::Refused),
            (Word::None, Visit::EdgeAway),
        ] {
            assert_eq!(Visit::of(&word, HOST, "log-in"), visit, "{word:?}");
        }
    }

    #[test]
    fn without_the_widget_there_are_tries_and_they_are_fewer_and_counted_apart() {
        for visit in [Visit::Unshown, Visit::EdgeAway] {
            let (few, usual) = (visit.log_in(), Visit::Passed.log_in());
            let pairs = [
                (few.by_account_and_prefix, usual.by_account_and_prefix),
                (few.by_prefix, usual.by_prefix),
                (few.by_account, usual.by_account),
                (visit.emails(), Visit::Passed.emails()),
            ];
            for (without, with) in pairs {
                assert!(without.burst >= 3 && without.burst < with.burst, "{without:?}");
                assert!(without.interval_millis > with.interval_millis, "{without:?}");
                assert_ne!(without.name, with.name);
            }
        }
        assert_eq!(Visit::Unasked.log_in(), Visit::Passed.log_in());
    }
}
