//! `munjigi-gate init`: the files of a new installation.

use std::fmt;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::num::NonZero;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::str::FromStr;

use munjigi_captcha::KeyCheck;
use munjigi_protocol::base64;
use url::Host;

use super::site::{self, NewSite};
use super::{FILE, Fail, KEYS, LOCAL_SECRET, say};
use crate::config::public;
use crate::random;
use crate::sqlite::unwritable;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// The host of pages on this machine.
const LOCALHOST: &str = "localhost";

/// Where a protected application serves: `localhost:3000`.
#[derive(Debug, Clone)]
pub struct Application {
    host: Host,
    port: NonZero<u16>,
}

impl FromStr for Application {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = "must be host and port, such as localhost:3000 or http://127.0.0.1:3000";
        let rest = text.strip_prefix("http://");
        let rest = rest.map_or(text, |rest| rest.strip_suffix('/').unwrap_or(rest));
        let (host, port) = rest.rsplit_once(':').ok_or(form)?;
        let host = Host::parse(host).map_err(|_| form)?;
        if matches!(&host, Host::Domain(name) if !is_plain(name)) {
            return Err(form);
        }
        Ok(Self { host, port: port.parse().map_err(|_| form)? })
    }
}

/// Whether a host means nothing else to Caddy, as `{env.HOME}` would.
fn is_plain(host: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    !host.is_empty() && host.chars().all(is_plain)
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Writes the settings to `file` and the keys beside it, which only their owner
/// can read: a site for `hosts` if there are any, and one for this machine.
/// `url` is the address that visitors use, if it is not this machine's. `before`
/// is an application that the hosts protect, with a Caddyfile of theirs.
pub fn run(
    file: &Path,
    hosts: &[String],
    url: Option<&str>,
    before: Option<&Application>,
) -> Result<(), Fail> {
    let url = url.map(|url| public(url).map_err(|form| Fail(format!("--url {form}"))));
    let url = url.transpose()?.flatten();
    let hosts = &site::spelt(hosts, false)?[..];
    let caddyfile = before.map(|before| caddyfile(hosts, before)).transpose()?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let keys = folder.join(KEYS);
    let caddy = folder.join(CADDYFILE);
    refuse_existing(&[file, &keys], "new keys would end its sites")?;
    if before.is_some() {
        refuse_existing(&[&caddy], "move it, or take another folder")?;
    }
    let [root, internal, check] = [key()?, key()?, key()?];
    let authority = KeyCheck::parse(&check).map_err(|error| Fail(error.to_string()))?;
    let local = NewSite::mint(&authority, &[LOCALHOST.to_owned()], true)?;
    let site = match hosts {
        [] => None,
        // A trial: the site for this machine is the protected one.
        hosts if before.is_some() && hosts.iter().all(|host| host == LOCALHOST) => None,
        hosts => {
            let allow_loopback = before.is_some() && hosts.iter().any(|host| host == LOCALHOST);
            Some(NewSite::mint(&authority, hosts, allow_loopback)?)
        }
    };
    let settings = match (&url, before) {
        (Some(url), _) => SETTINGS.replace(NO_URL, &format!("url = \"{url}\"\n")),
        (None, Some(_)) => SETTINGS.replace(NO_PROXY, BEHIND_CADDY),
        (None, None) => SETTINGS.to_owned(),
    };
    let text = site.iter().try_fold(settings, |text, site| site.added_to(&text));
    let mut text = local.added_to(&text?)?;
    if before.is_some() {
        text.push_str(PROTECT);
    }
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
        caddyfile.iter().try_for_each(|text| write(&caddy, 0o644, text))?;
        write(file, 0o644, &text)
    })();
    written.map_err(|error: io::Error| {
        let remedy = unwritable(&error);
        Fail(format!("{}: {error}{remedy}", folder.display()))
    })?;
    let name = if hosts.is_empty() { "pages on this machine".to_owned() } else { hosts.join(", ") };
    let site = site.as_ref().unwrap_or(&local);
    let told = if let Some(before) = before {
        told_before(file, site, &name, before)
    } else {
        let url = url.map_or_else(|| ADDRESS.to_owned(), |url| url.to_string());
        told(file, site, &name, &url)
    };
    say(told)?;
    Ok(())
}

