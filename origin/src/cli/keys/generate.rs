//! `munjigi keys generate`.

use super::{new_key, new_kid};
use crate::cli::{Fail, Shell, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi keys generate                   keys with explanations
  munjigi keys generate --env > .env      as an environment file

Nothing is stored. New keys beside old data make every sitekey, secret and
token invalid: use `munjigi keys rotate` in an installation that runs.")]
pub struct Arguments {
    /// Only lines of NAME=value.
    #[arg(long)]
    env: bool,
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let kid = new_kid(shell);
    let root = format!("MUNJIGI_ROOT_KEYS={kid}:{}", new_key(shell));
    let internal = format!("MUNJIGI_INTERNAL_KEYS={kid}:{}", new_key(shell));
    let check = format!("MUNJIGI_KEY_CHECK={}", new_key(shell));
    let console = format!("MUNJIGI_CONSOLE_KEYS={kid}:{}", new_key(shell));
    if arguments.env {
        return print(&format!("{root}\n{internal}\n{check}\n{console}\n"));
    }
    print(&format!(
        "\
New keys; nothing was stored. Keep them where secrets are kept.

Edge only. Seals challenges and tokens; the origin must not have it:
  {root}

Edge and origin. Signs what they tell each other:
  {internal}

Edge and origin, the same for ever. Marks sitekeys and secrets as yours:
  {check}

Origin only. Seals what the console must read again:
  {console}

Next: `wrangler secret put NAME` for each of the first three at the edge; the
last three into the origin's environment (or into files named by NAME_FILE).
"
    ))
}
