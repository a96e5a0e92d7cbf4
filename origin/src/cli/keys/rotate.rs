//! `munjigi keys rotate`.

use clap::ValueEnum;
use munjigi_captcha::{KeyRing, Kid};

use super::{new_key, new_kid};
use crate::cli::{Exit, Fail, Shell, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  MUNJIGI_ROOT_KEYS=… munjigi keys rotate root
  MUNJIGI_INTERNAL_KEYS_FILE=/run/secrets/internal munjigi keys rotate internal

Reads the ring from the environment and prints what to set at each step;
changes nothing itself. To undo at any step, go back to the step before.")]
pub struct Arguments {
    /// Which ring.
    ring: Ring,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ring {
    /// Seals challenges and tokens; at the edge.
    Root,
    /// Signs calls between edge and origin; at both.
    Internal,
}

impl Ring {
    const fn variable(self) -> &'static str {
        match self {
            Self::Root => "MUNJIGI_ROOT_KEYS",
            Self::Internal => "MUNJIGI_INTERNAL_KEYS",
        }
    }

    const fn place(self) -> &'static str {
        match self {
            Self::Root => "at the edge (`wrangler secret put MUNJIGI_ROOT_KEYS`)",
            Self::Internal => "at the edge and at every origin",
        }
    }

    const fn last_wait(self) -> &'static str {
        match self {
            Self::Root => {
                "five hours: the longest puzzle under the old key, and its token, have then expired"
            }
            Self::Internal => "ten minutes: calls signed with the old key are then too old",
        }
    }
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let ring = arguments.ring;
    let name = ring.variable();
    let current = shell.environment.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
        Fail::new(Exit::Environment, "there is no ring to rotate", format!("{name} is not set"))
            .mend(format!("set {name} (or {name}_FILE) to the ring in use; for a new installation run `munjigi keys generate`"))
    })?;
    let parsed = KeyRing::parse(current).map_err(|error| {
        Fail::new(Exit::Environment, "there is no ring to rotate", format!("{name}: {error}"))
    })?;
    let new = format!("{}:{}", free_kid(&parsed, &new_kid(shell)), new_key(shell));
    print(&steps(ring, current, &new))
}

fn steps(ring: Ring, current: &str, new: &str) -> String {
    let (name, place, last_wait) = (ring.variable(), ring.place(), ring.last_wait());
    format!(
        "\
Rotation of {name} in four steps; nothing was changed yet.

1. Add the new key as the last, so that everybody opens it. Set {place}:
     {name}={current},{new}

2. Wait ten minutes, until every instance has it.

3. Move it to the front, so that everybody uses it. Set {place}:
     {name}={new},{current}

4. Wait {last_wait}. Then leave out the old key. Set {place}:
     {name}={new}

Undo: at any step go back to the value of the step before, or to
     {name}={current}
"
    )
}

/// A second rotation on one day needs another name.
fn free_kid(ring: &KeyRing, kid: &str) -> String {
    let taken = |text: &str| Kid::parse(text).is_some_and(|kid| ring.find(kid).is_some());
    std::iter::once(kid.to_owned())
        .chain((b'a'..=b'z').map(|letter| format!("{kid}{}", char::from(letter))))
        .find(|kid| !taken(kid))
        .expect("a ring has fewer keys than the alphabet has letters")
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn a_second_rotation_on_one_day_has_another_kid() {
        let ring = KeyRing::parse(&format!("k20261120:{A}")).unwrap();
        assert_eq!(free_kid(&ring, "k20261120"), "k20261120a");
        assert_eq!(free_kid(&ring, "k20261121"), "k20261121");
    }

    #[test]
    fn the_new_key_is_last_then_first_then_alone() {
        let text = steps(Ring::Root, "old:x", "new:y");
        let rings: Vec<&str> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("MUNJIGI_ROOT_KEYS="))
            .collect();
        assert_eq!(rings, ["old:x,new:y", "new:y,old:x", "new:y", "old:x"]);
    }
}
