//! `munjigi site adopt`.

use std::path::{Path, PathBuf};

use munjigi_captcha::KeyCheck;
use munjigi_domain::accounts::{Id, MostSites};
use munjigi_domain::site_change::ChangeRefused;
use munjigi_keys::UnixMillis;
use munjigi_store::audit::Author;
use munjigi_store::sites::{self, CreateSite, GiveRefused, GiveSite};
use munjigi_store::{secrets, transact};
use serde::Serialize;
use sqlx::PgPool;

use super::gate_file::{Fit, GateFile, Key};
use super::give::parse_id;
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::OwnedSitesSource;

const KEY_CHECK: &str = "MUNJIGI_KEY_CHECK";
const INTERNAL_KEYS: &str = "MUNJIGI_INTERNAL_KEYS";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site adopt /srv/munjigi/gate.toml
  munjigi site adopt gate.toml --organisation 0123456789abcdef

For a gate that had no origin so far. Its sites keep their sitekeys, their
secrets and their settings, so that no page and no back end changes. The command
changes nothing at the gate: it prints what to set there and at the origin. You
can run it again: sites that are here already stay as they are.
Undo: munjigi site delete SITEKEY")]
pub struct Arguments {
    /// The gate's file of settings.
    file: PathBuf,
    /// Id of the organisation that gets the sites [none: only operators see
    /// them].
    #[arg(long, value_name = "ID", value_parser = parse_id)]
    organisation: Option<Id>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What became of a site.
#[derive(Debug, Serialize)]
struct Adopted {
    sitekey: String,
    name: String,
    /// Whether it is new here.
    new: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = OwnedSitesSource::read(&shell.environment)?;
    let environment =
        |name: &str| shell.environment.text(name).map(str::trim).filter(|text| !text.is_empty());
    let gate = Gate::read(&arguments.file, environment(KEY_CHECK))?;
    let pool = munjigi_store::pool(&config.database);
    let organisation = arguments.organisation.as_ref();
    let now = shell.clock.now();
    let adopted = carry_out(&pool, &gate.sites, organisation, config.most_sites, now).await?;
    if arguments.json {
        return print_json(&adopted);
    }
    print(&told(&gate, &adopted, &arguments.file, &environment))
}

/// What a gate has.
struct Gate {
    sites: Vec<Fit>,
    check: Option<Key>,
    internal: Option<Key>,
    url: Option<String>,
    has_lists: bool,
}

fn not_adopted(why: impl std::fmt::Display) -> Fail {
    Fail::new(Exit::Site, "no site was adopted", why)
}

impl Gate {
    /// Reads its file; `ours` is the origin's key check, if it has one yet.
    fn read(path: &Path, ours: Option<&str>) -> Result<Self, Fail> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| not_adopted(format!("{shown}: {error}")))?;
        let file = GateFile::parse(&text).map_err(|why| not_adopted(format!("{shown}: {why}")))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let (check, internal) = (|| Ok((file.check(folder)?, file.internal(folder)?)))().map_err(
            |error: std::io::Error| {
                not_adopted(error).fix("run it as a user who can read the gate's keys")
            },
        )?;
        let text = match (&check, ours) {
            (Some(theirs), Some(ours)) if theirs.text != ours => {
                let why = format!("the gate's key check is not this origin's ({KEY_CHECK})");
                let fix = format!(
                    "adopt its sites into an origin that has no sites yet, with the gate's key check as {KEY_CHECK}"
                );
                return Err(not_adopted(why).fix(fix));
            }
            (Some(theirs), _) => &theirs.text,
            (None, Some(ours)) => ours,
            (None, None) => {
                let why = format!("{shown} does not name its key check");
                return Err(not_adopted(why).fix(format!("set {KEY_CHECK} to the gate's")));
            }
        };
        let authority = KeyCheck::parse(text).map_err(not_adopted)?;
        let sites = file.fit(&authority).map_err(|mistakes| {
            not_adopted(mistakes.join("\n         ")).fix("correct the file and try again")
        })?;
        if sites.is_empty() {
            return Err(not_adopted(format!("{shown} has no sites")));
        }
        let (url, has_lists) = (file.url(), !file.lists.is_empty());
        Ok(Self { sites, check, internal, url, has_lists })
    }
}

