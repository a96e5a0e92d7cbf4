//! How an anomaly opens, stays open and closes.

use munjigi_keys::UnixMillis;

use super::{Assessment, Figures, Severity};

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
pub enum Transition {
    /// Nothing is open and nothing opens.
    Nothing,
    Opens(Standing),
    Stays(Standing),
    Closes,
}

/// The next step. Only an alarm opens an anomaly, and only calm closes it; the
/// worst state is kept.
pub fn step(open: Option<Standing>, verdict: Assessment, now: UnixMillis) -> Transition {
    let Some(open) = open else {
        return match verdict {
            Assessment::Alarm(severity, figures) => {
                Transition::Opens(Standing { severity, figures, calm_since: None })
            }
            Assessment::Unknown | Assessment::Calm | Assessment::Raised(_) => Transition::Nothing,
        };
    };
    match verdict {
        Assessment::Alarm(severity, figures) => Transition::Stays(Standing {
            severity: severity.max(open.severity),
            figures: worse(open.figures, figures),
            calm_since: None,
        }),
        Assessment::Raised(figures) => Transition::Stays(Standing {
            figures: worse(open.figures, figures),
            calm_since: None,
            ..open
        }),
        Assessment::Unknown | Assessment::Calm => {
            let since = open.calm_since.unwrap_or(now);
            if now.since(since) >= CALM_MILLIS {
                return Transition::Closes;
            }
            Transition::Stays(Standing { calm_since: Some(since), ..open })
        }
    }
}

fn worse(one: Figures, other: Figures) -> Figures {
    let distance = |figures: Figures| (figures.measured - figures.usual).abs();
    if distance(other) > distance(one) { other } else { one }
}
