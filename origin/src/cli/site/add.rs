//! `munjigi site add`.

use std::fmt::Write;

use munjigi_captcha::{SiteHost, Vendor};
use munjigi_domain::new_site::NewSite;
use munjigi_domain::settings::{Edit, HostsEdit, Settings, Warning, path_warnings, warnings};
use munjigi_domain::site_keys;
use munjigi_protocol::{Mode, SiteConfig, Work};
use munjigi_store::audit::Author;
use munjigi_store::sites::{CreateSite, Created as Outcome};
use munjigi_store::transact;
use serde::Serialize;

use super::options::{Options, read_file};
use super::{parse_vendor, view};
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::SiteConfigSource;

/// For load tests: one hash per sub-puzzle, and never more.
const EXEMPT_WORK: Work = Work { floor: 1, ceiling: 1 };

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site add 'My shop' --host shop.example --host '*.shop.example'
  munjigi site add 'On my machine' --host localhost --allow-loopback --json
  munjigi site add 'Log-in' --host id.example --work-floor 80000 --rules rules.json
  munjigi site add 'Migrated' --host old.example --vendor turnstile

You can change all settings later with `munjigi site set`.
The secret is shown only once. Undo: munjigi site delete SITEKEY")]
pub struct Arguments {
    /// Name of the site.
    #[arg(required_unless_present = "name_option")]
    name: Option<String>,
    /// Name of the site, as an option.
    #[arg(long = "name", value_name = "NAME", hide = true, conflicts_with = "name")]
    name_option: Option<String>,
    /// A host whose pages can show the widget: shop.example, or *.shop.example
    /// for the domain and all its subdomains; embedder:portal.example for
    /// a site whose pages show yours in a frame. Repeat for each host.
    #[arg(long = "host", value_name = "HOST", value_parser = parse_host, required_unless_present = "allow_loopback")]
    hosts: Vec<String>,
    /// Also allow localhost and 127.0.0.1, for development.
    #[arg(long)]
    allow_loopback: bool,
    /// Also create keys in this vendor's format: recaptcha, hcaptcha or
    /// turnstile. Pages then use that sitekey.
    #[arg(long, value_name = "VENDOR", value_parser = parse_vendor)]
    vendor: Option<Vendor>,
    #[command(flatten)]
    options: Options,
    /// For load tests on a local edge: no limits, no work.
    #[arg(long, hide = true)]
    exempt: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Created<'a> {
    name: &'a str,
    sitekey: &'a str,
    /// The sitekey in a vendor's format.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    secret: &'a str,
    hosts: &'a [String],
    allow_loopback: bool,
    mode: Mode,
    version: u64,
    /// What the owner should know about the rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let source = SiteConfigSource::read(&shell.environment)?;
    let (check, entropy) = (&source.check, &shell.entropy);
    let sitekey = entropy.with(|generator| check.mint_sitekey(generator));
    let (wishes, defaults) = (arguments.edit(), arguments.defaults());
    let sitekey = sitekey.to_string();
    // What the edge would refuse is reported here and not stored.
    let mut site = NewSite::draw(check, entropy, &sitekey, arguments.vendor, &wishes, &defaults)
        .map_err(not_created)?;
    site.config.exempt = arguments.exempt;
    let pool = munjigi_store::pool(&source.database);
    let now = shell.clock.now();
    let unit = CreateSite {
        name: &site.name,
        config: &site.config,
        secrets: &[site.secret.hash()],
        owner: None,
        by: Author::Command,
        now,
    };
    let config = match transact(&pool, &unit).await? {
        Outcome::New(config) => config,
        // A sitekey has 128 random bits, so this does not happen in practice.
        Outcome::Before | Outcome::TooMany => {
            return Err(not_created("its sitekey is in use; try again"));
        }
    };
    let (name, secret) = (site.name.as_str(), site.secret.reveal());
    if arguments.json {
        return print_json(&Created {
            name,
            sitekey: &config.sitekey,
            alias: config.aliases.first().map(String::as_str),
            secret: &secret,
            hosts: &config.hosts,
            allow_loopback: config.allow_loopback,
            mode: config.mode,
            version: config.version,
            warnings: warned(&config).map(|warning| warning.to_string()).collect(),
        });
    }
    print(&people(name, &config, &secret))
}

fn not_created(why: impl std::fmt::Display) -> Fail {
    Fail::new(Exit::Site, "the site was not created", why)
}

impl Arguments {
    fn defaults(&self) -> Settings {
        let settings = Settings::of_a_new_site();
        let work = if self.exempt { EXEMPT_WORK } else { settings.work };
        Settings { work, ..settings }
    }

    fn edit(&self) -> Edit {
        Edit {
            name: self.name.clone().or_else(|| self.name_option.clone()),
            hosts: HostsEdit::Replace(self.hosts.clone()),
            allow_loopback: Some(self.allow_loopback),
            ..self.options.edit(read_file)
        }
    }
}

/// What its owner should know about its rules.
fn warned(config: &SiteConfig) -> impl Iterator<Item = Warning> {
    warnings(&config.rules).into_iter().chain(path_warnings(&config.protect))
}

fn people(name: &str, config: &SiteConfig, secret: &str) -> String {
    let sitekey = &config.sitekey;
    let public = site_keys::public(config);
    let hosts = view::hosts(config);
    let mut warnings = String::new();
    for warning in warned(config) {
        // Writing to a String cannot fail.
        let _ = writeln!(warnings, "\nWarning: {warning}");
    }
    format!(
        "\
Created the site {name:?}.

  sitekey  {public}
           public: put it in the page
  secret   {secret}
           shown only once, not stored: put it in the back end
  hosts    {hosts}
{warnings}
While `munjigi serve` runs, the site reaches the edge within a second; see
`munjigi site show {sitekey}`.
Undo: munjigi site delete {sitekey}
"
    )
}

fn parse_host(text: &str) -> Result<String, String> {
    SiteHost::typed(text).map(|host| host.to_string()).map_err(|error| error.to_string())
}