async fn carry_out(
    pool: &PgPool,
    all: &[Fit],
    organisation: Option<&Id>,
    most: MostSites,
    now: UnixMillis,
) -> Result<Vec<Adopted>, Fail> {
    for Fit { config, secrets, .. } in all {
        for hash in secrets {
            let whose = secrets::site_of(pool, hash).await?;
            if let Some(other) = whose.filter(|other| *other != config.sitekey) {
                let why = format!("{}: a secret of it is the site's {other}", config.sitekey);
                let fix =
                    format!("give it another: munjigi-gate site rotate-secret {}", config.sitekey);
                return Err(not_adopted(why).fix(fix));
            }
        }
    }
    let mut adopted = Vec::new();
    for Fit { name, config, secrets } in all {
        let sitekey = config.sitekey.clone();
        let before = sites::find(pool, &sitekey).await?;
        if before.as_ref().is_some_and(|site| site.deleted_at.is_some()) {
            // It would be taken off the gate as soon as that has an origin.
            let what = format!("{sitekey} was not adopted");
            return Err(Fail::new(Exit::Site, what, "it was deleted here")
                .fix(format!("munjigi site restore {sitekey}, and run the command again")));
        }
        let is_new = before.is_none();
        if is_new {
            let by = Author::Command;
            let unit = CreateSite { name, config, secrets, owner: None, by, now };
            transact(pool, &unit).await?;
        }
        if organisation.is_some() {
            let unit = GiveSite { sitekey: &sitekey, organisation, most, now };
            match transact(pool, &unit).await? {
                Ok(_) | Err(GiveRefused::Site(ChangeRefused::Unchanged)) => {}
                Err(refusal) => {
                    let what = format!("{sitekey} is here, but not in the organisation");
                    return Err(Fail::new(Exit::Site, what, refusal)
                        .fix("put that right and run the command again: it goes on from here"));
                }
            }
        }
        adopted.push(Adopted { sitekey, name: name.clone(), new: is_new });
    }
    Ok(adopted)
}

fn told<'a>(
    gate: &Gate,
    adopted: &[Adopted],
    file: &Path,
    environment: &impl Fn(&str) -> Option<&'a str>,
) -> String {
    let mut lines = vec![format!("Sites of {}:", file.display())];
    for Adopted { sitekey, name, new } in adopted {
        let remark = if *new { "adopted" } else { "is here already, unchanged" };
        lines.push(format!("  {sitekey}  {remark}  {name}"));
    }
    lines.push(
        "\nNo page and no back end changes. Keep the gate's keys and its store.\n".to_owned(),
    );
    lines.push("At the origin, before `munjigi serve`:".to_owned());
    for (name, key) in [(KEY_CHECK, &gate.check), (INTERNAL_KEYS, &gate.internal)] {
        lines.push(format!("  {}", setting(name, key.as_ref(), environment(name))));
    }
    let url = gate.url.as_deref().unwrap_or("the address at which it reaches the gate");
    lines.push(format!("  MUNJIGI_EDGE_URL={url}\n"));
    lines.push(format!("At the gate, in {}:", file.display()));
    lines.push("  1. add the line origin_url = \"https://…\", the origin's address;".to_owned());
    if gate.has_lists {
        lines.push(
            "     take [lists] out: the origin publishes lists, yours under Lists in the console;"
                .to_owned(),
        );
    }
    lines.push(
        "  2. restart it: redeemed tokens that wait go to the origin, and its statistics show them;"
            .to_owned(),
    );
    lines.push(
        "  3. when `munjigi site list` says \"up to date\", take the lines of the sites out."
            .to_owned(),
    );
    lines.push("\nUndo, before the restart: munjigi site delete SITEKEY\n".to_owned());
    lines.join("\n")
}

/// What to do about a key of both: nothing, name the gate's, or give the gate
/// the origin's.
fn setting(name: &str, key: Option<&Key>, ours: Option<&str>) -> String {
    match (key, ours) {
        (Some(key), Some(ours)) if key.text == ours => format!("{name} is the gate's already"),
        (None, Some(_)) if name == KEY_CHECK => format!("{name} fits the gate's sitekeys already"),
        (_, Some(_)) => format!(
            "{name} stays; the gate gets what `munjigi keys derive edge` prints, in the place of its internal_keys"
        ),
        (Some(Key { file: Some(file), .. }), None) => format!("{name}_FILE={}", file.display()),
        (_, None) => format!("{name}=…, what the gate has"),
    }
}

#[cfg(test)]
mod tests;
