//! `munjigi site rotate-secret`.

use munjigi_captcha::Sitekey;
use munjigi_domain::site_change::{Change, ChangeRefused};
use munjigi_domain::site_keys;
use munjigi_store::audit::Author;
use munjigi_store::sites::{self, ChangeSite};
use munjigi_store::transact;
use serde::Serialize;

use super::{parse_sitekey, refused};
use crate::cli::{Fail, Shell, print, print_json};
use crate::config::SiteConfigSource;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example, in two steps:
  munjigi site rotate-secret mj_…             a second secret; both work now
  munjigi site rotate-secret mj_… --finish    revokes the old one

Undo of the first step: munjigi site rotate-secret mj_… --cancel")]
pub struct Arguments {
    /// Sitekey of the site.
    #[arg(value_parser = parse_sitekey)]
    sitekey: Sitekey,
    /// Revoke the older of two secrets.
    #[arg(long)]
    finish: bool,
    /// Cancel the rotation: revoke the newer of two secrets.
    #[arg(long, conflicts_with = "finish")]
    cancel: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Rotated<'a> {
    sitekey: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    version: u64,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let source = SiteConfigSource::read(&shell.environment)?;
    let pool = munjigi_store::pool(&source.database);
    let sitekey = arguments.sitekey.to_string();
    let site = sites::find(&pool, &sitekey).await?;
    let site = site.ok_or_else(|| refused(arguments.sitekey, ChangeRefused::Unknown))?;
    let secret = site_keys::secret(&source.check, &shell.entropy, &site.config.aliases);
    let (change, secret) = match (arguments.finish, arguments.cancel) {
        (true, _) => (Change::KeepNewestSecret, None),
        (_, true) => (Change::KeepOldestSecret, None),
        _ => (Change::AddSecret(secret.hash()), Some(secret.reveal())),
    };
    let unit = ChangeSite {
        sitekey: &sitekey,
        within: None,
        change: &change,
        by: Author::Command,
        now: shell.clock.now(),
    };
    let changed =
        transact(&pool, &unit).await?.map_err(|refusal| refused(arguments.sitekey, refusal))?;
    let secret = secret.as_ref().map(|secret| secret.as_str());
    if arguments.json {
        return print_json(&Rotated { sitekey: &sitekey, secret, version: changed.version });
    }
    print(&match secret {
        Some(secret) => format!(
            "\
The second secret of {sitekey}, valid alongside the first:

  {secret}
  shown only once, not stored

Next: deploy it to the back end, wait until every instance has it, then
  munjigi site rotate-secret {sitekey} --finish
Undo: munjigi site rotate-secret {sitekey} --cancel
"
        ),
        None => format!(
            "{sitekey} now has one secret. The other is refused everywhere within two minutes.\n\
             This cannot be undone. A new rotation creates a new secret.\n"
        ),
    })
}
