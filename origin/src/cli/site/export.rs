//! `munjigi site export`.

use munjigi_captcha::Sitekey;
use munjigi_domain::site_change::ChangeRefused;
use munjigi_protocol::SiteConfig;
use munjigi_store::{secrets, sites};
use sqlx::PgPool;

use super::{gate_file, parse_sitekey, refused};
use crate::cli::{Exit, Fail, Shell, print};
use crate::config::DatabaseConfig;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site export > gate.toml        every site
  munjigi site export mj_… > gate.toml   some of them

For a gate that is to run without an origin: the sites keep their sitekeys, their
secrets and their settings. The keys are not in the file: it says which the gate
needs. What the origin has learned about a site (its usual hours, weights of
scores) stays behind. Changes nothing.")]
pub struct Arguments {
    /// Sitekeys of the sites [all].
    #[arg(value_parser = parse_sitekey)]
    sitekeys: Vec<Sitekey>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let url = shell.environment.text("MUNJIGI_EDGE_URL").filter(|url| !url.is_empty());
    print(&file(&pool, &arguments.sitekeys, url).await?)
}

pub async fn file(pool: &PgPool, sitekeys: &[Sitekey], url: Option<&str>) -> Result<String, Fail> {
    let all = sites::list(pool).await?;
    for sitekey in sitekeys {
        let text = sitekey.to_string();
        if !all.iter().any(|site| site.config.sitekey == text) {
            return Err(refused(*sitekey, ChangeRefused::Unknown));
        }
    }
    let is_meant = |config: &SiteConfig| {
        sitekeys.is_empty() || sitekeys.iter().any(|key| key.to_string() == config.sitekey)
    };
    let mut configs: Vec<SiteConfig> = all.into_iter().map(|site| site.config).collect();
    configs.retain(is_meant);
    for config in &mut configs {
        // A gate keeps the newest in front, before those that were imported.
        let live = secrets::live_of(pool, &config.sitekey).await?;
        let live: Vec<String> = live.into_iter().rev().map(|secret| secret.hash).collect();
        config.secrets.retain(|hash| !live.contains(hash));
        config.secrets.splice(..0, live);
    }
    gate_file::write(&configs, url)
        .map_err(|error| Fail::new(Exit::Failed, "the sites were not exported", error))
}
