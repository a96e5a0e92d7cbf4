//! `munjigi site …`.

mod add;
mod adopt;
mod change;
mod export;
mod gate_file;
mod give;
mod import;
mod list;
mod options;
mod rotate_secret;
mod scores;
mod set;
mod show;
mod view;

use clap::Subcommand;
use munjigi_captcha::{Sitekey, Vendor};
use munjigi_domain::site_change::ChangeRefused;

use super::{Exit, Fail, Shell};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adds a site and prints its sitekey and, only this once, its secret.
    Add(add::Arguments),
    /// Lists the sites.
    List(list::Arguments),
    /// Shows one site.
    Show(show::Arguments),
    /// Changes hosts, work, rules and other settings.
    Set(set::Arguments),
    /// Assigns a site to an organisation of the console.
    Give(give::Arguments),
    /// Imports the site's existing keys from another vendor.
    Import(import::Arguments),
    /// Takes over the sites of a gate, with their keys.
    Adopt(adopt::Arguments),
    /// Prints sites as the file of settings of a gate without an origin.
    Export(export::Arguments),
    /// Adds a second secret, so that the back end has time to change.
    RotateSecret(rotate_secret::Arguments),
    /// Ends the older of two secrets.
    #[command(after_help = "Example:\n  munjigi site end-secrets mj_…")]
    EndSecrets(rotate_secret::End),
    /// Shows what a site learned from its outcomes, and undoes it.
    Scores(scores::Arguments),
    /// Refuses a site's visitors until it is resumed.
    #[command(after_help = "Example:\n  munjigi site pause mj_…")]
    Pause(change::Arguments),
    /// Serves a paused site again.
    #[command(after_help = "Example:\n  munjigi site resume mj_…")]
    Resume(change::Arguments),
    /// Removes a site from the edge; you can restore it for 30 days.
    #[command(after_help = "Example:\n  munjigi site delete mj_…")]
    Delete(change::Arguments),
    /// Restores a deleted site.
    #[command(after_help = "Example:\n  munjigi site restore mj_…")]
    Restore(change::Arguments),
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        Command::Add(arguments) => add::run(shell, arguments).await,
        Command::List(arguments) => list::run(shell, arguments).await,
        Command::Show(arguments) => show::run(shell, arguments).await,
        Command::Set(arguments) => set::run(shell, arguments).await,
        Command::Give(arguments) => give::run(shell, arguments).await,
        Command::Import(arguments) => import::run(shell, arguments).await,
        Command::Adopt(arguments) => adopt::run(shell, arguments).await,
        Command::Export(arguments) => export::run(shell, arguments).await,
        Command::RotateSecret(arguments) => rotate_secret::run(shell, arguments).await,
        Command::EndSecrets(arguments) => rotate_secret::end(shell, arguments).await,
        Command::Scores(arguments) => scores::run(shell, arguments).await,
        Command::Pause(arguments) => change::run(shell, arguments, change::Kind::Pause).await,
        Command::Resume(arguments) => change::run(shell, arguments, change::Kind::Resume).await,
        Command::Delete(arguments) => change::run(shell, arguments, change::Kind::Delete).await,
        Command::Restore(arguments) => change::run(shell, arguments, change::Kind::Restore).await,
    }
}

/// Parses a sitekey as typed. Its check is verified by the edge; here a look-up
/// serves as well.
fn parse_sitekey(text: &str) -> Result<Sitekey, String> {
    Sitekey::from_trusted(text).map_err(|error| match Vendor::of_sitekey(text) {
        None => error.to_string(),
        Some(_) => format!(
            "this is a sitekey in a vendor's format; `munjigi site show {text}` shows its site"
        ),
    })
}

fn parse_vendor(text: &str) -> Result<Vendor, String> {
    let vendor = Vendor::ALL.into_iter().find(|vendor| vendor.as_str() == text);
    vendor.ok_or_else(|| "must be recaptcha, hcaptcha or turnstile".to_owned())
}

fn refused(sitekey: Sitekey, refused: ChangeRefused) -> Fail {
    let fix = match refused {
        ChangeRefused::Unknown => "`munjigi site list` shows all sites".to_owned(),
        ChangeRefused::Deleted => format!("munjigi site restore {sitekey}"),
        ChangeRefused::Unchanged => format!("munjigi site show {sitekey}"),
        ChangeRefused::TooManySites => {
            "delete one of its sites, or set MUNJIGI_SITES_PER_ORGANISATION".to_owned()
        }
        ChangeRefused::TwoSecrets => format!(
            "end the older one with `munjigi site end-secrets {sitekey}`, or the newer with `munjigi site rotate-secret {sitekey} --cancel`"
        ),
    };
    Fail::new(Exit::Site, format!("{sitekey} was not changed"), refused).fix(fix)
}
