//! `munjigi site rotate-secret` and `munjigi site end-secrets`.

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
  munjigi site rotate-secret mj_…    a second secret; both work now
  munjigi site end-secrets mj_…      ends the older one

Undo of the first step: munjigi site rotate-secret mj_… --cancel")]
pub struct Arguments {
    /// Sitekey of the site.
    #[arg(value_parser = parse_sitekey)]
    sitekey: Sitekey,
    /// Cancel the rotation: end the newer of two secrets.
    #[arg(long)]
    cancel: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Of `end-secrets`.
#[derive(Debug, clap::Args)]
pub struct End {
    /// Sitekey of the site.
    #[arg(value_parser = parse_sitekey)]
    sitekey: Sitekey,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What becomes of a site's secrets.
#[derive(Debug, Clone, Copy)]
enum Step {
    Add,
    KeepOldest,
    KeepNewest,
}

#[derive(Debug, Serialize)]
struct Rotated<'a> {
    sitekey: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    version: u64,
}

/// Adds a second secret, or ends it.
pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let step = if arguments.cancel { Step::KeepOldest } else { Step::Add };
    take(shell, arguments.sitekey, step, arguments.json).await
}

/// Ends all secrets but the newest.
pub async fn end(shell: &Shell, arguments: &End) -> Result<(), Fail> {
    take(shell, arguments.sitekey, Step::KeepNewest, arguments.json).await
}

async fn take(shell: &Shell, site: Sitekey, step: Step, json: bool) -> Result<(), Fail> {
    let source = SiteConfigSource::read(&shell.environment)?;
    let pool = munjigi_store::pool(&source.database);
    let sitekey = site.to_string();
    let known = sites::find(&pool, &sitekey).await?;
    let known = known.ok_or_else(|| refused(site, ChangeRefused::Unknown))?;
    let secret = site_keys::secret(&source.check, &shell.entropy, &known.config.aliases);
    let (change, secret) = match step {
        Step::KeepNewest => (Change::KeepNewestSecret, None),
        Step::KeepOldest => (Change::KeepOldestSecret, None),
        Step::Add => (Change::AddSecret(secret.hash()), Some(secret.reveal())),
    };
    let unit = ChangeSite {
        sitekey: &sitekey,
        within: None,
        change: &change,
        by: Author::Command,
        now: shell.clock.now(),
    };
    let changed = transact(&pool, &unit).await?.map_err(|refusal| refused(site, refusal))?;
    let secret = secret.as_ref().map(|secret| secret.as_str());
    if json {
        return print_json(&Rotated { sitekey: &sitekey, secret, version: changed.version });
    }
    print(&match secret {
        Some(secret) => format!(
            "\
The second secret of {sitekey}, valid alongside the first:

  {secret}
  shown only once, not stored

Next: deploy it to the back end, wait until every instance has it, then
  munjigi site end-secrets {sitekey}
Undo: munjigi site rotate-secret {sitekey} --cancel
"
        ),
        None => format!(
            "{sitekey} now has one secret. The other is refused everywhere within two minutes.\n\
             This cannot be undone. A new rotation creates a new secret.\n"
        ),
    })
}
