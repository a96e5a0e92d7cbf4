//! The file of settings of a gate, `gate.toml`, as far as an origin reads and
//! writes it: its sites, and the keys that both need.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use munjigi_captcha::{KeyCheck, SecretHash, SiteEntry, SiteHost};
use munjigi_domain::settings::{Edit, Settings};
use munjigi_protocol::SiteConfig;
use serde::Deserialize;

/// Live secrets of a site at the origin: the one before a rotation and the one
/// after it.
const MOST_SECRETS: usize = 2;

/// A file that was read. What only the gate needs is ignored.
#[derive(Debug, Deserialize)]
pub struct GateFile {
    #[serde(default)]
    pub sites: BTreeMap<String, SiteEntry>,
    #[serde(default)]
    pub lists: BTreeMap<String, toml::Value>,
    key_check: Option<String>,
    key_check_file: Option<PathBuf>,
    internal_keys: Option<String>,
    internal_keys_file: Option<PathBuf>,
    url: Option<String>,
    listen: Option<String>,
}

/// A key of the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub text: String,
    /// Its file; `None`: it stands in the file of settings itself.
    pub file: Option<PathBuf>,
}

/// A site that is fit for the origin.
#[derive(Debug)]
pub struct Fit {
    pub name: String,
    pub config: SiteConfig,
    /// Its secrets, the oldest first.
    pub secrets: Vec<SecretHash>,
}

impl GateFile {
    /// Reads a file's text.
    ///
    /// # Errors
    ///
    /// It is not the file of a gate; the line is named.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
    }

    /// The key that marks sitekeys, if the file names it.
    pub fn check(&self, folder: &Path) -> io::Result<Option<Key>> {
        key(folder, self.key_check.as_ref(), self.key_check_file.as_ref())
    }

    /// The key that signs calls between gate and origin, if the file names it.
    pub fn internal(&self, folder: &Path) -> io::Result<Option<Key>> {
        key(folder, self.internal_keys.as_ref(), self.internal_keys_file.as_ref())
    }

    /// The address of the gate, as far as the file says it.
    pub fn url(&self) -> Option<String> {
        let listen = self.listen.as_ref().filter(|listen| !listen.starts_with("unix:"));
        self.url.clone().or_else(|| listen.map(|listen| format!("http://{listen}")))
    }

    /// The sites, if the origin can have all of them.
    ///
    /// # Errors
    ///
    /// Every mistake, a line each.
    pub fn fit(&self, check: &KeyCheck) -> Result<Vec<Fit>, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut all = Vec::new();
        for (sitekey, entry) in &self.sites {
            match fit(check, sitekey, entry) {
                Ok(fit) => all.push(fit),
                Err(found) => {
                    mistakes.extend(found.iter().map(|why| format!("{sitekey}: {why}")));
                }
            }
        }
        if mistakes.is_empty() { Ok(all) } else { Err(mistakes) }
    }
}

fn key(folder: &Path, text: Option<&String>, file: Option<&PathBuf>) -> io::Result<Option<Key>> {
    if let Some(text) = text {
        return Ok(Some(Key { text: text.trim().to_owned(), file: None }));
    }
    let Some(file) = file.map(|file| folder.join(file)) else { return Ok(None) };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    // The commands that it is for may run elsewhere.
    let file = std::path::absolute(file)?;
    Ok(Some(Key { text: text.trim().to_owned(), file: Some(file) }))
}

fn fit(check: &KeyCheck, sitekey: &str, entry: &SiteEntry) -> Result<Fit, Vec<String>> {
    let mut mistakes = Vec::new();
    if let Err(error) = check.sitekey(sitekey) {
        mistakes.push(format!("it is not a sitekey of this gate: {error}"));
    }
    let config = entry.clone().config(sitekey);
    for alias in config.aliases.iter().filter(|alias| check.alias(alias).is_err()) {
        mistakes.push(format!(
            "{alias} is a vendor's key: take it out of the line, and import it again with `munjigi site import`"
        ));
    }
    let hashes: Option<Vec<_>> =
        config.secrets.iter().rev().map(|hash| SecretHash::parse(hash)).collect();
    let secrets = hashes.unwrap_or_default();
    if secrets.len() != config.secrets.len() {
        mistakes.push("a secret is not 64 lower-case hex digits".to_owned());
    } else if !(1..=MOST_SECRETS).contains(&secrets.len()) {
        mistakes.push(format!(
            "it has {} secrets, and the origin keeps one or two: `munjigi-gate site end-secrets {sitekey}` keeps the newest",
            secrets.len()
        ));
    }
    let name = SiteHost::of_pages(&config.hosts).next().unwrap_or("This machine").to_owned();
    if let Err(found) = Edit::default().apply(sitekey, &Settings::of(&name, &config)) {
        mistakes.extend(found.0.iter().map(ToString::to_string));
    }
    if mistakes.is_empty() { Ok(Fit { name, config, secrets }) } else { Err(mistakes) }
}

/// The file of a gate that has these sites of its own.
///
/// # Errors
///
/// A value has no form in TOML.
pub fn write(sites: &[SiteConfig], url: Option<&str>) -> Result<String, toml::ser::Error> {
    let url = url.map_or_else(
        || "# url = \"https://captcha.example\"".to_owned(),
        |url| format!("url = {}", toml::Value::from(url)),
    );
    let mut lines = vec![format!("{HEAD}{url}\n{KEYS}")];
    let mut lists: Vec<&str> = sites
        .iter()
        .flat_map(|site| &site.rules)
        .filter_map(|rule| rule.when.list.as_deref())
        .collect();
    lists.sort_unstable();
    lists.dedup();
    if !lists.is_empty() {
        lines.push(LISTS.to_owned());
        lines.extend(lists.iter().map(|list| format!("# {list} = \"lists/{list}.txt\"\n")));
    }
    lines.push("\n[sites]\n".to_owned());
    for site in sites {
        let line = toml::Value::try_from(SiteEntry::of(site))?;
        lines.push(format!("{} = {line}\n", site.sitekey));
    }
    Ok(lines.concat())
}

const HEAD: &str = "\
# Settings of munjigi-gate; docs/gate.md lists them all.
listen = \"127.0.0.1:8786\"
data = \"munjigi.db\"
";

const KEYS: &str = "
# The keys of the edge that these sites come from, each in a file. With other
# keys no sitekey and no secret works.
root_keys_file = \"keys/root\"
internal_keys_file = \"keys/internal\"
key_check_file = \"keys/check\"
";

const LISTS: &str = "
# Rules name these lists, which the origin published; here each is a text file.
[lists]
";
