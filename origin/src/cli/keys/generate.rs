//! `munjigi keys generate`.

use munjigi_keys::KeyRing;

use super::derive::Part;
use super::{new_key, new_kid};
use crate::cli::{Exit, Fail, Shell, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi keys generate                   keys with explanations
  munjigi keys generate --env > .env      as an environment file

Stores nothing. New keys with old data invalidate every sitekey, secret and
token: use `munjigi keys rotate` in a running installation.")]
pub struct Arguments {
    /// Print only lines of NAME=value.
    #[arg(long)]
    env: bool,
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let kid = new_kid(shell);
    let root = format!("MUNJIGI_ROOT_KEYS={kid}:{}", new_key(shell));
    let ring = format!("{kid}:{}", new_key(shell));
    let internal = format!("MUNJIGI_INTERNAL_KEYS={ring}");
    let check = format!("MUNJIGI_KEY_CHECK={}", new_key(shell));
    let console = format!("MUNJIGI_CONSOLE_KEYS={kid}:{}", new_key(shell));
    if arguments.env {
        return print(&format!("{root}\n{internal}\n{check}\n{console}\n"));
    }
    let parsed = KeyRing::parse(&ring)
        .map_err(|error| Fail::new(Exit::Failed, "no keys were generated", error.to_string()))?;
    let [edge, gpu] = [Part::Edge, Part::Gpu]
        .map(|part| format!("MUNJIGI_INTERNAL_KEYS={}", *part.keys(&parsed)));
    print(&format!(
        "\
These are new keys; nothing was stored. Save them in your secret store.

Edge only. Seals challenges and tokens; the origin must not have it:
  {root}

Origin only. Signs calls between the components:
  {internal}
The edge and the gpu-backend each get only their own keys derived from it:
  edge         {edge}
  gpu-backend  {gpu}

Edge and origin, never changes. Marks sitekeys and secrets as yours:
  {check}

Origin only. Seals values that the console needs to read again:
  {console}

Next: run `wrangler secret put NAME` for the root keys, the edge's internal keys
and the key check. Set the internal ring, the key check and the console keys in
the origin's environment (or in files named by NAME_FILE), and the
gpu-backend's internal keys in its own. `munjigi keys derive` prints the derived
keys again.
"
    ))
}
