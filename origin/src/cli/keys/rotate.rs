//! `munjigi keys rotate`.

use clap::ValueEnum;
use munjigi_keys::{KeyRing, Kid};

use super::derive::Part;
use super::{new_key, new_kid, ring_in_use};
use crate::cli::{Exit, Fail, Shell, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  MUNJIGI_ROOT_KEYS=… munjigi keys rotate root
  MUNJIGI_INTERNAL_KEYS_FILE=/run/secrets/internal munjigi keys rotate internal

Reads the ring from the environment and prints what to set at each step.
Changes nothing itself. To undo a step, go back to the previous one.")]
pub struct Arguments {
    /// The ring to rotate.
    ring: Ring,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ring {
    /// Seals challenges and tokens; at the edge.
    Root,
    /// Signs calls between the components. Origins have the ring; the edge and the
    /// gpu-backend have keys derived from it.
    Internal,
}

impl Ring {
    const fn variable(self) -> &'static str {
        match self {
            Self::Root => "MUNJIGI_ROOT_KEYS",
            Self::Internal => "MUNJIGI_INTERNAL_KEYS",
        }
    }

    /// Where a ring is set, and with which value.
    fn settings(self, ring: &str) -> Result<String, Fail> {
        let name = self.variable();
        let setting = |place: &str, value: &str| format!("   {place}:\n     {name}={value}\n");
        Ok(match self {
            Self::Root => setting("at the edge (`wrangler secret put MUNJIGI_ROOT_KEYS`)", ring),
            Self::Internal => {
                let parsed = KeyRing::parse(ring).map_err(|error| {
                    Fail::new(Exit::Environment, "the ring cannot be rotated", error.to_string())
                })?;
                [
                    setting("at every origin", ring),
                    setting(
                        "at the edge (`wrangler secret put MUNJIGI_INTERNAL_KEYS`)",
                        &Part::Edge.keys(&parsed),
                    ),
                    setting("at the gpu-backend", &Part::Gpu.keys(&parsed)),
                ]
                .concat()
            }
        })
    }

    const fn last_wait(self) -> &'static str {
        match self {
            Self::Root => {
                "five hours: by then, the longest puzzle under the old key and its token have expired"
            }
            Self::Internal => "ten minutes: by then, calls signed with the old key are too old",
        }
    }
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let ring = arguments.ring;
    let (current, parsed) = ring_in_use(shell, ring.variable())?;
    let new = format!("{}:{}", free_kid(&parsed, &new_kid(shell)), new_key(shell));
    print(&steps(ring, current, &new)?)
}

fn steps(ring: Ring, current: &str, new: &str) -> Result<String, Fail> {
    let (name, last_wait) = (ring.variable(), ring.last_wait());
    let both = ring.settings(&format!("{current},{new}"))?;
    let promoted = ring.settings(&format!("{new},{current}"))?;
    let alone = ring.settings(new)?;
    let before = ring.settings(current)?;
    Ok(format!(
        "\
Rotation of {name} in four steps. Nothing was changed yet.

1. Add the new key at the end, so that every component accepts it. Set
{both}
2. Wait ten minutes, until every instance has it.

3. Move it to the front, so that every component uses it. Set
{promoted}
4. Wait {last_wait}. Then remove the old key. Set
{alone}
Undo: at any step, go back to the values of the previous step, or to
{before}"
    ))
}

/// A second rotation on the same day needs another name.
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

    const B: &str = "_________________________________________-8";

    #[test]
    fn the_new_key_is_last_then_first_then_alone() {
        let (old, new) = (format!("old:{A}"), format!("new:{B}"));
        for (ring, places) in [(Ring::Root, 1), (Ring::Internal, 3)] {
            let text = steps(ring, &old, &new).unwrap();
            let name = format!("{}=", ring.variable());
            let values: Vec<&str> =
                text.lines().filter_map(|line| line.trim().strip_prefix(&name)).collect();
            let rings: Vec<&str> = values.iter().copied().step_by(places).collect();
            let [both, promoted] = [format!("{old},{new}"), format!("{new},{old}")];
            assert_eq!(rings, [&both, &promoted, &new, &old]);
            assert_eq!(values.len(), 4 * places);
        }
        let text = steps(Ring::Internal, &old, &new).unwrap();
        let derived = Part::Gpu.keys(&KeyRing::parse(&format!("{new},{old}")).unwrap());
        assert!(text.contains(derived.as_str()) && derived.starts_with("gpu/new:"), "{text}");
    }
}
