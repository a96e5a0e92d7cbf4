//! `munjigi site list`.

use munjigi_protocol::SiteState;
use munjigi_store::sites;

use super::view::{View, edge, hosts};
use crate::cli::table::columns;
use crate::cli::{Fail, Shell, print, print_json};
use crate::config::DatabaseConfig;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site list
  munjigi site list --json | jq -r '.[].sitekey'")]
pub struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let sites = sites::list(&munjigi_store::pool(&config.database)).await?;
    if arguments.json {
        return print_json(&sites.iter().map(View::of).collect::<Vec<_>>());
    }
    if sites.is_empty() {
        return print(
            "There are no sites yet. Create one:\n  munjigi site add 'My shop' --host shop.example\n",
        );
    }
    let heading = ["sitekey", "name", "state", "hosts", "edge"].map(str::to_owned);
    let rows = sites.iter().map(|site| {
        let state = match site.config.state {
            SiteState::Live => "live",
            SiteState::Paused => "paused",
        };
        [
            site.config.sitekey.clone(),
            site.name.clone(),
            state.to_owned(),
            hosts(&site.config),
            edge(site),
        ]
    });
    print(&columns(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()))
}
