//! `munjigi-gate init`: the files of a new installation.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use munjigi_captcha::KeyCheck;
use munjigi_protocol::base64;

use super::site::{self, NewSite};
use super::{FILE, Fail, KEYS, LOCAL_SECRET};
use crate::config::public;
use crate::random;
use crate::sqlite::unwritable;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Writes the settings to `file` and the keys beside it, which only their owner
/// can read: a site for `hosts` if there are any, and one for this machine.
/// `url` is the address that visitors use, if it is not this machine's.
pub fn run(file: &Path, hosts: &[String], url: Option<&str>) -> Result<(), Fail> {
    let url = url.map(|url| public(url).map_err(|form| Fail(format!("--url {form}"))));
    let url = url.transpose()?.flatten();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let keys = folder.join(KEYS);
    for path in [file, &keys] {
        if path.exists() {
            let shown = path.display();
            let why = "exists and is left as it is: new keys would end its sites";
            return Err(Fail(format!("{shown} {why}")));
        }
    }
    let [root, internal, check] = [key()?, key()?, key()?];
    let authority = KeyCheck::parse(&check).map_err(|error| Fail(error.to_string()))?;
    let local = NewSite::mint(&authority, &["localhost".to_owned()], true)?;
    let site = match hosts {
        [] => None,
        hosts => Some(NewSite::mint(&authority, hosts, false)?),
    };
    let settings = match &url {
        Some(url) => SETTINGS.replace(NO_URL, &format!("url = \"{url}\"\n")),
        None => SETTINGS.to_owned(),
    };
    let text = site.iter().try_fold(settings, |text, site| site.added_to(&text));
    let text = local.added_to(&text?)?;
    site::check(file, &text)?;
    let written = (|| {
        DirBuilder::new().recursive(true).create(folder)?;
        DirBuilder::new().mode(0o700).create(&keys)?;
        for (name, secret) in [
            ("root", format!("g1:{root}")),
            ("internal", format!("g1:{internal}")),
            ("check", check),
            (LOCAL_SECRET, local.secret()),
        ] {
            write(&keys.join(name), 0o600, &format!("{secret}\n"))?;
        }
        write(file, 0o644, &text)
    })();
    written.map_err(|error: io::Error| {
        let remedy = unwritable(&error);
        Fail(format!("{}: {error}{remedy}", folder.display()))
    })?;
    let url = url.map_or_else(|| ADDRESS.to_owned(), |url| url.to_string());
    told(file, &keys, site.as_ref().unwrap_or(&local), hosts, &url);
    Ok(())
}

fn told(file: &Path, keys: &Path, site: &NewSite, hosts: &[String], url: &str) {
    let bare = |path: &Path| path.strip_prefix(".").unwrap_or(path).display().to_string();
    let (shown, keys) = (bare(file), bare(keys));
    // Every command finds the file of the folder in which it is started.
    let config = if shown == FILE { String::new() } else { format!(" --config {shown}") };
    let name = if hosts.is_empty() { "pages on this machine".to_owned() } else { hosts.join(", ") };
    let (sitekey, secret) = (&site.sitekey, site.secret());
    println!(
        "Wrote {shown} and the folder {keys}. Keep a copy of both: no sitekey and no secret
works without the keys.

The site for {name}. The secret is shown only now.
  sitekey  {sitekey}
  secret   {secret}

In the page, the second line inside the form:
  <script src=\"{url}/v1/api.js\" async defer></script>
  <div class=\"munjigi\" data-sitekey=\"{sitekey}\"></div>

In the back end, with the value of the form's field munjigi-response:
  curl {url}/siteverify -d secret={secret} -d response=TOKEN

Next:
  munjigi-gate serve{config}
  munjigi-gate try{config}     in another terminal: a form that uses it
"
    );
}

/// The address of a new installation, until the operator sets another.
const ADDRESS: &str = "http://127.0.0.1:8786";

/// The line of the settings in which no one has named an address.
const NO_URL: &str = "# url = \"https://captcha.example\"\n";

const SETTINGS: &str = "# Settings of munjigi-gate; docs/gate.md lists them all.
listen = \"127.0.0.1:8786\"
data = \"munjigi.db\"

# The address that visitors use, if a proxy is in front:
# url = \"https://captcha.example\"
# client_header = \"X-Forwarded-For\"
# trusted_proxies = [\"127.0.0.1\"]

# Seals challenges and tokens.
root_keys_file = \"keys/root\"
# Signs calls between gate and origin.
internal_keys_file = \"keys/internal\"
# Marks sitekeys and secrets as yours; never changes.
key_check_file = \"keys/check\"

# A line for each site: `munjigi-gate site add HOST`. The one for localhost is
# that of `munjigi-gate try`; delete it when you like.
[sites]
";

fn write(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode).open(path)?.write_all(text.as_bytes())
}

fn key() -> Result<String, Fail> {
    let mut bytes = [0; KEY_BYTES];
    random::fill(&mut bytes).map_err(|_| Fail("the system has no random numbers".to_owned()))?;
    Ok(base64::encode(&bytes))
}
