//! `munjigi site show`.

use munjigi_domain::site_change::ChangeRefused;
use munjigi_store::sites::SiteRecord;
use munjigi_store::vendor_keys::Import;
use munjigi_store::{secrets, sites, vendor_keys};
use sqlx::PgPool;

use super::parse_sitekey;
use super::view::{View, edge, hosts, rfc3339};
use crate::cli::table::columns;
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::DatabaseConfig;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site show mj_…
  munjigi site show 0x4A…                                   by a vendor's sitekey
  munjigi site show mj_… --json
  munjigi site show mj_… --json | jq .rules > rules.json    for `site set --rules`
  munjigi site show mj_… --json | jq .protect > paths.json  for `site set --protect`")]
pub struct Arguments {
    /// Sitekey of the site, in Munjigi's or a vendor's format.
    #[arg(value_parser = parse_name)]
    sitekey: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let site = find(&pool, &arguments.sitekey).await?;
    if arguments.json {
        return print_json(&View::of(&site));
    }
    let sitekey = &site.config.sitekey;
    let secrets = secrets::live_of(&pool, sitekey).await?.len();
    print(&people(&site, secrets, &vendor_keys::of_site(&pool, sitekey).await?))
}

/// Shorter than any vendor's sitekey.
const SHORTEST_NAME: usize = 20;

fn parse_name(text: &str) -> Result<String, String> {
    if text.starts_with("mj_") || text.len() < SHORTEST_NAME {
        parse_sitekey(text)?;
    }
    Ok(text.to_owned())
}

/// The site with this sitekey or alias.
async fn find(pool: &PgPool, named: &str) -> Result<SiteRecord, Fail> {
    let nothing = "cannot show the site";
    if let Ok(sitekey) = parse_sitekey(named)
        && let Some(site) = sites::find(pool, &sitekey.to_string()).await?
    {
        return Ok(site);
    }
    let mut found = sites::find_by_alias(pool, named).await?;
    match (found.pop(), found.as_slice()) {
        (Some(site), []) => Ok(site),
        (None, _) => Err(Fail::new(Exit::Site, nothing, ChangeRefused::Unknown)
            .fix("`munjigi site list` shows all sites")),
        (Some(last), others) => {
            let all = others.iter().chain([&last]).map(|site| site.config.sitekey.as_str());
            let all: Vec<&str> = all.collect();
            Err(Fail::new(Exit::Site, nothing, "several sites match")
                .fix(format!("choose one by its sitekey: {}", all.join(", "))))
        }
    }
}

fn people(site: &SiteRecord, secrets: usize, imports: &[Import]) -> String {
    let config = &site.config;
    let none = || "none".to_owned();
    let state = match (site.deleted_at, config.state) {
        (Some(at), _) => format!("deleted {}; `munjigi site restore` restores it", rfc3339(at)),
        (None, munjigi_protocol::SiteState::Live) => "live".to_owned(),
        (None, munjigi_protocol::SiteState::Paused) => "paused".to_owned(),
    };
    let secrets = match secrets {
        1 => "1 active".to_owned(),
        number => format!("{number} active: a rotation is in progress"),
    };
    let unproven = imports.iter().filter(|import| import.live_at.is_none());
    let unproven: Vec<String> = unproven.map(Import::name).collect();
    let unproven = if unproven.is_empty() { none() } else { unproven.join(", ") };
    let number_of = |rules: usize| match rules {
        0 => none(),
        number => format!("{number}; use --json to show them"),
    };
    let (rules, paths) = (number_of(config.rules.len()), number_of(config.protect.len()));
    let work = format!("{} to {} per sub-puzzle", config.work.floor, config.work.ceiling);
    let pictures: Vec<&str> = config.pictures.iter().map(|kind| kind.as_str()).collect();
    let pictures = if pictures.is_empty() { none() } else { pictures.join(", ") };
    let aliases = if config.aliases.is_empty() { none() } else { config.aliases.join(", ") };
    let rows = [
        ["sitekey", &config.sitekey],
        ["aliases", &aliases],
        ["unproven", &unproven],
        ["name", &site.name],
        ["state", &state],
        ["hosts", &hosts(config)],
        ["mode", config.mode.as_str()],
        ["work", &work],
        ["sub-puzzles", &config.count.to_string()],
        ["token", &format!("{} s", config.token_lifetime_seconds)],
        ["fallback", if config.fallback_allowed { "on" } else { "off" }],
        ["under attack", config.under_attack.as_str()],
        ["pictures", &pictures],
        ["rules", &rules],
        ["paths", &paths],
        ["secrets", &secrets],
        ["version", &config.version.to_string()],
        ["edge", &edge(site)],
        ["made", &rfc3339(site.created_at)],
        ["changed", &rfc3339(site.changed_at)],
    ];
    columns(&rows.map(|row| row.map(str::to_owned)))
}