fn refuse_existing(paths: &[&Path], why: &str) -> Result<(), Fail> {
    match paths.iter().find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Fail(format!("{} exists and is left as it is: {why}", path.display()))),
    }
}

/// The published file, for these hosts before this application.
fn caddyfile(hosts: &[String], before: &Application) -> Result<String, Fail> {
    const PUBLISHED: &str = include_str!("../../../deploy/proxy/protect/Caddyfile");
    if let Some(host) = hosts.iter().find(|host| !is_plain(host)) {
        let why = match host.strip_prefix("*.") {
            Some(_) => ": Caddy gets no certificate for it without a module for your DNS provider",
            None => "",
        };
        return Err(Fail(format!("--before needs hosts such as shop.example, not {host}{why}")));
    }
    let site = format!("\n{} {{\n", hosts.join(", "));
    let text = PUBLISHED.replace("\nshop.example {\n", &site);
    Ok(text.replace("127.0.0.1:3000", &before.to_string()))
}

/// A path as a person in this folder would type it.
fn bare(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// The file as an argument; every command finds the one of the folder in which it
/// is started.
fn config(file: &Path, found: &str) -> String {
    let shown = bare(file);
    if shown == found { String::new() } else { format!(" --config {shown}") }
}

fn told(file: &Path, site: &NewSite, name: &str, url: &str) -> String {
    let (shown, keys) = (bare(file), bare(&file.with_file_name(KEYS)));
    let config = config(file, FILE);
    let (sitekey, secret) = (&site.sitekey, site.secret());
    format!(
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
    )
}

fn told_before(file: &Path, site: &NewSite, name: &str, before: &Application) -> String {
    let caddy = file.with_file_name(CADDYFILE);
    let (shown, keys) = (bare(file), bare(&file.with_file_name(KEYS)));
    let (config, caddy_config) = (config(file, FILE), config(&caddy, CADDYFILE));
    let (sitekey, secret, caddy) = (&site.sitekey, site.secret(), bare(&caddy));
    format!(
        "Wrote {shown}, {caddy} and the folder {keys}. Keep a copy of them: no sitekey and no
secret works without the keys.

The site for {name}. The secret is shown only now.
  sitekey  {sitekey}
  secret   {secret}

Every path before {before} is protected; {shown} says how to open some.

Next:
  munjigi-gate serve{config}
  caddy run{caddy_config}     in another terminal
"
    )
}

/// The address of a new installation, until the operator sets another.
const ADDRESS: &str = "http://127.0.0.1:8786";

/// Caddy's settings, beside ours.
const CADDYFILE: &str = "Caddyfile";

/// The line of the settings in which no one has named an address.
const NO_URL: &str = "# url = \"https://captcha.example\"\n";

/// The lines of the settings about a proxy that may be in front.
const NO_PROXY: &str = "# The address that visitors use, if a proxy is in front:
# url = \"https://captcha.example\"
# client_header = \"X-Forwarded-For\"
# trusted_proxies = [\"127.0.0.1\"]
";

/// In their place, those for the Caddyfile.
const BEHIND_CADDY: &str = "# Caddy is in front and says the addresses of visitors.
client_header = \"X-Forwarded-For\"
trusted_proxies = [\"127.0.0.1\"]
";

/// After the sites, what a protected application begins with.
const PROTECT: &str = "
# Visitors need clearance for every path; docs/clearance.md says which are open
# anyway. The first rule that matches decides, and a rule without a level opens its
# path. To open one, put it before the last rule:
# [[protect]]
# path = \"/api/*\"

[[protect]]
path = \"/*\"
level = \"worked\"
";

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
