//! `munjigi-gate site`: the lines of sites in the file of settings. Everything
//! else in the file, comments included, stays as its owner wrote it.

use std::path::Path;

use munjigi_captcha::{KeyCheck, Secret, SiteHost};
use munjigi_serving::entropy::{Generator, generator};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

use super::{Fail, read_file, say, settings};
use crate::config::{File, NO_PAGES, lacks_pages};
use crate::random;

/// A site that is about to be added.
pub struct NewSite {
    pub sitekey: String,
    secret: Secret,
    line: InlineTable,
}

impl NewSite {
    /// Draws the keys of a site for these hosts, in the spelling of browsers.
    pub fn mint(check: &KeyCheck, hosts: &[String], allow_loopback: bool) -> Result<Self, Fail> {
        let mut generator = draw()?;
        let sitekey = check.mint_sitekey(&mut generator).to_string();
        let secret = check.mint_secret(&mut generator);
        let mut line = InlineTable::new();
        line.insert("hosts", hosts.iter().collect::<Array>().into());
        line.insert("secrets", Array::from_iter([secret.hash().as_str()]).into());
        if allow_loopback {
            line.insert("allow_loopback", true.into());
        }
        Ok(Self { sitekey, secret, line })
    }

    /// Its secret, to be shown once.
    pub fn secret(&self) -> String {
        self.secret.reveal().to_string()
    }

    /// The text of a file of settings with this site.
    pub fn added_to(&self, text: &str) -> Result<String, Fail> {
        let mut document = document(text)?;
        let sites = document.entry("sites").or_insert_with(|| Item::Table(Table::new()));
        let sites = sites.as_table_like_mut().ok_or_else(|| Fail(NO_TABLE.to_owned()))?;
        sites.insert(&self.sitekey, self.line.clone().into());
        Ok(document.to_string())
    }
}

/// Hosts in the spelling of browsers. Embedders alone are refused, unless pages on this
/// machine may be embedded.
pub fn spelt(hosts: &[String], allow_loopback: bool) -> Result<Vec<String>, Fail> {
    let spelt = |host: &String| match SiteHost::typed(host) {
        Ok(host) => Ok(host.to_string()),
        Err(error) => Err(Fail(format!("{host} is no host: {error}"))),
    };
    let spelt: Vec<String> = hosts.iter().map(spelt).collect::<Result<_, _>>()?;
    if lacks_pages(&spelt, allow_loopback) {
        return Err(Fail(NO_PAGES.to_owned()));
    }
    Ok(spelt)
}

const NO_TABLE: &str = "sites must be a table: `[sites]`, and a line for each site";

/// Adds a site for these hosts and shows its keys; the secret is stored nowhere.
pub fn add(path: &Path, hosts: &[String], allow_loopback: bool) -> Result<(), Fail> {
    let text = read_file(path)?;
    let authority = settings(Some(path))?.key_check().map_err(Fail)?;
    let hosts = spelt(hosts, allow_loopback)?;
    let site = NewSite::mint(&authority, &hosts, allow_loopback)?;
    replace(path, &site.added_to(&text)?)?;
    say(format_args!(
        "Added a site for {} to {}.

  sitekey  {}
  secret   {}

The secret is shown only now. A running gate reads the file again on SIGHUP.",
        hosts.join(", "),
        path.display(),
        site.sitekey,
        site.secret(),
    ))?;
    Ok(())
}

/// Lists the sites of the file.
pub fn list(path: &Path) -> Result<(), Fail> {
    let file = parse(path, &read_file(path)?)?;
    let mut count = 0;
    for site in file.sites() {
        let mut hosts = site.hosts.join(", ");
        if site.allow_loopback {
            hosts.push_str(" (and pages on this machine)");
        }
        let secrets = match site.secrets.len() {
            1 => "1 secret".to_owned(),
            many => format!("{many} secrets"),
        };
        say(format_args!("{}  {secrets}  {hosts}", site.sitekey))?;
        count += 1;
    }
    if count == 0 {
        say("There are no sites: `munjigi-gate site add HOST` adds one.")?;
    }
    Ok(())
}

/// Gives a site a new secret beside those that it has.
pub fn rotate_secret(path: &Path, sitekey: &str) -> Result<(), Fail> {
    let text = read_file(path)?;
    let authority = settings(Some(path))?.key_check().map_err(Fail)?;
    let secret = authority.mint_secret(&mut draw()?);
    let text = change_secrets(&text, sitekey, |secrets| {
        secrets.insert(0, secret.hash().as_str());
        Ok(())
    })?;
    replace(path, &text)?;
    say(format_args!(
        "The site {sitekey} has a new secret, which is shown only now:

  {}

The old one works too, so that your back end has time. When it uses the new one:
  munjigi-gate site end-secrets {sitekey}
A running gate reads the file again on SIGHUP.",
        *secret.reveal()
    ))?;
    Ok(())
}

/// Ends every secret of a site but the newest.
pub fn end_secrets(path: &Path, sitekey: &str) -> Result<(), Fail> {
    let text = read_file(path)?;
    let mut ended = 0;
    let text = change_secrets(&text, sitekey, |secrets| {
        while secrets.len() > 1 {
            secrets.remove(secrets.len() - 1);
            ended += 1;
        }
        if ended > 0 { Ok(()) } else { Err(Fail(format!("the site {sitekey} has one secret"))) }
    })?;
    replace(path, &text)?;
    say(format_args!(
        "Ended {ended} of its secrets. A running gate reads the file again on SIGHUP."
    ))?;
    Ok(())
}

fn change_secrets(
    text: &str,
    sitekey: &str,
    change: impl FnOnce(&mut Array) -> Result<(), Fail>,
) -> Result<String, Fail> {
    let mut document = document(text)?;
    let site = document.get_mut("sites").and_then(|sites| sites.get_mut(sitekey));
    let site = site.and_then(Item::as_table_like_mut);
    let site = site.ok_or_else(|| {
        Fail(format!("the file has no site {sitekey}; `munjigi-gate site list` lists them"))
    })?;
    let secrets = TableLike::get_mut(site, "secrets").and_then(Item::as_array_mut);
    change(secrets.ok_or_else(|| Fail("its secrets must be a list of texts".to_owned()))?)?;
    Ok(document.to_string())
}

/// Writes a changed text, if it is no worse than before.
fn replace(path: &Path, text: &str) -> Result<(), Fail> {
    check(path, text)?;
    // In place: another file would not have this one's owner and mode.
    std::fs::write(path, text).map_err(|error| Fail(format!("{}: {error}", path.display())))
}

/// Refuses a text with mistakes.
pub fn check(path: &Path, text: &str) -> Result<(), Fail> {
    match parse(path, text)?.mistakes.first() {
        None => Ok(()),
        Some(mistake) => Err(Fail(format!("nothing was changed: {mistake}"))),
    }
}

fn parse(path: &Path, text: &str) -> Result<File, Fail> {
    File::parse(&path.display().to_string(), text).map_err(|error| Fail(error.to_string()))
}

fn document(text: &str) -> Result<DocumentMut, Fail> {
    text.parse().map_err(|error: toml_edit::TomlError| Fail(error.to_string()))
}

fn draw() -> Result<Generator, Fail> {
    let mut seed = [0; 32];
    random::fill(&mut seed).map_err(|_| Fail("the system has no random numbers".to_owned()))?;
    Ok(generator(seed))
}
