//! What the owner of the simulated site reports, honestly or not, and what the
//! site's nights make of it.

use munjigi_domain::score_weights::{Course, Label, Night, night};
use munjigi_keys::UnixMillis;
use munjigi_protocol::Outcome;

use crate::visits::{Chance, Kind, Redeemed};
use crate::{DAY, DAYS};

const HOUR: u64 = 3_600_000;

/// The first day on which reports are not the owner's, counted from 0.
pub const TURNS: u64 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub name: &'static str,
    pub what: &'static str,
    /// Wrong labels, in hundredths.
    wrong: u64,
    /// What is reported from [`TURNS`] on.
    then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The same as before.
    Same,
    Opposite,
    Always(Outcome),
    /// The owner's reports, and for every one of them a second visit that is
    /// called fraudulent, whatever it was.
    AndFrauds,
    Coin,
}

/// The owners that are simulated; the first two are honest.
pub const OWNERS: [Owner; 7] = [
    Owner { name: "right", what: "every label is right", wrong: 0, then: Then::Same },
    Owner { name: "5 % wrong", what: "one label in twenty is wrong", wrong: 5, then: Then::Same },
    Owner {
        name: "all frauds",
        what: "from the ninth day on, everybody is called fraudulent",
        wrong: 5,
        then: Then::Always(Outcome::Fraudulent),
    },
    Owner {
        name: "all legitimate",
        what: "from the ninth day on, everybody is called legitimate",
        wrong: 5,
        then: Then::Always(Outcome::Legitimate),
    },
    Owner {
        name: "opposite",
        what: "from the ninth day on, labels say the opposite",
        wrong: 5,
        then: Then::Opposite,
    },
    Owner {
        name: "coin",
        what: "from the ninth day on, a coin decides",
        wrong: 5,
        then: Then::Coin,
    },
    Owner {
        name: "frauds besides",
        what: "from the ninth day on, a thief of the secret calls as many others fraudulent as the owner reports at all",
        wrong: 5,
        then: Then::AndFrauds,
    },
];

impl Owner {
    /// What is reported about some visits, each hours or days after it.
    pub fn labels(&self, visits: &[Redeemed], chance: &mut Chance) -> Vec<Label> {
        let mut labels = Vec::new();
        for visit in visits {
            let truth = visit.kind.truth();
            let (reported, delay) = match (truth, visit.kind) {
                (Outcome::Legitimate, _) => (chance.of(30), chance.below(24) * HOUR),
                // Seen at once.
                (_, Kind::DefaultBot) => (chance.of(60), chance.below(12) * HOUR),
                // Disputed later.
                _ => (chance.of(60), (12 + chance.below(84)) * HOUR),
            };
            let said = if chance.of(self.wrong) { opposite(truth) } else { truth };
            let thief = chance.of(37);
            let at = visit.at + delay;
            let turned = at >= TURNS * DAY;
            let label = |outcome| Label { signs: visit.signs, outcome, at: UnixMillis(at) };
            match self.then {
                Then::AndFrauds if turned && !reported && thief => {
                    labels.push(label(Outcome::Fraudulent));
                }
                _ if !reported => {}
                Then::Always(outcome) if turned => labels.push(label(outcome)),
                Then::Opposite if turned => labels.push(label(opposite(said))),
                Then::Coin if turned => labels.push(label(Outcome::ALL[usize::from(thief)])),
                _ => labels.push(label(said)),
            }
        }
        labels.sort_by_key(|label| label.at);
        labels
    }
}

const fn opposite(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Legitimate => Outcome::Fraudulent,
        Outcome::Fraudulent => Outcome::Legitimate,
    }
}

/// The nights of a fortnight, and of the week after it, in which late labels
/// come.
pub fn nights(labels: &[Label]) -> Vec<Night> {
    let mut course = Course::default();
    let mut nights = Vec::new();
    for day in 1..=DAYS {
        let night = night(&course, labels, UnixMillis(day * DAY));
        course = night.course.clone();
        nights.push(night);
    }
    nights
}
