//! `munjigi-gate site add`: a line in the file of settings.

use std::path::Path;

use munjigi_captcha::KeyCheck;
use munjigi_serving::entropy::generator;

use super::{Fail, read_file, settings};
use crate::config::File;
use crate::random;

/// Adds a site for these hosts and shows its keys; the secret is stored nowhere.
pub fn add(path: &Path, hosts: &[String], allow_loopback: bool) -> Result<(), Fail> {
    let text = read_file(path)?;
    let check = settings(Some(path))?.key_check().map_err(Fail)?;
    let (line, sitekey, secret) = line(&check, hosts, allow_loopback)?;
    let table = if text.lines().any(|line| line.trim() == "[sites]") { "" } else { "\n[sites]\n" };
    let gap = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    let text = format!("{text}{gap}{table}{line}\n");
    let shown = path.display().to_string();
    let file = File::parse(&shown, &text).map_err(|error| Fail(error.to_string()))?;
    if let Some(mistake) = file.mistakes.first() {
        return Err(Fail(format!("nothing was added: {mistake}")));
    }
    if !file.sites().any(|site| site.sitekey == sitekey) {
        let why = "[sites] must be the last table of the file";
        return Err(Fail(format!("nothing was added to {shown}: {why}. The line is:\n{line}")));
    }
    // In place: another file would not have this one's owner and mode.
    std::fs::write(path, text).map_err(|error| Fail(format!("{shown}: {error}")))?;
    println!(
        "Added a site for {} to {shown}.

  sitekey  {sitekey}
  secret   {secret}

The secret is shown only now. A running gate reads the file again on SIGHUP.",
        hosts.join(", ")
    );
    Ok(())
}

fn line(
    check: &KeyCheck,
    hosts: &[String],
    loopback: bool,
) -> Result<(String, String, String), Fail> {
    let mut seed = [0; 32];
    random::fill(&mut seed).map_err(|_| Fail("the system has no random numbers".to_owned()))?;
    let mut generator = generator(seed);
    let sitekey = check.mint_sitekey(&mut generator).to_string();
    let secret = check.mint_secret(&mut generator);
    let hosts: Vec<String> = hosts.iter().map(|host| format!("{host:?}")).collect();
    let loopback = if loopback { ", allow_loopback = true" } else { "" };
    let (hosts, hash) = (hosts.join(", "), secret.hash());
    let line =
        format!("{sitekey} = {{ hosts = [{hosts}], secrets = [\"{}\"]{loopback} }}", hash.as_str());
    Ok((line, sitekey, secret.reveal().to_string()))
}
