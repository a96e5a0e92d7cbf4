//! What the origin has taken is kept for a day: its store may lose it, with a
//! disk, or to a replica that was behind. The origin names the history of its
//! store with each batch that it has committed; where that is another, all rows
//! that are still here are sent once more. It knows most of them.

use core::fmt;

use munjigi_keys::UnixMillis;

/// How long rows are kept that the origin has taken, in milliseconds after their
/// attempts ended.
pub const TAKEN_KEPT_MS: u64 = 86_400_000;
/// Rows are sent again at most once in this time: two origins on two stores
/// would ask for them for ever.
const PAUSE_MS: u64 = 3_600_000;

/// A position in the write-ahead log of the origin's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPosition {
    /// What it calls this life of its store.
    pub history: String,
    /// How far it is in it.
    pub position: u64,
}

impl LogPosition {
    /// Reads the header of the origin's answer.
    pub fn parse(text: &str) -> Option<Self> {
        let (history, position) = text.split_once(':')?;
        let is_name = (1..=100).contains(&history.len());
        let position = position.parse().ok()?;
        is_name.then(|| Self { history: history.to_owned(), position })
    }

    /// Whether a store that is here has everything that it had at `earlier`.
    fn follows(&self, earlier: &Self) -> bool {
        self.history == earlier.history && earlier.position <= self.position
    }
}

/// As the header.
impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.history, self.position)
    }
}

/// What to do when the origin names its store's log position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recall {
    /// Record it.
    Record,
    /// Record it, and send everything again: the store may have lost something.
    Replay,
    /// Nothing, and compare again next time: it is too soon after the last replay.
    Defer,
}

/// Compares the log position with the one that was noted last.
pub fn compare(
    known: Option<&LogPosition>,
    recalled_at: UnixMillis,
    log_position: &LogPosition,
    now: UnixMillis,
) -> Recall {
    match known {
        Some(known) if !log_position.follows(known) => {
            let is_soon = now.0 < recalled_at.0.saturating_add(PAUSE_MS);
            if is_soon { Recall::Defer } else { Recall::Replay }
        }
        _ => Recall::Record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_position(text: &str) -> LogPosition {
        LogPosition::parse(text).unwrap()
    }

    #[test]
    fn a_place_is_a_history_and_a_position() {
        let known = LogPosition { history: "7-1-2".to_owned(), position: 5 };
        assert_eq!(LogPosition::parse("7-1-2:5"), Some(known.clone()));
        assert_eq!(LogPosition::parse(&known.to_string()), Some(known));
        let long = format!("{}:5", "h".repeat(101));
        for text in ["", ":5", "7", "7:", "7:-1", "7:5:6", "7:x", &long] {
            assert_eq!(LogPosition::parse(text), None, "{text}");
        }
    }

    #[test]
    fn another_history_or_a_lower_position_recalls_what_is_kept() {
        let known = log_position("first:10");
        let compare =
            |known, text| compare(known, UnixMillis(0), &log_position(text), UnixMillis(PAUSE_MS));
        assert_eq!(compare(None, "first:10"), Recall::Record);
        for (text, expected) in [
            ("first:10", Recall::Record),
            ("first:11", Recall::Record),
            ("first:9", Recall::Replay),
            ("second:99", Recall::Replay),
        ] {
            assert_eq!(compare(Some(&known), text), expected, "{text}");
        }
    }

    #[test]
    fn two_stores_in_turn_recall_once_an_hour() {
        let (known, other) = (log_position("first:10"), log_position("second:10"));
        let compare = |now| compare(Some(&known), UnixMillis(5), &other, UnixMillis(now));
        assert_eq!((compare(4 + PAUSE_MS), compare(5 + PAUSE_MS)), (Recall::Defer, Recall::Replay));
    }
}
