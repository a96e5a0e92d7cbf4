//! `munjigi site show`.

use munjigi_captcha::Sitekey;

use super::parse_sitekey;
use super::view::{View, edge, hosts, rfc3339};
use crate::cli::table::columns;
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::DatabaseConfig;
use crate::store::sites::{ChangeRefused, SiteRecord};
use crate::store::{self, sites};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site show mj_…
  munjigi site show mj_… --json
  munjigi site show mj_… --json | jq .rules > rules.json    what `site set --rules` takes")]
pub struct Arguments {
    /// The site.
    #[arg(value_parser = parse_sitekey)]
    sitekey: Sitekey,
    /// For machines.
    #[arg(long)]
    json: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = store::pool(&config.database);
    let site = sites::find(&pool, &arguments.sitekey.to_string()).await?.ok_or_else(|| {
        Fail::new(Exit::Site, "there is nothing to show", ChangeRefused::Unknown)
            .mend("`munjigi site list` shows every site")
    })?;
    if arguments.json {
        return print_json(&View::of(&site));
    }
    print(&people(&site))
}

fn people(site: &SiteRecord) -> String {
    let config = &site.config;
    let state = match (site.deleted_at, config.state) {
        (Some(at), _) => format!("deleted {}; munjigi site restore brings it back", rfc3339(at)),
        (None, munjigi_protocol::SiteState::Live) => "live".to_owned(),
        (None, munjigi_protocol::SiteState::Paused) => "paused".to_owned(),
    };
    let secrets = match config.secrets.len() {
        1 => "1 live".to_owned(),
        number => format!("{number} live: a rotation is under way"),
    };
    let rules = match config.rules.len() {
        0 => "none".to_owned(),
        number => format!("{number}; --json shows them"),
    };
    let work = format!("{} to {} per sub-puzzle", config.work.floor, config.work.ceiling);
    let pictures: Vec<&str> = config.pictures.iter().map(|kind| kind.as_str()).collect();
    let pictures = if pictures.is_empty() { "none".to_owned() } else { pictures.join(", ") };
    let rows = [
        ["sitekey", &config.sitekey],
        ["name", &site.name],
        ["state", &state],
        ["hosts", &hosts(config)],
        ["mode", config.mode.as_str()],
        ["work", &work],
        ["sub-puzzles", &config.count.to_string()],
        ["token", &format!("{} s", config.token_lifetime_seconds)],
        ["fallback", if config.fallback_allowed { "on" } else { "off" }],
        ["pictures", &pictures],
        ["rules", &rules],
        ["secrets", &secrets],
        ["version", &config.version.to_string()],
        ["edge", &edge(site)],
        ["made", &rfc3339(site.created_at)],
        ["changed", &rfc3339(site.changed_at)],
    ];
    columns(&rows.map(|row| row.map(str::to_owned)))
}
