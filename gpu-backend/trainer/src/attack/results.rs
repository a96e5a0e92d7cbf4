//! The measurements so far, kept beside the drawn pictures so that an
//! interrupted run repeats nothing; and which kinds they turn off.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Attacker, Kind, Score};
use crate::harvest::Store;

/// One attacker on one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub kind: Kind,
    /// Its scenes, see [`Scenes::hash`](crate::harvest::Scenes::hash).
    pub scenes: String,
    /// Which network dropped the easy ones, see [`mark`](super::hard::mark).
    #[serde(default)]
    pub judge: String,
    pub attacker: Attacker,
    /// Number of challenges that it was tried on; guesses count more.
    pub challenges: usize,
    /// Number of batches that its network learnt from; 0 without a network.
    pub steps: usize,
    pub score: Score,
    /// Machine time of drawing, learning and answering, in seconds.
    pub seconds: u64,
}

/// All measurements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Date of the latest one.
    pub date: String,
    #[serde(default, rename = "row")]
    pub rows: Vec<Row>,
}

/// The lower bound of the pass rate above which a kind is off by default.
pub const THRESHOLD: f64 = 0.5;

impl Results {
    fn path(store: &Store) -> PathBuf {
        store.folder.join("results.toml")
    }

    /// Reads the stored results; none if there is no file.
    pub fn read(store: &Store) -> Result<Self> {
        let path = Self::path(store);
        if !path.exists() {
            return Ok(Self::default());
        }
        Ok(toml::from_str(&fs::read_to_string(path)?)?)
    }

    pub fn write(&self, store: &Store) -> Result<()> {
        Ok(fs::write(Self::path(store), toml::to_string(self)?)?)
    }

    /// The row of an attacker, if it was measured with exactly this effort on
    /// what this judge left.
    pub fn of(
        &self,
        kind: Kind,
        judge: &str,
        attacker: Attacker,
        effort: (usize, usize),
    ) -> Option<&Row> {
        self.rows.iter().find(|row| {
            (row.kind, row.attacker) == (kind, attacker)
                && (row.challenges, row.steps) == effort
                && (row.scenes.as_str(), row.judge.as_str()) == (kind.scenes().hash(), judge)
        })
    }

    /// Replaces an attacker's row, or adds it. Rows of outdated scenes and
    /// judges are dropped.
    pub fn put(&mut self, row: Row) {
        let same = |old: &Row| (&old.scenes, &old.judge) == (&row.scenes, &row.judge);
        self.rows.retain(|old| old.kind != row.kind || same(old));
        self.rows.retain(|old| (old.kind, old.attacker) != (row.kind, row.attacker));
        self.rows.push(row);
    }

    /// The row that decides about a kind: that of the best attacker from
    /// outside. `None` before one was tried.
    pub fn decisive(&self, kind: Kind) -> Option<&Row> {
        let outsider = |row: &&Row| row.kind == kind && row.attacker != Attacker::Owner;
        let rate = |row: &Row| row.score.challenges.interval()[0];
        self.rows.iter().filter(outsider).max_by(|a, b| rate(a).total_cmp(&rate(b)))
    }
}

/// Whether a kind is off by default.
pub fn off(decisive: &Row, threshold: f64) -> bool {
    decisive.score.challenges.interval()[0] > threshold
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::Share;

    fn row(attacker: Attacker, passed: u32) -> Row {
        let share = Share { passed, tried: 200 };
        let score = Score { challenges: share, rounds: share };
        let scenes = "s".to_owned();
        Row {
            kind: Kind::Grid,
            scenes,
            judge: String::new(),
            attacker,
            challenges: 200,
            steps: 0,
            score,
            seconds: 1,
        }
    }

    #[test]
    fn a_kind_is_off_when_an_outsider_certainly_passes_more_than_half() {
        let mut results = Results::default();
        results.put(row(Attacker::Labelled(1_000), 20));
        results.put(row(Attacker::Labelled(10_000), 90));
        assert!(!off(results.decisive(Kind::Grid).unwrap(), THRESHOLD));
        results.put(row(Attacker::Labelled(10_000), 130));
        assert!(off(results.decisive(Kind::Grid).unwrap(), THRESHOLD));
        assert!(results.decisive(Kind::Turn).is_none());
    }

    #[test]
    fn a_few_lucky_tries_turn_nothing_off() {
        let mut few = row(Attacker::Neighbour(100), 3);
        few.score.challenges = Share { passed: 3, tried: 4 };
        assert!(!off(&few, THRESHOLD));
    }

    #[test]
    fn the_owner_decides_nothing() {
        let mut results = Results::default();
        results.put(row(Attacker::Owner, 199));
        results.put(row(Attacker::Guess, 1));
        assert!(!off(results.decisive(Kind::Grid).unwrap(), THRESHOLD));
    }

    #[test]
    fn results_are_read_as_they_were_written() {
        let mut results = Results { date: "2026-11-20".to_owned(), rows: Vec::new() };
        results.put(row(Attacker::Neighbour(10_000), 7));
        let text = toml::to_string(&results).unwrap();
        assert_eq!(toml::from_str::<Results>(&text).unwrap(), results);
    }
}
