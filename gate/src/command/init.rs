//! `munjigi-gate init`: the file of settings of a new installation.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use munjigi_protocol::base64;

use super::Fail;
use crate::random;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Writes the file, which only its owner can read.
pub fn run(path: &Path) -> Result<(), Fail> {
    let text = text()?;
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    let shown = path.display();
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Fail(format!("{shown} exists and is left as it is: new keys would end its sites"))
        }
        _ => Fail(format!("{shown}: {error}")),
    })?;
    println!(
        "Wrote {shown} with new keys. Keep a copy: without them, sitekeys and secrets are void.

Next:
  munjigi-gate site add shop.example --config {shown}
  munjigi-gate --config {shown}"
    );
    Ok(())
}

fn text() -> Result<String, Fail> {
    let [root, internal, check] = [key()?, key()?, key()?];
    Ok(format!(
        "# Settings of munjigi-gate; docs/gate.md lists them all. Keep this file secret.
listen = \"127.0.0.1:8786\"
data = \"munjigi.db\"

# The address that visitors use, if a proxy is in front:
# url = \"https://captcha.example\"
# client_header = \"X-Forwarded-For\"
# trusted_proxies = [\"127.0.0.1\"]

# Seals challenges and tokens.
root_keys = \"g1:{root}\"
# Signs calls between gate and origin.
internal_keys = \"g1:{internal}\"
# Marks sitekeys and secrets as yours; never changes.
key_check = \"{check}\"

# A line for each site: `munjigi-gate site add HOST`.
[sites]
"
    ))
}

fn key() -> Result<String, Fail> {
    let mut bytes = [0; KEY_BYTES];
    random::fill(&mut bytes).map_err(|_| Fail("the system has no random numbers".to_owned()))?;
    Ok(base64::encode(&bytes))
}
