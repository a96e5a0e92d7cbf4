//! Programs that answer challenges as a bot would, each tried on the same
//! challenges that visitors get. They learn from pictures drawn from other
//! seeds than those they are tried on.

pub mod answer;
pub mod guess;
pub mod hard;
pub mod learnt;
pub mod neighbour;
pub mod results;

use std::fmt;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::harvest::{AreaRound, GridRound, Record, Scenes, Store, TurnRound, Use};
use crate::interval::Share;
use crate::make::THREADS;

/// Kinds of challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Choose every tile that shows a thing.
    #[serde(rename = "grid")]
    Grid,
    /// Point at a thing.
    #[serde(rename = "area")]
    Area,
    /// Turn a thing.
    #[serde(rename = "turn")]
    Turn,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Grid, Self::Area, Self::Turn];

    /// The spelling on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Area => "area",
            Self::Turn => "turn",
        }
    }

    /// The scenes that its pictures show.
    pub const fn scenes(self) -> Scenes {
        match self {
            Self::Grid => Scenes::Tiles,
            Self::Area => Scenes::Areas,
            Self::Turn => Scenes::Turns,
        }
    }

    /// Number of rounds in a challenge, all of which must be right.
    pub const fn rounds(self) -> usize {
        match self {
            Self::Grid => 1,
            Self::Area | Self::Turn => 2,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attacker {
    /// Knows the rules, sees nothing.
    Guess,
    /// Compares the pictures of one challenge with each other.
    Compare,
    /// Looks for the most similar among this many labelled pictures.
    Neighbour(usize),
    /// Trained a network on this many labelled pictures.
    Labelled(usize),
    /// Has this repository, and therefore unlimited labels.
    Owner,
}

impl fmt::Display for Attacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grouped = |count: usize| {
            if count < 1000 {
                count.to_string()
            } else {
                format!("{},{:03}", count / 1000, count % 1000)
            }
        };
        match self {
            Self::Guess => f.write_str("random guesser"),
            Self::Compare => f.write_str("comparer, no labels"),
            Self::Neighbour(count) => write!(f, "nearest neighbour, {} labels", grouped(*count)),
            Self::Labelled(count) => write!(f, "network, {} labels", grouped(*count)),
            Self::Owner => f.write_str("owner of this repository"),
        }
    }
}

/// How much is measured: everything together takes less than an hour on two
/// cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    share: f64,
}

impl Budget {
    /// A budget in minutes; more than 60 change nothing.
    pub fn minutes(minutes: f64) -> Self {
        Self { share: (minutes / 60.0).clamp(0.01, 1.0) }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a few thousand at most"
    )]
    fn part(self, of: usize) -> usize {
        ((of as f64 * self.share) as usize).max(4)
    }

    /// Number of challenges of a kind that each attacker is tried on.
    pub fn challenges(self, kind: Kind) -> usize {
        self.part(match kind {
            Kind::Grid => 200,
            Kind::Area => 150,
            Kind::Turn => 100,
        })
    }

    /// The numbers of labels to learn from.
    pub fn labels(self) -> impl Iterator<Item = usize> {
        [100, 1_000, 10_000].into_iter().filter(move |&count| count <= self.part(20_000))
    }

    /// Number of batches for a network with this many labels.
    pub fn steps(self, labels: usize) -> usize {
        self.part(match labels {
            0..=100 => 200,
            101..=1_000 => 500,
            1_001..=10_000 => 1_200,
            _ => 2_000,
        })
    }

    /// Number of batches that an attacker's network learns from.
    pub fn steps_of(self, attacker: Attacker) -> usize {
        match attacker {
            Attacker::Labelled(labels) => self.steps(labels),
            Attacker::Owner => self.steps(self.own_pictures()),
            _ => 0,
        }
    }

    /// Number of pictures that the owner draws if no network is committed:
    /// never fewer than others label.
    pub fn own_pictures(self) -> usize {
        self.part(10_000).max(self.labels().last().unwrap_or(0) + 1)
    }

    /// Every attacker that is tried on a kind.
    pub fn attackers(self, kind: Kind) -> Vec<Attacker> {
        let most = self.labels().last().unwrap_or(100);
        let mut all = vec![Attacker::Guess];
        if kind == Kind::Turn {
            all.push(Attacker::Compare);
        }
        all.push(Attacker::Neighbour(most));
        all.extend(self.labels().map(Attacker::Labelled));
        all.push(Attacker::Owner);
        all
    }
}

/// The challenges that attackers are tried on.
pub struct Tried {
    pub kind: Kind,
    /// The records of the rounds, one after the other.
    pub bytes: Vec<u8>,
}

impl Tried {
    /// Draws the challenges that the factory would deal, or reuses those
    /// already drawn.
    pub fn of(store: &Store, kind: Kind, budget: Budget) -> Result<Self> {
        let count = budget.challenges(kind) * kind.rounds();
        let bytes = match kind {
            Kind::Grid => hard::grids(store, count)?,
            Kind::Area => hard::areas(store, count)?,
            Kind::Turn => store.records::<TurnRound>(Use::Tried, count, THREADS)?,
        };
        Ok(Self { kind, bytes })
    }

    pub fn grids(&self) -> impl Iterator<Item = GridRound<'_>> {
        self.bytes.chunks_exact(GridRound::BYTES).map(GridRound::read)
    }

    pub fn areas(&self) -> impl Iterator<Item = AreaRound<'_>> {
        self.bytes.chunks_exact(AreaRound::BYTES).map(AreaRound::read)
    }

    pub fn turns(&self) -> impl Iterator<Item = TurnRound<'_>> {
        self.bytes.chunks_exact(TurnRound::BYTES).map(TurnRound::read)
    }
}

/// An attacker's results: whole challenges, and single rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Challenges all of whose rounds were right.
    pub challenges: Share,
    /// Single rounds.
    pub rounds: Share,
}

impl Score {
    /// The score from the rounds of one challenge after another.
    pub fn of(kind: Kind, rounds: &[bool]) -> Self {
        let count = |flags: &mut dyn Iterator<Item = bool>| {
            flags.fold(Share { passed: 0, tried: 0 }, |share, right| Share {
                passed: share.passed + u32::from(right),
                tried: share.tried + 1,
            })
        };
        let mut whole =
            rounds.chunks_exact(kind.rounds()).map(|own| own.iter().all(|&right| right));
        Self { challenges: count(&mut whole), rounds: count(&mut rounds.iter().copied()) }
    }
}

/// Tries an attacker on a kind.
pub fn tried(store: &Store, kind: Kind, attacker: Attacker, budget: Budget) -> Result<Score> {
    let challenges = Tried::of(store, kind, budget)?;
    let rounds = match attacker {
        Attacker::Guess => guess::rounds(&challenges),
        Attacker::Compare => neighbour::compared(&challenges),
        Attacker::Neighbour(labels) => neighbour::rounds(store, &challenges, labels)?,
        Attacker::Labelled(labels) => learnt::rounds(store, &challenges, labels, budget)?,
        Attacker::Owner => learnt::owned(store, &challenges, budget)?,
    };
    Ok(Score::of(kind, &rounds))
}
