//! `munjigi site create`.

use munjigi_captcha::{Exemption, HostPattern, Site};
use munjigi_protocol::{Mode, SiteConfig, SiteState, Work};
use serde::Serialize;

use super::view;
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::SiteConfigSource;
use crate::store::sites::CreateSite;
use crate::store::{self, transact};

/// Worth half a core-second: 16 sub-puzzles of 40,000 expected hashes.
const DEFAULT_COUNT: u32 = 16;
const DEFAULT_WORK: Work = Work { floor: 40_000, ceiling: 4_000_000 };
/// For load tests: one hash per sub-puzzle, and never more.
const EXEMPT_WORK: Work = Work { floor: 1, ceiling: 1 };
const DEFAULT_TOKEN_LIFETIME_SECONDS: u32 = 300;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site create 'My shop' --host shop.example --host '*.shop.example'
  munjigi site create 'On my machine' --host localhost --allow-loopback --json

The secret is shown this once. Undo: munjigi site delete SITEKEY")]
pub struct Arguments {
    /// A name for people.
    #[arg(required_unless_present = "name_option")]
    name: Option<String>,
    /// The same, as an option.
    #[arg(long = "name", value_name = "NAME", hide = true, conflicts_with = "name")]
    name_option: Option<String>,
    /// A host whose pages may show the widget: shop.example, or *.shop.example
    /// for everything under it and itself. Give it once per host.
    #[arg(long = "host", value_name = "HOST", value_parser = parse_host, required_unless_present = "allow_loopback")]
    hosts: Vec<String>,
    /// Also localhost and 127.0.0.1, for development.
    #[arg(long)]
    allow_loopback: bool,
    /// How the widget behaves: managed, invisible or interactive.
    #[arg(long, default_value = "managed", value_parser = parse_mode)]
    mode: Mode,
    /// For load tests on a local edge: no limits, no work.
    #[arg(long, hide = true)]
    exempt: bool,
    /// For machines.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Created<'a> {
    name: &'a str,
    sitekey: &'a str,
    secret: &'a str,
    hosts: &'a [String],
    allow_loopback: bool,
    mode: Mode,
    version: u64,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let source = SiteConfigSource::read(&shell.environment)?;
    let name = arguments.name.as_ref().or(arguments.name_option.as_ref());
    let name = name.map(|name| name.trim()).unwrap_or_default();
    if name.is_empty() || name.chars().count() > 100 {
        let why = "its name must have 1 to 100 characters";
        return Err(Fail::new(Exit::Site, "the site was not made", why));
    }
    let (sitekey, secret) = shell.entropy.with(|generator| {
        (source.check.mint_sitekey(generator), source.check.mint_secret(generator))
    });
    let config = chosen(arguments, sitekey.to_string());
    // What the edge would refuse is told here and stored nowhere.
    Site::parse(&config, Exemption::Ignored)
        .map_err(|error| Fail::new(Exit::Site, "the site was not made", error))?;
    let pool = store::pool(&source.database);
    let unit = CreateSite { name, config: &config, secret: &secret.hash(), now: shell.clock.now() };
    let config = transact(&pool, &unit).await?;
    let secret = secret.reveal();
    if arguments.json {
        return print_json(&Created {
            name,
            sitekey: &config.sitekey,
            secret: &secret,
            hosts: &config.hosts,
            allow_loopback: config.allow_loopback,
            mode: config.mode,
            version: config.version,
        });
    }
    print(&people(name, &config, &secret))
}

fn chosen(arguments: &Arguments, sitekey: String) -> SiteConfig {
    SiteConfig {
        version: 1,
        sitekey,
        state: SiteState::Live,
        hosts: arguments.hosts.clone(),
        allow_loopback: arguments.allow_loopback,
        mode: arguments.mode,
        work: if arguments.exempt { EXEMPT_WORK } else { DEFAULT_WORK },
        count: DEFAULT_COUNT,
        token_lifetime_seconds: DEFAULT_TOKEN_LIFETIME_SECONDS,
        fallback_allowed: true,
        pictures: Vec::new(),
        rules: Vec::new(),
        aliases: Vec::new(),
        secrets: Vec::new(),
        exempt: arguments.exempt,
    }
}

fn people(name: &str, config: &SiteConfig, secret: &str) -> String {
    let sitekey = &config.sitekey;
    let hosts = view::hosts(config);
    format!(
        "\
Made the site {name:?}.

  sitekey  {sitekey}
           public: goes into the page
  secret   {secret}
           shown this once, kept nowhere: goes into the back end
  hosts    {hosts}

The edge has it within a second while `munjigi serve` runs; see
`munjigi site show {sitekey}`.
Undo: munjigi site delete {sitekey}
"
    )
}

fn parse_host(text: &str) -> Result<String, String> {
    HostPattern::parse(text).map(|host| host.to_string()).map_err(|error| error.to_string())
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|_| "one of managed, invisible, interactive".to_owned())
}
