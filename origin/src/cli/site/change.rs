//! `munjigi site pause│resume│delete│restore`.

use munjigi_captcha::Sitekey;
use munjigi_domain::accounts::MostSites;
use munjigi_domain::site_change::Change;
use munjigi_store::audit::Author;
use munjigi_store::sites::ChangeSite;
use munjigi_store::transact;
use serde::Serialize;

use super::{parse_sitekey, refused};
use crate::cli::{Fail, Shell, print, print_json};
use crate::config::OwnedSitesSource;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Sitekey of the site.
    #[arg(value_parser = parse_sitekey)]
    sitekey: Sitekey,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Pause, resume, delete or restore.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Pause,
    Resume,
    Delete,
    Restore,
}

impl Kind {
    const fn change(self, most: MostSites) -> Change {
        match self {
            Self::Pause => Change::Pause,
            Self::Resume => Change::Resume,
            Self::Delete => Change::Delete,
            Self::Restore => Change::Restore(most),
        }
    }

    /// What was done, what follows, and the command that undoes it.
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Pause => ("Paused", "its visitors are refused with site-paused", "resume"),
            Self::Resume => ("Resumed", "its visitors are served", "pause"),
            Self::Delete => (
                "Deleted",
                "its visitors are refused; its records are kept for the retention period; the site is erased after 30 days",
                "restore",
            ),
            Self::Restore => ("Restored", "it is back in its previous state", "delete"),
        }
    }
}

#[derive(Debug, Serialize)]
struct Changed<'a> {
    sitekey: &'a str,
    version: u64,
}

pub async fn run(shell: &Shell, arguments: &Arguments, kind: Kind) -> Result<(), Fail> {
    let config = OwnedSitesSource::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let sitekey = arguments.sitekey.to_string();
    let change = kind.change(config.most_sites);
    let unit = ChangeSite {
        sitekey: &sitekey,
        within: None,
        change: &change,
        by: Author::Command,
        now: shell.clock.now(),
    };
    let changed =
        transact(&pool, &unit).await?.map_err(|refusal| refused(arguments.sitekey, refusal))?;
    if arguments.json {
        return print_json(&Changed { sitekey: &sitekey, version: changed.version });
    }
    let (done, follows, undo) = kind.words();
    print(&format!(
        "{done} {sitekey}: {follows}.\n\
         While `munjigi serve` runs, the change reaches the edge within seconds, and every location within two minutes.\n\
         Undo: munjigi site {undo} {sitekey}\n"
    ))
}
