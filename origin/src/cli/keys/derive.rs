//! `munjigi keys derive`.

use clap::ValueEnum;
use munjigi_keys::KeyRing;
use munjigi_keys::signature::{Audience, CallKeys};
use zeroize::Zeroizing;

use super::ring_in_use;
use crate::cli::{Fail, Shell, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  MUNJIGI_INTERNAL_KEYS_FILE=/run/secrets/internal munjigi keys derive edge
  MUNJIGI_INTERNAL_KEYS=… munjigi keys derive gpu

Reads the origin's ring from the environment and prints the value of
MUNJIGI_INTERNAL_KEYS for another component. It contains only the keys that the
component signs or verifies with. Changes nothing.")]
pub struct Arguments {
    /// The component that gets the keys.
    part: Part,
}

/// A part that calls, or is called by, the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Receives the origin's calls and reports to it.
    Edge,
    /// Receives the origin's calls.
    Gpu,
}

impl Part {
    /// The receiver's value of `MUNJIGI_INTERNAL_KEYS`.
    pub fn keys(self, ring: &KeyRing) -> Zeroizing<String> {
        let audiences: &[Audience] = match self {
            Self::Edge => &[Audience::Edge, Audience::Origin],
            Self::Gpu => &[Audience::Gpu],
        };
        CallKeys::write(ring, audiences)
    }
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let (_, ring) = ring_in_use(shell, "MUNJIGI_INTERNAL_KEYS")?;
    print(&format!("{}\n", *arguments.part.keys(&ring)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_component_gets_the_keys_that_it_needs() {
        let ring = KeyRing::parse("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
        let audiences = [Audience::Edge, Audience::Origin, Audience::Gpu];
        for (part, wanted) in [(Part::Edge, [true, true, false]), (Part::Gpu, [false, false, true])]
        {
            let keys = CallKeys::parse(&part.keys(&ring)).unwrap();
            assert_eq!(audiences.map(|audience| keys.of(audience).is_some()), wanted);
            assert!(!keys.is_ring());
        }
    }
}
