//! `munjigi keys generate`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use clap::ValueHint;
use munjigi_keys::KeyRing;

use super::derive::Part;
use super::{new_key, new_kid};
use crate::cli::{Exit, Fail, Shell, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi keys generate                   keys with explanations
  munjigi keys generate --env > .env      as an environment file
  munjigi keys generate --files secrets   each in a file of its own

Without --files, it stores nothing. New keys with old data invalidate every sitekey, secret and
token: use `munjigi keys rotate` in a running installation.")]
pub struct Arguments {
    /// Print only lines of NAME=value.
    #[arg(long)]
    env: bool,
    /// Write each key, and passwords for Postgres, to a file of its own below a
    /// new folder, for `deploy/compose` and for NAME_FILE variables.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, conflicts_with = "env")]
    files: Option<PathBuf>,
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
    if let Some(folder) = &arguments.files {
        let value = |line: &str| line.split_once('=').map_or("", |(_, value)| value).to_owned();
        let [admin, owner, serve] = std::array::from_fn(|_| new_key(shell));
        let url = |role: &str, password: &str| {
            format!("postgres://{role}:{password}@postgres:5432/munjigi")
        };
        return write(
            folder,
            &[
                ("root-keys", value(&root)),
                ("internal-keys", ring),
                ("edge-internal-keys", Part::Edge.keys(&parsed).to_string()),
                ("gpu-internal-keys", Part::Gpu.keys(&parsed).to_string()),
                ("key-check", value(&check)),
                ("console-keys", value(&console)),
                ("database-owner-url", url("munjigi_owner", &owner)),
                ("database-url", url("munjigi_serve", &serve)),
                ("postgres-admin-password", admin),
                ("postgres-owner-password", owner),
                ("postgres-serve-password", serve),
            ],
        );
    }
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

/// Writes files that several users of one machine's containers read, below a
/// folder that no other user enters.
fn write(folder: &Path, files: &[(&str, String)]) -> Result<(), Fail> {
    let failed = |path: &Path, error: &std::io::Error| {
        Fail::new(Exit::Failed, format!("cannot write {}", path.display()), error.to_string())
            .fix("name a folder that does not exist yet, where you may write")
    };
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .map_err(|error| failed(folder, &error))?;
    for (name, value) in files {
        let path = folder.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o444);
        let written = options.open(&path).and_then(|mut file| writeln!(file, "{value}"));
        written.map_err(|error| failed(&path, &error))?;
    }
    print(&format!(
        "Wrote {} files to {}. Keep a copy where only you can read it: without root-keys and key-check, \
        every sitekey, secret and token is lost.\n",
        files.len(),
        folder.display()
    ))
}
