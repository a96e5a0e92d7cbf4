//! How an anomaly opens, stays open and closes.

use munjigi_keys::UnixMillis;

use super::{Figures, Severity, Verdict};

/// An open anomaly closes after this long a calm: an attack that pauses for ten
/// minutes is one attack.
pub const CALM_MILLIS: u64 = 30 * 60 * 1_000;

/// The state of an open anomaly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The highest so far.
    pub severity: Severity,
    /// The figures at their worst.
    pub figures: Figures,
    /// Since when it has been calm; `None` if it is not.
    pub calm_since: Option<UnixMillis>,
}

/// What happens to an anomaly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Nothing is open and nothing opens.
    Nothing,
    Opens(Standing),
    /// It is still open.
    Stays(Standing),
    Closes,
}

/// The next step. Only an alarm opens an anomaly, and only calm closes it; the
/// worst state is kept.
pub fn step(open: Option<Standing>, verdict: Verdict, now: UnixMillis) -> Step {
    let Some(open) = open else {
        return match verdict {
            Verdict::Alarm(severity, figures) => {
                Step::Opens(Standing { severity, figures, calm_since: None })
            }
            Verdict::Unknown | Verdict::Calm | Verdict::Raised(_) => Step::Nothing,
        };
    };
    match verdict {
        Verdict::Alarm(severity, figures) => Step::Stays(Standing {
            severity: severity.max(open.severity),
            figures: worse(open.figures, figures),
            calm_since: None,
        }),
        Verdict::Raised(figures) => Step::Stays(Standing {
            figures: worse(open.figures, figures),
            calm_since: None,
            ..open
        }),
        Verdict::Unknown | Verdict::Calm => {
            let since = open.calm_since.unwrap_or(now);
            if now.since(since) >= CALM_MILLIS {
                return Step::Closes;
            }
            Step::Stays(Standing { calm_since: Some(since), ..open })
        }
    }
}

fn worse(one: Figures, other: Figures) -> Figures {
    let distance = |figures: Figures| (figures.measured - figures.usual).abs();
    if distance(other) > distance(one) { other } else { one }
}
